using System.Text.RegularExpressions;

namespace Gateway.Testing.Functions;

/// <summary>The app settings as the host reads them: without regard to case, and with "__" for ":".</summary>
internal sealed partial class AppSettings(IReadOnlyDictionary<string, string> settings)
{
    private readonly Dictionary<string, string> _values = settings
        .ToDictionary(pair => pair.Key.Replace("__", ":", StringComparison.Ordinal), pair => pair.Value, StringComparer.OrdinalIgnoreCase);

    public IEnumerable<KeyValuePair<string, string?>> Under(string prefix) => _values
        .Where(pair => pair.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        .Select(pair => KeyValuePair.Create(pair.Key[prefix.Length..], (string?)pair.Value));

    public bool Disables(string function) =>
        _values.GetValueOrDefault($"AzureWebJobs.{function}.Disabled") is "1" or "true" or "True"
        || _values.GetValueOrDefault($"AzureWebJobs_{function}_Disabled") is "1" or "true" or "True";

    /// <summary>The connection string that a trigger names; an empty name is <c>ServiceBus</c>.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public string Connection(string name)
    {
        name = name.Length == 0 ? "ServiceBus" : name;
        foreach (var key in (ReadOnlySpan<string>)[$"AzureWebJobs{name}", name, $"ConnectionStrings:{name}"])
        {
            if (_values.TryGetValue(key, out var value) && value.Length > 0)
            {
                return value;
            }
        }

        throw new InvalidOperationException(Under(name + ":").Any()
            ? $"The setting {name} is a section: connections by identity are not imitated, give it a connection string"
            : $"There is no setting {name}, which a trigger names as its connection");
    }

    /// <summary>The text with each %NAME% replaced by that setting.</summary>
    /// <exception cref="InvalidOperationException">There is no such setting.</exception>
    public string Resolve(string text) => Placeholder().Replace(text, match => _values.TryGetValue(match.Groups[1].Value, out var value)
        ? value
        : throw new InvalidOperationException($"There is no setting {match.Groups[1].Value}, which \"{text}\" names"));

    [GeneratedRegex("%([^%]+)%")]
    private static partial Regex Placeholder();
}
