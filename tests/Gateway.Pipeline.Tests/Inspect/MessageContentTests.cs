using System.Text.Json;
using Gateway.Pipeline.Inspect;

namespace Gateway.Pipeline.Tests.Inspect;

public sealed class MessageContentTests
{
    /// <summary>A part may be older than a field: deliveries wait for days, kept messages for months.</summary>
    [Fact]
    public void A_part_without_a_field_has_an_empty_list_and_not_none()
    {
        var content = JsonSerializer.Deserialize("{}", ContentJson.Relaxed.MessageContent)!;
        Assert.Equal(1, content.Version);
        Assert.Empty(content.Headers);
        Assert.Empty(content.From);
        Assert.Empty(content.To);
        Assert.Empty(content.Cc);
        Assert.Empty(content.ReplyTo);
        Assert.Empty(content.References);
        Assert.Empty(content.Attachments);
    }
}
