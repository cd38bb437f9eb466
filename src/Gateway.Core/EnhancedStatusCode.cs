namespace Gateway.Core;

/// <summary>A class.subject.detail status code (RFC 3463 section 2). The class is the first digit of the reply it stands in.</summary>
public readonly record struct EnhancedStatusCode(int Class, int Subject, int Detail)
{
    public override string ToString() => $"{Class}.{Subject}.{Detail}";
}
