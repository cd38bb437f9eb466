using System.Collections;
using System.Reflection;
using System.Text;

namespace Gateway.Pipeline.Inspect;

/// <summary>
/// MimeKit remembers every charset name that it meets, also those that nobody has heard of, for as long as the process lives. A sender can
/// make up a hundred thousand in one message, so what it learned is taken back once it is much.
/// </summary>
internal static class CharsetMemory
{
    /// <summary>Names kept at most between messages; mail of the whole world uses some hundreds.</summary>
    public const int MaxNames = 2_000;

    private static readonly IDictionary? Names = Type.GetType("MimeKit.Utils.CharsetUtils, MimeKit")
        ?.GetField("aliases", BindingFlags.NonPublic | BindingFlags.Static)?.GetValue(null) as IDictionary;

    /// <summary>What MimeKit brings along, which stays.</summary>
    private static readonly HashSet<object> Own;

    static CharsetMemory()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance); // MimeKit looks charsets up by name
        ForgetUnknown();
        Own = [.. Names?.Keys.Cast<object>() ?? []];
    }

    /// <summary>How many names are remembered now; null when a newer MimeKit keeps them elsewhere, which a test would tell.</summary>
    public static int? Count => Names?.Count;

    /// <summary>Called before each message: the first time, the code pages are made known.</summary>
    public static void Prepare()
    {
        // What is to be done is done before the first use of this type.
    }

    /// <summary>A MimeKit that a program used before the code pages were known takes most of them for unknown for ever; forgotten, they are looked up again.</summary>
    internal static void ForgetUnknown() => Forget(static (_, codePage) => codePage is -1);

    /// <summary>Called after each message.</summary>
    public static void Trim()
    {
        if (Names?.Count > MaxNames)
        {
            Forget(static (name, _) => !Own.Contains(name));
        }
    }

    private static void Forget(Func<object, object?, bool> which)
    {
        if (Names is null)
        {
            return;
        }

        lock (Names) // the library's own lock for it
        {
            foreach (var name in Names.Keys.Cast<object>().Where(name => which(name, Names[name])).ToArray())
            {
                Names.Remove(name);
            }
        }
    }
}
