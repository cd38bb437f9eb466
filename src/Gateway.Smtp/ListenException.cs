namespace Gateway.Smtp;

/// <summary>A listener cannot be opened: its port is taken, or may not be used.</summary>
public sealed class ListenException(SmtpListener listener, Exception cause) : Exception($"Cannot listen on {listener.Endpoint}: {cause.Message}", cause)
{
    /// <summary>Which one.</summary>
    public SmtpListener Listener { get; } = listener;
}
