namespace Gateway.Smtp;

/// <summary>Whether clients are asked for a certificate in the TLS handshake. One is never required and never refused.</summary>
public enum ClientCertificates
{
    /// <summary>They are not asked, so none offers one. Sessions are resumed.</summary>
    Ignore,

    /// <summary>
    /// They are asked, and what one offers is recorded in the event. Each handshake is a full one then: the platform would keep what a client
    /// sent (100 KB of certificates at most) for two hours with each of 20,480 sessions that can be resumed. And a stranger can make us check
    /// 100 KB of signatures, which takes some 20 times the CPU of a handshake.
    /// </summary>
    Request,
}
