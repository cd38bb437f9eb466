using System.Collections;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Gateway.Azure;

/// <summary>Settings from environment variables, <c>GATEWAY_SECTION__NAME</c>: <c>GATEWAY_Smtp__MaxMessageOctets=157286400</c>. Collects every mistake.</summary>
public sealed partial class Settings(IDictionary environment)
{
    internal const string Prefix = "GATEWAY_";
    private const string Separator = "__";

    private readonly List<string> _problems = [];

    /// <summary>Somebody set something of it.</summary>
    public bool Has(string section) => Of(section).Any();

    /// <summary>Sets what is set, and leaves the rest of <paramref name="target"/> as it is.</summary>
    public T Read<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(string section, T target)
        where T : class
    {
        string? before = null;
        foreach (var (name, key) in Of(section).OrderBy(setting => setting.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (name.Equals(before, StringComparison.OrdinalIgnoreCase))
            {
                _problems.Add($"{before} and {name} are one setting"); // only one of them would count, and nobody would know which
                continue;
            }

            before = name;
            var property = typeof(T).GetProperty(key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is not { CanWrite: true })
            {
                _problems.Add($"there is no setting {name}");
            }
            else if (property.PropertyType == typeof(string) && string.IsNullOrWhiteSpace((string?)environment[name]))
            {
                _problems.Add($"{name} is empty: set it or leave it out");
            }
            else if (!TrySet(target, property, (string?)environment[name] ?? ""))
            {
                _problems.Add($"{name} must be {Form(property.PropertyType)}");
            }
        }

        return target;
    }

    /// <summary>Sections that are none: a mistyped one would otherwise do nothing, and nobody would know.</summary>
    public void RefuseOthers(params string[] sections)
    {
        _problems.AddRange(environment.Keys.Cast<string>()
            .Where(name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && name.Contains(Separator, StringComparison.Ordinal))
            .Where(name => !sections.Any(section => name.StartsWith(Prefix + section + Separator, StringComparison.OrdinalIgnoreCase)))
            .Order(StringComparer.Ordinal)
            .Select(name => $"there is no setting {name}"));
    }

    /// <param name="problems">In the words of the rooms: <c>Section:Name is missing</c>, or <c>Section: these do not go together</c>.</param>
    public void Add(IEnumerable<string> problems) => _problems.AddRange(problems.Select(problem => Name.Replace(
        problem, name => name.Groups[2].Length > 0 ? $"{Prefix}{name.Groups[1]}{Separator}{name.Groups[2]}" : $"{Prefix}{name.Groups[1]}{Separator}*:")));

    /// <summary>What is wrong with what was read, each a sentence that names the variable; empty: nothing.</summary>
    public IReadOnlyList<string> Problems => _problems;

    private IEnumerable<(string Name, string Key)> Of(string section) => environment.Keys.Cast<string>()
        .Where(name => name.StartsWith(Prefix + section + Separator, StringComparison.OrdinalIgnoreCase))
        .Order(StringComparer.Ordinal)
        .Select(name => (name, name[(Prefix.Length + section.Length + Separator.Length)..]));

    private static bool TrySet(object target, PropertyInfo property, string text)
    {
        var converter = TypeDescriptor.GetConverter(property.PropertyType);
        if (!converter.IsValid(text) || (property.PropertyType == typeof(Uri) && !Uri.TryCreate(text, UriKind.Absolute, out _)))
        {
            return false;
        }

        property.SetValue(target, converter.ConvertFromInvariantString(text));
        return true;
    }

    private static string Form(Type type) => type switch
    {
        _ when type == typeof(TimeSpan) => "a time, such as 00:05:00",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(Uri) => "an absolute URL",
        { IsEnum: true } => $"one of {string.Join(", ", Enum.GetNames(type))}",
        _ => "a whole number",
    };

    [GeneratedRegex(@"^(\w+):(\w*)")]
    private static partial Regex Name { get; }
}
