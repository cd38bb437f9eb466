using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Tests.StandIns;

namespace Gateway.Pipeline.Tests.Delivery;

public sealed class WebhookSignatureTests
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("{\"a\":\"Grüße\"}");
    private static readonly WebhookSecret Old = WebhookSecret.Parse(WebhookSecret.New());
    private static readonly WebhookSecret New = WebhookSecret.Parse(WebhookSecret.New());

    [Fact]
    public void Published_vectors_are_reproduced()
    {
        using var vectors = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestData.Folder("webhooks"), "vectors.json")));
        var seen = 0;
        foreach (var vector in vectors.RootElement.EnumerateArray().Where(vector => vector.GetProperty("scheme").GetString() == "v1"))
        {
            var time = DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("timestamp").GetInt64());
            var body = Encoding.UTF8.GetBytes(vector.GetProperty("payload").GetString()!);
            var secret = WebhookSecret.Parse(vector.GetProperty("secret").GetString()!);
            Assert.Equal(vector.GetProperty("signature").GetString(), WebhookSignature.Sign(vector.GetProperty("id").GetString()!, time, body, [secret]));
            seen++;
        }

        Assert.NotEqual(0, seen);
    }

    [Fact]
    public void Signature_is_the_plain_hmac_of_id_time_and_octets()
    {
        // Octets that are no text: a signature over a string would differ.
        byte[] body = [0xff, 0x00, 0xc3, 0x28];
        var key = RandomNumberGenerator.GetBytes(24);
        var secret = WebhookSecret.Parse($"whsec_{Convert.ToBase64String(key)}");
        var time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

        var signature = WebhookSignature.Sign("dlv_1", time, body, [secret]);

        byte[] signed = [.. "dlv_1.1700000000."u8, .. body];
        Assert.Equal($"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}", signature);
    }

    [Fact]
    public void Two_secrets_give_two_signatures_and_either_verifies()
    {
        var signature = WebhookSignature.Sign("id", Samples.Now, Body, [Old, New]);

        Assert.Equal(2, signature.Split(' ').Length);
        Assert.Equal(SignatureStatus.Valid, Verify(signature, [Old]));
        Assert.Equal(SignatureStatus.Valid, Verify(signature, [New]));
        Assert.Equal(SignatureStatus.Mismatch, Verify(signature, [WebhookSecret.Parse(WebhookSecret.New())]));
        Assert.Equal(SignatureStatus.Mismatch, Verify(signature, []));
    }

    [Theory]
    [InlineData(0, SignatureStatus.Valid)]
    [InlineData(300, SignatureStatus.Valid)]
    [InlineData(-300, SignatureStatus.Valid)]
    [InlineData(301, SignatureStatus.OutOfTolerance)]
    [InlineData(-301, SignatureStatus.OutOfTolerance)]
    public void Timestamp_may_be_five_minutes_off(int seconds, SignatureStatus expected)
    {
        var time = Samples.Now.AddSeconds(seconds);
        var headers = new WebhookHeaders("id", WebhookSignature.Seconds(time), WebhookSignature.Sign("id", time, Body, [Old]));
        Assert.Equal(expected, WebhookSignature.Verify(headers, Body, [Old], Samples.Now));
    }

    [Theory]
    [InlineData(null, "1", "v1,AAAA", SignatureStatus.Malformed)]
    [InlineData("", "1", "v1,AAAA", SignatureStatus.Malformed)]
    [InlineData("id", null, "v1,AAAA", SignatureStatus.Malformed)]
    [InlineData("id", "x", "v1,AAAA", SignatureStatus.Malformed)]
    [InlineData("id", "-1", "v1,AAAA", SignatureStatus.Malformed)]
    [InlineData("id", "99999999999999999999", "v1,AAAA", SignatureStatus.Malformed)]
    [InlineData("id", "9223372036854775807", "v1,AAAA", SignatureStatus.OutOfTolerance)]
    [InlineData("id", "1", null, SignatureStatus.Malformed)]
    public void Header_fields_that_are_wrong_are_refused(string? id, string? timestamp, string? signature, SignatureStatus expected) =>
        Assert.Equal(expected, WebhookSignature.Verify(new(id, timestamp, signature), Body, [Old], Samples.Now));

    [Theory]
    [InlineData("")]
    [InlineData("v1")]
    [InlineData("v1,")]
    [InlineData("v1,not base64!")]
    [InlineData("v1,AAAA")]
    [InlineData("v1a,AAAA v2,BBBB")]
    public void Signatures_of_another_kind_do_not_match(string signature) => Assert.Equal(SignatureStatus.Mismatch, Verify(signature, [Old]));

    [Fact]
    public void Changed_octets_id_or_time_do_not_verify()
    {
        var signature = WebhookSignature.Sign("id", Samples.Now, Body, [Old]);
        var seconds = WebhookSignature.Seconds(Samples.Now);
        var later = WebhookSignature.Seconds(Samples.Now.AddSeconds(1));

        Assert.Equal(SignatureStatus.Mismatch, WebhookSignature.Verify(new("id", seconds, signature), [.. Body, 0x20], [Old], Samples.Now));
        Assert.Equal(SignatureStatus.Mismatch, WebhookSignature.Verify(new("other", seconds, signature), Body, [Old], Samples.Now));
        Assert.Equal(SignatureStatus.Mismatch, WebhookSignature.Verify(new("id", later, signature), Body, [Old], Samples.Now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("whsec_")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==")]
    [InlineData("whsec_not base64 at all, honestly not it")]
    public void Text_that_is_no_secret_is_refused_without_repeating_it(string text)
    {
        var error = Assert.Throws<FormatException>(() => WebhookSecret.Parse(text));
        Assert.DoesNotContain("MfKQ9r8", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("honestly", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(5000, false)]
    public void Secret_has_24_to_64_octets(int octets, bool good) =>
        Assert.Equal(good, WebhookSecret.TryParse($"whsec_{Convert.ToBase64String(new byte[octets])}", out _, out _));

    [Fact]
    public void Secret_does_not_show_itself()
    {
        var text = WebhookSecret.New();
        Assert.NotEqual(text, WebhookSecret.New());
        Assert.DoesNotContain(text[6..12], WebhookSecret.Parse($"\t{text}\r\n").ToString(), StringComparison.Ordinal);
    }

    private static SignatureStatus Verify(string signature, WebhookSecret[] secrets) =>
        WebhookSignature.Verify(new("id", WebhookSignature.Seconds(Samples.Now), signature), Body, [.. secrets], Samples.Now);
}
