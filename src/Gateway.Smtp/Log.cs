using System.Net;
using Gateway.Core;
using Gateway.Smtp.Abuse;
using Gateway.Smtp.Protocol;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp;

/// <summary>Ids 1000 to 1999; next free 1019. Addresses of mail only at Debug.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Information, "Listening for SMTP ({Kind}) on {Endpoint}")]
    public static partial void Listening(this ILogger logger, ListenerKind kind, string endpoint);

    [LoggerMessage(1001, LogLevel.Information, "Session {SessionId}: accepted {MessageId}, {Octets} octets, {Recipients} recipients")]
    public static partial void MessageAccepted(this ILogger logger, long sessionId, MessageId messageId, long octets, int recipients);

    [LoggerMessage(1002, LogLevel.Information, "Session {SessionId}: {Verb} answered {Code}")]
    public static partial void Refused(this ILogger logger, long sessionId, Verb verb, int code);

    [LoggerMessage(1003, LogLevel.Error, "Session {SessionId}: {MessageId} could not be made durable; the client is told to try again")]
    public static partial void IntakeFailed(this ILogger logger, Exception error, long sessionId, MessageId messageId);

    [LoggerMessage(1004, LogLevel.Error, "Session {SessionId} failed")]
    public static partial void SessionFailed(this ILogger logger, Exception error, long sessionId);

    [LoggerMessage(1005, LogLevel.Information, "Session {SessionId}: TLS handshake failed: {Reason}")]
    public static partial void HandshakeFailed(this ILogger logger, long sessionId, string reason);

    [LoggerMessage(1006, LogLevel.Warning, "Cannot accept connections ({Error}); next try in {Delay}")]
    public static partial void AcceptFailed(this ILogger logger, string error, TimeSpan delay);

    [LoggerMessage(1008, LogLevel.Information, "Draining: {Connections} connections")]
    public static partial void Draining(this ILogger logger, int connections);

    [LoggerMessage(1009, LogLevel.Warning, "Shutdown cut {Connections} connections")]
    public static partial void CutConnections(this ILogger logger, int connections);

    [LoggerMessage(1010, LogLevel.Warning, "Session {SessionId}: admission gave no answer in time at {Verb}")]
    public static partial void AdmissionTimedOut(this ILogger logger, long sessionId, Verb verb);

    [LoggerMessage(1011, LogLevel.Error, "Session {SessionId}: admission failed at {Verb}")]
    public static partial void AdmissionFailed(this ILogger logger, Exception error, long sessionId, Verb verb);

    [LoggerMessage(1012, LogLevel.Debug, "Session {SessionId} from {Client} ended")]
    public static partial void SessionEnded(this ILogger logger, long sessionId, string? client);

    [LoggerMessage(1014, LogLevel.Critical, "Clients {How} private addresses: a NAT or a proxy stands before this server or before its proxy, and who they are is unknown. `gateway serve`: set GATEWAY_ClientIp__Mode to ProxyRequired (with a proxy that sends PROXY headers) or to Unavailable. This is said once")]
    public static partial void BehindNat(this ILogger logger, string how);

    [LoggerMessage(1015, LogLevel.Debug, "No PROXY header of a trusted proxy from {Peer} ({Reason})")]
    public static partial void NoProxyHeader(this ILogger logger, IPAddress? peer, string reason);

    [LoggerMessage(1013, LogLevel.Error, "The server certificate of {Name} cannot be used")]
    public static partial void CertificateFailed(this ILogger logger, Exception error, string name);

    [LoggerMessage(1016, LogLevel.Debug, "Refused {Client}: {Limit}")]
    public static partial void OverLimit(this ILogger logger, IPAddress? client, Limit limit);

    [LoggerMessage(1017, LogLevel.Warning, "Limits refused connections or commands {Times} times since this was last said, the last one {Limit}. It is said once a minute at most; whom they refuse is logged at Debug")]
    public static partial void LimitsReached(this ILogger logger, long times, Limit limit);

    [LoggerMessage(1018, LogLevel.Debug, "{Client} did not wait for the greeting")]
    public static partial void TalkedEarly(this ILogger logger, IPAddress? client);
}
