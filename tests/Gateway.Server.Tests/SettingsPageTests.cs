using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Gateway.Core.Tests;
using Gateway.Server.Serving;
using Gateway.Smtp;

namespace Gateway.Server.Tests;

/// <summary>src/Gateway.Smtp/SETTINGS.md is what the code says of its settings. With UPDATE_EXPECTED=1 it is written anew: read the diff.</summary>
public sealed partial class SettingsPageTests
{
    private static readonly (string Section, object Defaults)[] Sections =
    [
        ("Listeners", new ListenerSettings()),
        ("Smtp", new SmtpOptions()),
        ("Limits", new LimitOptions()),
        ("ClientIp", new ClientIpOptions()),
        ("Certificate", new CertificateSettings()),
    ];

    [Fact]
    public async Task The_page_is_what_the_code_says()
    {
        var path = Path.Combine(Repository.Root, "src", "Gateway.Smtp", "SETTINGS.md");
        var page = Page();
        if (Environment.GetEnvironmentVariable("UPDATE_EXPECTED") == "1")
        {
            await File.WriteAllTextAsync(path, page, TestContext.Current.CancellationToken);
        }

        Assert.Equal((await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ReplaceLineEndings("\n"), page);
    }

    [Fact]
    public void Every_setting_has_a_docstring_and_every_number_a_default_in_it() => Assert.All(
        Sections.SelectMany(section => Properties(section.Defaults).Select(property => (section.Defaults, Property: property))),
        setting =>
        {
            var text = Summary(setting.Property);
            Assert.NotEmpty(text);
            if (setting.Property.GetValue(setting.Defaults) is long or int)
            {
                Assert.Contains("Default", text, StringComparison.Ordinal);
                Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{setting.Property.GetValue(setting.Defaults):N0}"), text, StringComparison.Ordinal);
            }
        });

    [Fact]
    public async Task The_readme_has_the_figures_of_the_code()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"), TestContext.Current.CancellationToken);
        var (smtp, limits) = (new SmtpOptions(), new LimitOptions());
        FormattableString[] rows =
        [
            $"| connections: all, of an address, of a /24 or /64 | {smtp.MaxConnections:N0}, {limits.ConnectionsPerAddress:N0}, {limits.ConnectionsPerNetwork:N0} | 421 |",
            $"| new connections, 5xx replies a minute | {limits.ConnectionsPerMinute:N0}, {limits.ErrorsPerMinute:N0} | 421 |",
            $"| messages, recipients a minute | {limits.MessagesPerMinute:N0}, {limits.RecipientsPerMinute:N0} | 450 4.7.1 |",
            $"| 5xx replies, commands without a message, transactions on a connection | {smtp.MaxErrors:N0}, {smtp.MaxCommands:N0}, {smtp.MaxTransactions:N0} | 421 |",
            $"| replies to errors from the {limits.TarpitAfterErrors + 1}th on | {limits.TarpitDelay.TotalSeconds} s later each, up to 30 s | |",
            $"| a message slower than | {limits.MinDataRate} octets a second | 421 4.4.2 |",
            $"| memory for input and messages in flight | {limits.MaxMemoryOctets / 1024 / 1024} MiB | 421 4.3.2 |",
            $"more than {smtp.MaxRecipients} recipients (452 4.5.3), messages over {smtp.MaxMessageOctets / 1024 / 1024} MiB (552 5.3.4, counted and not believed), loops (554 5.4.6 past {smtp.MaxHops} `Received`)",
            $"| an hour without a message, {smtp.CommandTimeout.TotalMinutes} minutes for a command line, {smtp.TlsHandshakeTimeout.TotalSeconds} s for a TLS handshake | | closed |",
            $"`{limits.Exempt}` by default",
            $"each answered {smtp.AuthFailureDelay.TotalSeconds} seconds late",
        ];
        Assert.All(rows, row => Assert.Contains(FormattableString.Invariant(row), readme, StringComparison.Ordinal));
        Assert.Equal((TimeSpan.FromHours(1), 3), (smtp.MaxTransactionDuration, smtp.MaxAuthFailures));
    }

    private static string Page()
    {
        var page = new StringBuilder(
            """
            # Settings of the SMTP server

            Each is an environment variable of `gateway serve`, and those of `Smtp` of `gateway dev` too. All limits and rates are per process. What is not set has its default. A name that is none, or a value
            out of its range, stops the start, and every mistake is told at once. This page is made from the code's own documentation, and a test holds the two together.

            """);
        foreach (var (section, defaults) in Sections)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {section}\n\n{Summary(defaults.GetType())}\n\n| setting | default | range | what it is |\n|---|---|---|---|\n");
            foreach (var property in Properties(defaults))
            {
                page.Append(CultureInfo.InvariantCulture, $"| `GATEWAY_{section}__{property.Name}` | {Shown(property.GetValue(defaults))} | {Range(property)} | {Summary(property)} |\n");
            }
        }

        return page.ToString();
    }

    private static IEnumerable<PropertyInfo> Properties(object defaults) =>
        defaults.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).OrderBy(property => property.MetadataToken);

    private static string Shown(object? value) => value switch
    {
        null or "" => "",
        TimeSpan time => $"`{time:c}`",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => $"`{value}`",
    };

    private static string Range(PropertyInfo property)
    {
        if (property.PropertyType.IsEnum)
        {
            return string.Join(", ", Enum.GetNames(property.PropertyType).Select(name => $"`{name}`"));
        }

        return property.GetCustomAttribute<RangeAttribute>() is { } range ? string.Create(CultureInfo.InvariantCulture, $"`{range.Minimum}` to `{range.Maximum}`") : "";
    }

    private static string Summary(MemberInfo member)
    {
        var type = member as Type ?? member.DeclaringType!;
        var id = member is Type ? $"T:{type.FullName}" : $"P:{type.FullName}.{member.Name}";
        var documentation = XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml"));
        var summary = documentation.Descendants("member").Single(element => (string?)element.Attribute("name") == id).Element("summary")!;
        return Space.Replace(string.Concat(summary.Nodes().Select(Text)), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value.Replace("<", "&lt;", StringComparison.Ordinal),
        XElement { Name.LocalName: "see" } see => $"`{((string)see.Attribute("cref")!).Split('.')[^1]}`",
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement other => other.Value,
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space { get; }
}
