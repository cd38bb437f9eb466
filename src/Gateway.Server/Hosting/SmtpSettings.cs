using System.Collections;
using System.ComponentModel;
using System.Reflection;
using Gateway.Smtp;

namespace Gateway.Server.Hosting;

/// <summary>Limits and time-outs of SMTP from environment variables: <c>GATEWAY_Smtp__MaxMessageOctets=157286400</c>.</summary>
internal static class SmtpSettings
{
    private const string Prefix = "GATEWAY_Smtp__";

    /// <summary>What is not set keeps its default.</summary>
    /// <param name="hostname">The name in the greeting when the environment has none.</param>
    /// <param name="environment">Names and values of variables; others are passed over.</param>
    /// <exception cref="UsageException">A name is unknown or a value malformed or out of range; all are named.</exception>
    public static SmtpOptions Read(string hostname, IDictionary environment)
    {
        var options = new SmtpOptions { Hostname = hostname };
        var problems = new List<string>();
        foreach (var name in environment.Keys.Cast<string>().Where(name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal))
        {
            var property = typeof(SmtpOptions).GetProperty(name[Prefix.Length..], BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is null)
            {
                problems.Add($"there is no setting {name}");
            }
            else if (!TrySet(options, property, (string?)environment[name] ?? ""))
            {
                problems.Add($"{name} must be {(property.PropertyType == typeof(TimeSpan) ? "a time, such as 00:05:00" : "a whole number")}");
            }
        }

        if (new SmtpOptionsValidator().Validate(null, options) is { Failed: true } invalid)
        {
            problems.AddRange(invalid.Failures.Select(failure => $"{Prefix}*: {failure}"));
        }

        return problems.Count == 0 ? options : throw new UsageException(string.Join($"{Environment.NewLine}gateway: ", problems));
    }

    private static bool TrySet(SmtpOptions options, PropertyInfo property, string text)
    {
        var converter = TypeDescriptor.GetConverter(property.PropertyType);
        if (!converter.IsValid(text))
        {
            return false;
        }

        property.SetValue(options, converter.ConvertFromInvariantString(text));
        return true;
    }
}
