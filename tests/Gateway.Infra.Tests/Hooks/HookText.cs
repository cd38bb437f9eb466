using System.Text.RegularExpressions;

namespace Gateway.Infra.Tests.Hooks;

internal static partial class HookText
{
    /// <summary>The names of temporary folders are other ones each time.</summary>
    public static string WithoutFolders(string text) => Folder().Replace(text, "--file TMP/$1");

    /// <summary>What a webhook secret looks like: whsec_ and base64 of 32 octets.</summary>
    [GeneratedRegex(@"\Awhsec_[A-Za-z0-9+/]{43}=\z")]
    public static partial Regex Secret { get; }

    [GeneratedRegex(@"--file /\S+/(\S+)")]
    private static partial Regex Folder();
}
