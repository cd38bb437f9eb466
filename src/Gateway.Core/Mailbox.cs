using System.Buffers;
using System.Text;

namespace Gateway.Core;

/// <summary>A local-part at a domain or address literal (RFC 5321 section 4.1.2), as a value: no quotes, no escapes.</summary>
/// <param name="LocalPart">What the local-part means: quoted-string quotes and backslashes are already taken off. Case is kept.</param>
/// <param name="Domain">Lower-case domain, or an address literal with its brackets; "" only for the bare "postmaster" (section 4.5.1).</param>
public sealed record Mailbox(string LocalPart, string Domain)
{
    private static readonly SearchValues<char> Atext =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.");

    /// <summary>The address as it is written: the local-part is quoted only where its characters ask for it.</summary>
    public override string ToString()
    {
        var local = IsDotString(LocalPart) ? LocalPart : Quote(LocalPart);
        return Domain.Length == 0 ? local : $"{local}@{Domain}";
    }

    private static bool IsDotString(string local)
    {
        if (local.Length == 0 || local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var c in local)
        {
            if (c < 128 && !Atext.Contains(c))
            {
                return false;
            }
        }

        return true;
    }

    private static string Quote(string local)
    {
        var quoted = new StringBuilder("\"", local.Length + 8);
        foreach (var c in local)
        {
            if (c is '"' or '\\')
            {
                quoted.Append('\\');
            }

            quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }
}
