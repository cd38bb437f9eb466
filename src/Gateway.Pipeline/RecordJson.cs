using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Routing;

namespace Gateway.Pipeline;

/// <summary>The JSON form of the records in the state store: camelCase, generated; nulls are written, because the events inside ask for them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(DeadLetterRecord))]
[JsonSerializable(typeof(KeptRecord))]
[JsonSerializable(typeof(ParkedEndpoint))]
public sealed partial class RecordJson : JsonSerializerContext
{
    /// <summary>The context to use: text other than ASCII is written as it is, which keeps a record as small as its event.</summary>
    public static RecordJson Relaxed => RelaxedContext.Instance;

    // A class of its own, because the generated Default must exist first.
    private static class RelaxedContext
    {
        public static readonly RecordJson Instance =
            new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
