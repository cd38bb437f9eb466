using System.Buffers;
using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>Reads an element of <c>endpoints</c>.</summary>
internal static class EndpointReader
{
    private const int DefaultTimeoutSeconds = 15;
    private const int MaxVaultNameLength = 127;

    // Key Vault's own rule; what breaks it would be a question to another path of the vault.
    private static readonly SearchValues<char> VaultName = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    // The URL class would trim, turn or escape them without a word.
    private static readonly SearchValues<char> NeverInUrl =
        SearchValues.Create([.. Enumerable.Range(0, 0x21).Select(c => (char)c), '\\', '\x7f']);

    public static EndpointRule? Read(ObjectReader reader)
    {
        var id = Identifier.Read(reader, "id");
        var allowPrivate = reader.Boolean("allowPrivate", otherwise: false);
        var url = ReadUrl(reader, allowPrivate);
        var secrets = ReadSecrets(reader);
        var timeoutSeconds = reader.Integer("timeoutSeconds", required: false) ?? DefaultTimeoutSeconds;
        if (timeoutSeconds is < 1 or > 100)
        {
            reader.Error("timeoutSeconds", "must be 1 to 100");
        }

        if (reader.String("format", required: false) is { } format && format != "gateway")
        {
            reader.Error("format", format is "postmark" or "sendgrid" or "mailgun" or "cloudmailin" or "raw"
                ? "is not built yet; \"gateway\" is"
                : "must be \"gateway\"");
        }

        reader.RefuseUnknown();
        return id is null || url is null || secrets is null ? null : new(id, url, secrets.Value, TimeSpan.FromSeconds(timeoutSeconds), allowPrivate);
    }

    private static Uri? ReadUrl(ObjectReader reader, bool allowPrivate)
    {
        var text = reader.String("url", required: true);
        if (text is null)
        {
            return null;
        }

        // The URL is not repeated in errors: people put secrets into them.
        var problem = text switch
        {
            _ when text.AsSpan().ContainsAny(NeverInUrl) => "must hold no space, backslash or control character",
            _ when !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 => "must be an absolute URL",
            _ when new Uri(text).UserInfo.Length > 0 => "must hold no user name or password",
            _ when new Uri(text).Fragment.Length > 0 => "must hold no fragment",
            _ when new Uri(text).Scheme == Uri.UriSchemeHttps => null,
            _ when new Uri(text).Scheme == Uri.UriSchemeHttp && allowPrivate => null,
            _ when new Uri(text).Scheme == Uri.UriSchemeHttp => "must be https; http is for endpoints with \"allowPrivate\": true",
            _ => "must be https",
        };
        if (problem is null)
        {
            return new(text);
        }

        reader.Error("url", problem);
        return null;
    }

    private static ImmutableArray<SecretReference>? ReadSecrets(ObjectReader reader)
    {
        if (reader.Strings("secrets", required: true) is not { } texts)
        {
            return null;
        }

        if (texts.Length is 0 or > 2)
        {
            reader.Error("secrets", "must be one secret, or two while one is being changed");
        }

        var secrets = ImmutableArray.CreateBuilder<SecretReference>();
        foreach (var (index, text) in texts.Index().Where(item => item.Item is not null))
        {
            // The text is not repeated: what stands here by mistake is most likely the secret itself.
            var colon = text!.IndexOf(':', StringComparison.Ordinal);
            var (kind, name) = colon > 0 ? (text[..colon], text[(colon + 1)..]) : ("", "");
            switch (kind)
            {
                case "env" or "file" when name.Length > 0:
                    secrets.Add(new(kind, name));
                    break;
                case "keyvault" when name.Length is > 0 and <= MaxVaultNameLength && !name.AsSpan().ContainsAnyExcept(VaultName):
                    secrets.Add(new(kind, name));
                    break;
                case "keyvault":
                    reader.Error($"secrets[{index}]", $"keyvault: takes the name of a secret, 1 to {MaxVaultNameLength} letters, digits and hyphens");
                    break;
                default:
                    reader.Error($"secrets[{index}]", "must be a reference, env:NAME, file:PATH or keyvault:NAME, and not the secret itself");
                    break;
            }
        }

        return secrets.ToImmutable();
    }
}
