namespace Gateway.Server;

/// <summary>What the program's end says to a script.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>It ran and did not do all that was asked: a message was refused, a check found errors.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The configuration cannot be read or is not valid.</summary>
    public const int Configuration = 3;

    /// <summary>It cannot start: a port is in use, the data directory cannot be written or is in use.</summary>
    public const int CannotStart = 4;
}
