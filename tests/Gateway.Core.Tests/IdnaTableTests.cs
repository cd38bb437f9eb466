using System.Globalization;
using System.Text;

namespace Gateway.Core.Tests;

/// <summary>
/// The table that .ci/idna-table.cs made, against RFC 5892: recomputed as far as the base library can without ICU, which knows categories and case and no
/// normal forms; the rest by examples of each rule.
/// </summary>
public sealed class IdnaTableTests
{
    private static readonly int[] Exceptions = [0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007]; // section 2.6, PVALID

    private static readonly UnicodeCategory[] LetterDigits =
    [
        UnicodeCategory.LowercaseLetter, UnicodeCategory.UppercaseLetter, UnicodeCategory.OtherLetter, UnicodeCategory.DecimalDigitNumber,
        UnicodeCategory.ModifierLetter, UnicodeCategory.NonSpacingMark, UnicodeCategory.SpacingCombiningMark, // section 2.1
    ];

    [Fact]
    public void Every_valid_code_point_is_a_letter_or_digit_of_one_case()
    {
        var count = 0;
        for (var point = 0; point <= 0x10ffff; point++)
        {
            if (!IdnaRules.IsValid(point))
            {
                continue;
            }

            count++;
            Assert.True(point == '-' || Exceptions.Contains(point) || LetterDigits.Contains(CharUnicodeInfo.GetUnicodeCategory(point)), $"{point:x}");
            Assert.True(Rune.ToLowerInvariant(new Rune(point)).Value == point || point is >= 0x13a0 and <= 0x13f5, $"{point:x} is a capital");
            Assert.False(point is (>= 0x1100 and <= 0x11ff) or (>= 0xa960 and <= 0xa97f) or (>= 0xd7b0 and <= 0xd7ff), $"{point:x} is an old Jamo"); // section 2.9
            Assert.False(point is (>= 0x20d0 and <= 0x20ff) or (>= 0x1d100 and <= 0x1d24f), $"{point:x} is in a block of section 2.4");
            Assert.False(point is (>= 0xfe00 and <= 0xfe0f) or (>= 0xe0100 and <= 0xe01ef), $"{point:x} selects a variation");
            Assert.False(point is (>= 0xf900 and <= 0xfaff and not (0xfa0e or 0xfa0f or 0xfa11 or 0xfa13 or 0xfa14 or 0xfa1f or 0xfa21 or 0xfa23 or 0xfa24 or (>= 0xfa27 and <= 0xfa29)))
                or (>= 0x2f800 and <= 0x2fa1f) or (>= 0xff01 and <= 0xffee) or (>= 0x1d400 and <= 0x1d7ff), $"{point:x} stands for another");
        }

        Assert.Equal(133_523, count); // of Unicode 15.0; another number means another version
    }

    [Fact]
    public void Every_small_letter_of_the_oldest_scripts_is_valid_but_those_that_stand_for_others()
    {
        var refused = new List<int>();
        foreach (var (first, last) in (ReadOnlySpan<(int, int)>)[(0x80, 0x58f), (0x1e00, 0x1fff), (0x2c00, 0x2dff), (0xab70, 0xabbf), (0xff00, 0xffef), (0x10400, 0x104ff)])
        {
            for (var point = first; point <= last; point++)
            {
                if (Rune.ToUpperInvariant(new Rune(point)).Value != point && !IdnaRules.IsValid(point))
                {
                    refused.Add(point);
                }
            }
        }

        int[] unstable =
        [
            0xb5, 0x133, 0x140, 0x1c5, 0x1c6, 0x1c8, 0x1c9, 0x1cb, 0x1cc, 0x1f2, 0x1f3, 0x345, 0x3d0, 0x3d1, 0x3d5, 0x3d6, 0x3f0, 0x3f1, 0x3f2, 0x3f5, 0x1e9b, // of another, or of two
            0x1f71, 0x1f73, 0x1f75, 0x1f77, 0x1f79, 0x1f7b, 0x1f7d, // an accent of antiquity that is the one of today
            .. Enumerable.Range(0x1f80, 8), .. Enumerable.Range(0x1f90, 8), .. Enumerable.Range(0x1fa0, 8), 0x1fb3, 0x1fbe, 0x1fc3, 0x1ff3, // iota below
            .. Enumerable.Range(0xab70, 0x50), // Cherokee
            .. Enumerable.Range(0xff41, 26), // full width
        ];
        Assert.Equal(unstable, refused);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("0", true)]
    [InlineData("-", true)]
    [InlineData("A", false)]
    [InlineData("_", false)]
    [InlineData(".", false)]
    [InlineData(" ", false)]
    [InlineData("\u007f", false)]
    [InlineData("\u0080", false)]
    [InlineData("\u00a0", false)]
    [InlineData("ö", true)]
    [InlineData("Ö", false)]
    [InlineData("ß", true)]
    [InlineData("ς", true)]
    [InlineData("ſ", false)] // folds to s
    [InlineData("ª", false)] // stands for a
    [InlineData("ŉ", false)]
    [InlineData("ﬁ", false)]
    [InlineData("ａ", false)]
    [InlineData("ｱ", false)]
    [InlineData("㍻", false)]
    [InlineData("\u0340", false)] // is another mark
    [InlineData("\u0301", true)]
    [InlineData("\u034f", false)] // section 2.3: ignorable
    [InlineData("\u00ad", false)]
    [InlineData("\u200b", false)]
    [InlineData("\u180b", false)]
    [InlineData("\ufe0f", false)]
    [InlineData("\u20d0", false)] // section 2.4
    [InlineData("\U0001d165", false)]
    [InlineData("ᄀ", false)] // section 2.9
    [InlineData("가", true)]
    [InlineData("۽", true)] // section 2.6
    [InlineData("۾", true)]
    [InlineData("་", true)]
    [InlineData("〇", true)]
    [InlineData("\u0640", false)]
    [InlineData("\u07fa", false)]
    [InlineData("\u302e", false)]
    [InlineData("\u302f", false)]
    [InlineData("\u3031", false)]
    [InlineData("\u3035", false)]
    [InlineData("\u303b", false)]
    [InlineData("\u200c", false)] // contextual: not valid by themselves
    [InlineData("\u200d", false)]
    [InlineData("·", false)]
    [InlineData("・", false)]
    [InlineData("٠", false)]
    [InlineData("ำ", false)] // Thai sara am, of two
    [InlineData("\u0958", false)] // always written as two
    [InlineData("々", true)]
    [InlineData("漢", true)]
    [InlineData("\uf900", false)] // the same ideograph a second time
    [InlineData("\U00020bb7", true)]
    [InlineData("\U0001f600", false)]
    [InlineData("☃", false)]
    [InlineData("१", true)]
    [InlineData("²", false)]
    [InlineData("\u19da", false)] // RFC 6452
    [InlineData("\u0378", false)] // no character
    [InlineData("\ue000", false)]
    [InlineData("\ufffd", false)]
    [InlineData("\uffff", false)]
    [InlineData("\U0010ffff", false)]
    public void Code_points_of_each_rule(string character, bool isValid) => Assert.Equal(isValid, IdnaRules.IsValid(char.ConvertToUtf32(character, 0)));

    [Fact]
    public void What_is_no_code_point_is_not_valid() => Assert.All((int[])[-1, int.MinValue, 0xd800, 0xdfff, 0x110000, int.MaxValue], point => Assert.False(IdnaRules.IsValid(point)));

    [Fact]
    public void Tables_rise()
    {
        AssertRises(IdnaTable.Valid);
        AssertRises(IdnaTable.Viramas);
        AssertRises(IdnaTable.JoinsForward);
        AssertRises(IdnaTable.JoinsBackward);
        AssertRises(IdnaTable.Transparent);
        AssertRises(IdnaTable.Greek);
        AssertRises(IdnaTable.Hebrew);
        AssertRises(IdnaTable.Japanese);

        static void AssertRises(ReadOnlySpan<int> table)
        {
            Assert.Equal(0, table.Length % 2);
            for (var i = 1; i < table.Length; i++)
            {
                Assert.True(table[i - 1] < table[i], $"{table[i]:x}");
            }
        }
    }
}
