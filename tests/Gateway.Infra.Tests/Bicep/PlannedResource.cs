using System.Text.Json;

namespace Gateway.Infra.Tests.Bicep;

/// <summary>A resource that a deployment would make, with all that is known before it runs; what is not is an expression in brackets.</summary>
internal sealed record PlannedResource(string Type, string Name, string Id, JsonElement Body)
{
    public static PlannedResource Of(JsonElement body) =>
        new(body.GetProperty("type").GetString()!, body.GetProperty("name").GetString()!, body.GetProperty("id").GetString()!, body);

    /// <summary>The name's last step: of <c>account/default/raw</c> it is <c>raw</c>.</summary>
    public string LastName => Name[(Name.LastIndexOf('/') + 1)..];

    /// <summary>A property as JSON text without white space; null: there is none.</summary>
    /// <param name="path">Names and indices with dots between.</param>
    public string? At(string path) => Find(path)?.GetRawText();

    /// <summary>A property that is text; null: there is none.</summary>
    /// <inheritdoc cref="At"/>
    public string? TextAt(string path) => Find(path)?.GetString();

    /// <inheritdoc cref="At"/>
    public JsonElement? Find(string path)
    {
        var at = Body;
        foreach (var step in path.Split('.'))
        {
            if (at.ValueKind == JsonValueKind.Array && int.TryParse(step, out var index) && index < at.GetArrayLength())
            {
                at = at[index];
            }
            else if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at))
            {
                return null;
            }
        }

        return at;
    }
}
