namespace Gateway.Pipeline.Delivery;

/// <summary>Why a delivery got no answer, by the stage at which it failed, so that a log line says who is to blame.</summary>
public enum DeliveryFailure
{
    /// <summary>Ours: a secret could not be read.</summary>
    Secret,

    /// <summary>Ours: the stored content could not be read.</summary>
    Content,

    /// <summary>The host's name has no address.</summary>
    Resolve,

    /// <summary>The host has only addresses that we refuse to connect to.</summary>
    AddressRefused,

    /// <summary>No TCP connection.</summary>
    Connect,

    /// <summary>No TLS session: protocol, or a certificate that is not valid for the host.</summary>
    Tls,

    /// <summary>The connection broke while the request was sent.</summary>
    Send,

    /// <summary>No answer, or no end of its header fields, in the endpoint's time.</summary>
    Timeout,

    /// <summary>The answer was cut off, too big in its header fields, or not HTTP.</summary>
    Response,
}

internal static class DeliveryFailureWords
{
    /// <summary>The word in metrics, activities and records.</summary>
    public static string Word(this DeliveryFailure failure) => failure switch
    {
        DeliveryFailure.Secret => "secret",
        DeliveryFailure.Content => "content",
        DeliveryFailure.Resolve => "resolve",
        DeliveryFailure.AddressRefused => "address_refused",
        DeliveryFailure.Connect => "connect",
        DeliveryFailure.Tls => "tls",
        DeliveryFailure.Send => "send",
        DeliveryFailure.Timeout => "timeout",
        _ => "response",
    };

    /// <summary>A sentence for people, without a full stop and without anything the endpoint said.</summary>
    public static string Sentence(this DeliveryFailure failure) => failure switch
    {
        DeliveryFailure.Secret => "A secret of the endpoint could not be read",
        DeliveryFailure.Content => "The stored content of the message could not be read",
        DeliveryFailure.Resolve => "The endpoint's host name has no address",
        DeliveryFailure.AddressRefused => "The endpoint's host has no address that may be connected to",
        DeliveryFailure.Connect => "No connection to the endpoint",
        DeliveryFailure.Tls => "No TLS session with the endpoint",
        DeliveryFailure.Send => "The connection broke while the request was sent",
        DeliveryFailure.Timeout => "The endpoint did not answer in its time",
        _ => "The endpoint's answer was cut off or was not HTTP",
    };
}
