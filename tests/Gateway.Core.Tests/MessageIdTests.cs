using System.Text.Json;
using Gateway.Core.Events;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Core.Tests;

public sealed class MessageIdTests
{
    [Fact]
    public void Ids_of_later_times_sort_later()
    {
        var clock = new FakeTimeProvider(Sample.At);
        var ids = new List<MessageId>();
        for (var i = 0; i < 1_000; i++)
        {
            ids.Add(MessageId.New(clock));
            clock.Advance(TimeSpan.FromMilliseconds(i % 7 + 1));
        }

        Assert.Equal(ids, ids.Order());
        Assert.Equal(ids.Select(id => id.ToString()), ids.Select(id => id.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(1_000, ids.Distinct().Count());
        Assert.True(ids[0] < ids[1] && ids[1] > ids[0] && ids[0] <= ids[0] && ids[0] >= ids[0]);
        Assert.False(ids[0] < ids[0] || ids[0] > ids[0] || ids[1] <= ids[0] || ids[0] >= ids[1]);
    }

    [Fact]
    public void An_id_is_version_7_and_holds_its_time()
    {
        var text = MessageId.New(new FakeTimeProvider(Sample.At)).ToString();
        Assert.Equal(7, new Guid(text).Version);
        Assert.Equal(Sample.At.ToUnixTimeMilliseconds(), Convert.ToInt64(text.Replace("-", "", StringComparison.Ordinal)[..12], 16));
    }

    [Theory]
    [InlineData("0193f1c2-7a00-7000-8000-0123456789ab")]
    [InlineData("0193F1C2-7A00-7000-8000-0123456789AB")]
    public void Its_own_text_is_parsed_in_any_case(string text)
    {
        Assert.True(MessageId.TryParse(text, out var id));
        Assert.Equal(Sample.Id, id);
        Assert.Equal("0193f1c2-7a00-7000-8000-0123456789ab", id.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0193f1c27a00700080000123456789ab")]
    [InlineData("{0193f1c2-7a00-7000-8000-0123456789ab}")]
    [InlineData(" 0193f1c2-7a00-7000-8000-0123456789ab")]
    [InlineData("0193f1c2-7a00-7000-8000-0123456789ab\n")]
    [InlineData("0193f1c2-7a00-7000-8000-0123456789a")]
    [InlineData("0193f1c2-7a00-7000-8000-0123456789abc")]
    [InlineData("0193f1c2-7a00-7000-8000-0123456789ag")]
    [InlineData("0x93f1c2-7a00-7000-8000-0123456789ab")]
    [InlineData("+193f1c2-7a00-7000-8000-0123456789ab")]
    [InlineData("../../../../../../../etc/passwd-----")]
    public void Any_other_text_is_no_id(string? text)
    {
        Assert.False(MessageId.TryParse(text, out var id));
        Assert.Equal(default, id);
    }

    [Fact]
    public void In_json_it_is_a_string()
    {
        var entry = JsonSerializer.Deserialize("\"0193f1c2-7a00-7000-8000-0123456789ab\"", EventJson.Default.Options.GetTypeInfo(typeof(MessageId)));
        Assert.Equal(Sample.Id, entry);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("\"nothing\"", EventJson.Default.Options.GetTypeInfo(typeof(MessageId))));
    }

    [Fact]
    public void An_id_tells_when_it_was_made_and_any_id_tells_something()
    {
        var clock = new FakeTimeProvider(new(2026, 11, 24, 18, 0, 0, 123, TimeSpan.Zero));
        Assert.Equal(clock.GetUtcNow(), MessageId.New(clock).Time);
        Assert.True(MessageId.TryParse("ffffffff-ffff-ffff-ffff-ffffffffffff", out var last));
        Assert.Equal(9999, last.Time.Year);
        Assert.Equal(DateTimeOffset.UnixEpoch, default(MessageId).Time);
    }
}
