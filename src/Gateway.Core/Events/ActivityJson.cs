using System.Text.Json.Serialization;

namespace Gateway.Core.Events;

/// <summary>The stored form of activity entries: camelCase, generated, without what is null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ActivityEntry))]
public sealed partial class ActivityJson : JsonSerializerContext;
