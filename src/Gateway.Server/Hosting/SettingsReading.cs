using Gateway.Azure;
using Gateway.Smtp;

namespace Gateway.Server.Hosting;

/// <summary>What this program, and no other that reads <see cref="Settings"/>, makes of them.</summary>
internal static class SettingsReading
{
    /// <summary>What is not set keeps its default.</summary>
    /// <param name="settings">Where from.</param>
    /// <param name="hostname">The name in the greeting when the environment has none; null: it must have one.</param>
    public static SmtpOptions ReadSmtp(this Settings settings, string? hostname)
    {
        var options = settings.Read("Smtp", new SmtpOptions { Hostname = hostname ?? "" });
        if (hostname is null && options.Hostname.Length == 0)
        {
            options.Hostname = "missing.invalid"; // named here, not by the validator
            settings.Add(["Smtp:Hostname is missing: the name that the domains' MX records point to"]);
        }

        if (new SmtpOptionsValidator().Validate(null, options) is { Failed: true } invalid)
        {
            settings.Add(invalid.Failures.Select(failure => $"Smtp: {failure}"));
        }

        return options;
    }

    /// <exception cref="UsageException">Something is wrong; all of it is named.</exception>
    public static void ThrowIfWrong(this Settings settings)
    {
        if (settings.Problems.Count > 0)
        {
            throw new UsageException(string.Join($"{Environment.NewLine}gateway: ", settings.Problems));
        }
    }
}
