using System.Globalization;

namespace Gateway.Core.Tests;

public sealed class DeliveryIdTests
{
    // Made with another program from the definition: 4 octets of length, big endian, then the octets, for each of the four.
    [Theory]
    [InlineData("support@in.example.com", "support", "app", "dlv_3c0e4113c000a9962af6fc7c0780b376")]
    [InlineData("jörg@in.example.com", "rest", "app", "dlv_4d04783192495a79c452bc235e365a9f")]
    public void Id_is_that_of_the_definition(string recipient, string route, string endpoint, string id) =>
        Assert.Equal(id, DeliveryId.Of(Sample.Id, recipient, route, endpoint).ToString());

    [Fact]
    public void The_same_four_give_the_same_id_and_any_other_one_another()
    {
        var id = DeliveryId.Of(Sample.Id, "r", "route", "endpoint");
        Assert.Equal(id, DeliveryId.Of(Sample.Id, "r", "route", "endpoint"));
        Assert.NotEqual(id, DeliveryId.Of(new(Guid.Empty), "r", "route", "endpoint"));
        Assert.NotEqual(id, DeliveryId.Of(Sample.Id, "R", "route", "endpoint"));
        Assert.NotEqual(id, DeliveryId.Of(Sample.Id, "r", "route2", "endpoint"));
        Assert.NotEqual(id, DeliveryId.Of(Sample.Id, "r", "route", "endpoint2"));
    }

    [Fact]
    public void Moving_a_character_to_the_neighbour_makes_another_id()
    {
        Assert.NotEqual(DeliveryId.Of(Sample.Id, "ab", "c", "d"), DeliveryId.Of(Sample.Id, "a", "bc", "d"));
        Assert.NotEqual(DeliveryId.Of(Sample.Id, "a", "bc", "d"), DeliveryId.Of(Sample.Id, "a", "b", "cd"));
        Assert.NotEqual(DeliveryId.Of(Sample.Id, "", "a", "b"), DeliveryId.Of(Sample.Id, "a", "", "b"));
    }

    [Fact]
    public void An_id_of_an_event_is_the_id_that_was_made() =>
        Assert.Equal(DeliveryId.Of(Sample.Id, "r", "x", "y"), new DeliveryId(DeliveryId.Of(Sample.Id, "r", "x", "y").ToString()));

    [Fact]
    public void It_is_a_prefix_and_32_hexadecimal_digits_whatever_the_four_are()
    {
        var id = DeliveryId.Of(Sample.Id, new string('ü', 10_000), "", "\0").ToString();
        Assert.StartsWith("dlv_", id, StringComparison.Ordinal);
        Assert.True(UInt128.TryParse(id[4..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _));
        Assert.Equal(36, id.Length);
        Assert.Equal(id.ToLowerInvariant(), id);
    }

    [Fact]
    public void No_id_is_an_empty_text() => Assert.Equal("", default(DeliveryId).ToString());
}
