namespace Gateway.Smtp.Tests.Hostile;

/// <summary>Settings by which one machine plays many clients.</summary>
internal static class Settings
{
    /// <summary>Whoever connects from 127.0.0.1 is a proxy, and says whom it speaks for.</summary>
    public static ClientIpOptions Proxied => new() { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = "127.0.0.1" };

    /// <summary>Nobody is exempt, and nothing else is unlike the defaults.</summary>
    public static LimitOptions Strict => new() { Exempt = LimitOptions.Nobody };
}
