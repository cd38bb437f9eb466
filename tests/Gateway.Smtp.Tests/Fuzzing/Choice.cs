using System.Text;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>What a seed decides.</summary>
internal static class Choice
{
    public static T Of<T>(this Random random, params ReadOnlySpan<T> all) => all[random.Next(all.Length)];

    /// <summary>So many times in a hundred.</summary>
    public static bool Percent(this Random random, int percent) => random.Next(100) < percent;

    /// <summary>Text as octets; with <see cref="Latin1"/> each character below 256 is one.</summary>
    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);
}
