using Gateway.Smtp.Tests.Protocol;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>What of a server's settings decides where commands, messages and replies begin and end.</summary>
/// <param name="MaxLine">Of a command, CRLF included.</param>
/// <param name="MaxSkipped">Of an overlong one.</param>
/// <param name="Content">Of messages.</param>
/// <param name="IsProxied">Connections begin with a PROXY header.</param>
/// <param name="MayCut">It may end a session at any time with 421: its clock moves, its memory is short, or it drains.</param>
/// <param name="MayTurnAway">Who does not wait for the greeting is sent away.</param>
/// <param name="MayVanish">Who connects may find nobody.</param>
internal sealed record SiteRules(int MaxLine, int MaxSkipped, DecodingLimits Content, bool IsProxied, bool MayCut, bool MayTurnAway, bool MayVanish = false)
{
    /// <summary>Longest response of AUTH, CRLF included (RFC 4954 section 4).</summary>
    public const int MaxResponse = 12_288;
}
