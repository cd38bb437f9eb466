using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Pipeline.Delivery;

namespace Gateway.Functions.Tests;

/// <summary>host.json: each setting has its reason in HOST.md, and they go together with the rest of the program.</summary>
public sealed partial class HostFileTests
{
    private readonly Dictionary<string, string> _settings = Leaves(JsonNode.Parse(File.ReadAllText(BuiltApp.File("host.json")))!.AsObject(), "").ToDictionary();

    [Fact]
    public void Each_setting_has_a_reason_and_each_reason_a_setting()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "functions", "Gateway.Functions", "HOST.md"));
        var entries = Entry().Matches(page).ToDictionary(entry => entry.Groups["name"].Value, entry => entry.Groups["value"].Value);
        Assert.Equal(_settings.OrderBy(setting => setting.Key, StringComparer.Ordinal), entries.OrderBy(entry => entry.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void Five_endpoints_that_hang_leave_room_for_the_others() =>
        Assert.True(int.Parse(_settings["extensions.serviceBus.maxConcurrentCalls"], null) > 5 * new DeliveryOptions().SlotsPerEndpoint);

    [Fact]
    public void A_lock_is_renewed_for_as_long_as_a_function_may_run() =>
        Assert.True(Time("extensions.serviceBus.maxAutoLockRenewalDuration") >= Time("functionTimeout"));

    private TimeSpan Time(string name) => TimeSpan.Parse(_settings[name], null);

    private static IEnumerable<KeyValuePair<string, string>> Leaves(JsonObject group, string prefix) => group.SelectMany(setting => setting.Value switch
    {
        JsonObject inner => Leaves(inner, $"{prefix}{setting.Key}."),
        var value => [new(prefix + setting.Key, value!.ToString())],
    });

    [GeneratedRegex(@"^\| `(?<name>[^`]+)` \| `(?<value>[^`]+)` \| \S.{40,} \|$", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
