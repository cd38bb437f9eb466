using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Core.Events;

/// <summary>The JSON form of the events: camelCase, generated, strict about what is required and lenient about what is unknown.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ReceivedEvent))]
[JsonSerializable(typeof(InspectedEvent))]
[JsonSerializable(typeof(DeliveryEvent))]
public sealed partial class EventJson : JsonSerializerContext
{
    /// <summary>
    /// The context to use: text other than ASCII is written as it is, which keeps events under <see cref="StageMessage.MaxBodyOctets"/>;
    /// only characters beyond U+FFFF are escaped, in 12 octets for 4. Events are never put into HTML, which is what the default encoder guards against.
    /// </summary>
    public static EventJson Relaxed => RelaxedContext.Instance;

    // A class of its own, because the generated Default must exist first.
    private static class RelaxedContext
    {
        public static readonly EventJson Instance =
            new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
