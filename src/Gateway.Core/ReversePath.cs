namespace Gateway.Core;

/// <summary>Where failures would be reported (RFC 5321 section 4.1.1.2). A null mailbox is the null reverse-path, "&lt;&gt;".</summary>
public sealed record ReversePath(Mailbox? Mailbox)
{
    public static readonly ReversePath Null = new((Mailbox?)null);

    /// <summary>The address without angle brackets; "" for the null reverse-path.</summary>
    public override string ToString() => Mailbox?.ToString() ?? "";
}
