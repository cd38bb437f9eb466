// Writes src/Gateway.Core/IdnaTable.cs from the files of the Unicode Character Database (Debian: unicode-data), by the rules of RFC 5892.
// Run from the root when a newer Unicode is wanted: dotnet run --file .ci/idna-table.cs -- /usr/share/unicode
#:property PublishAot=false

using System.Globalization;
using System.Text;

const int Last = 0x10ffff;
var folder = args[0];
var version = File.ReadLines(Path.Combine(folder, "DerivedAge.txt")).First().Split('-')[1].Replace(".txt", "", StringComparison.Ordinal);

var categories = new string?[Last + 1]; // null: unassigned
var viramas = new SortedSet<int>();
ReadCategories();

var changesWhenFolded = Points("DerivedNormalizationProps.txt", "Changes_When_NFKC_Casefolded");
var ignorable = Points("DerivedCoreProperties.txt", "Default_Ignorable_Code_Point")
    .Concat(Points("PropList.txt", "White_Space"))
    .Concat(Points("PropList.txt", "Noncharacter_Code_Point"))
    .ToHashSet();
var oldHangul = Points("HangulSyllableType.txt", "L").Concat(Points("HangulSyllableType.txt", "V")).Concat(Points("HangulSyllableType.txt", "T")).ToHashSet();
var valid = Enumerable.Range(0, Last + 1).Where(IsValid).ToHashSet();

var joining = "extracted/DerivedJoiningType.txt";
var dual = Points(joining, "D");
var scripts = "Scripts.txt";
var code = new StringBuilder($$"""
    namespace Gateway.Core;

    /// <summary>
    /// What RFC 5892 derives from Unicode {{version}}. Each table holds ranges of code points: first, behind the last, first, ... in rising order.
    /// Made by .ci/idna-table.cs; not to be edited.
    /// </summary>
    internal static class IdnaTable
    {

    """);
Write("Valid", "PVALID: may stand in a U-label whatever is around it.", valid);
Write("Viramas", "Canonical_Combining_Class is Virama (appendix A.1 and A.2).", viramas.Where(IsPossible));
Write("JoinsForward", "Joining_Type is Left_Joining or Dual_Joining.", Points(joining, "L").Concat(dual).Where(IsPossible));
Write("JoinsBackward", "Joining_Type is Right_Joining or Dual_Joining.", Points(joining, "R").Concat(dual).Where(IsPossible));
Write("Transparent", "Joining_Type is Transparent.", Points(joining, "T").Where(IsPossible));
Write("Greek", "Script is Greek (appendix A.4).", Points(scripts, "Greek").Where(IsPossible));
Write("Hebrew", "Script is Hebrew (appendix A.5 and A.6).", Points(scripts, "Hebrew").Where(IsPossible));
Write(
    "Japanese",
    "Script is Hiragana, Katakana or Han (appendix A.7).",
    Points(scripts, "Hiragana").Concat(Points(scripts, "Katakana")).Concat(Points(scripts, "Han")).Where(IsPossible));
code.Length -= 1; // the empty line behind the last
File.WriteAllText("src/Gateway.Core/IdnaTable.cs", code.Append("}\n").ToString());
Console.WriteLine($"Unicode {version}: {valid.Count} code points are PVALID");
return;

// RFC 5892 section 3, in its order. Contextual ones are not in the table: each has a rule of its own in Idna.cs.
bool IsValid(int point)
{
    if (point is 0xdf or 0x3c2 or 0x6fd or 0x6fe or 0xf0b or 0x3007)
    {
        return true; // section 2.6
    }

    if (IsContextual(point) || point is 0x640 or 0x7fa or 0x302e or 0x302f or (>= 0x3031 and <= 0x3035) or 0x303b)
    {
        return false; // section 2.6 too
    }

    return point is '-' or (>= '0' and <= '9') or (>= 'a' and <= 'z')
        || (categories[point] is "Ll" or "Lu" or "Lo" or "Nd" or "Lm" or "Mn" or "Mc"
            && !changesWhenFolded.Contains(point)
            && !ignorable.Contains(point)
            && !oldHangul.Contains(point)
            && point is not ((>= 0x20d0 and <= 0x20ff) or (>= 0x1d100 and <= 0x1d24f))); // section 2.4, IgnorableBlocks
}

bool IsContextual(int point) =>
    point is 0xb7 or 0x375 or 0x5f3 or 0x5f4 or 0x30fb or (>= 0x660 and <= 0x669) or (>= 0x6f0 and <= 0x6f9) or 0x200c or 0x200d;

// In a U-label, so that the other tables need not hold the rest.
bool IsPossible(int point) => valid.Contains(point) || IsContextual(point);

void ReadCategories()
{
    var first = 0;
    foreach (var line in File.ReadLines(Path.Combine(folder, "UnicodeData.txt")))
    {
        var fields = line.Split(';');
        var point = int.Parse(fields[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        first = fields[1].EndsWith(", Last>", StringComparison.Ordinal) ? first : point; // two lines stand for a range
        Array.Fill(categories, fields[2], first, point - first + 1);
        first = point;
        if (fields[3] == "9")
        {
            viramas.Add(point);
        }
    }
}

HashSet<int> Points(string file, string value)
{
    var points = new HashSet<int>();
    foreach (var line in File.ReadLines(Path.Combine(folder, file)))
    {
        var fields = line.Split('#')[0].Split(';', StringSplitOptions.TrimEntries);
        if (fields.Length < 2 || fields[1] != value)
        {
            continue;
        }

        var ends = fields[0].Split("..");
        var (from, to) = (int.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), int.Parse(ends[^1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        points.UnionWith(Enumerable.Range(from, to - from + 1));
    }

    return points.Count > 0 ? points : throw new InvalidDataException($"{file} has no {value}");
}

void Write(string name, string summary, IEnumerable<int> points)
{
    var ends = new List<int>();
    foreach (var point in points.Distinct().Order())
    {
        if (ends.Count > 0 && ends[^1] == point)
        {
            ends[^1]++;
        }
        else
        {
            ends.AddRange([point, point + 1]);
        }
    }

    code.Append(CultureInfo.InvariantCulture, $"    /// <summary>{summary}</summary>\n    public static ReadOnlySpan<int> {name} =>\n    [\n");
    foreach (var row in ends.Chunk(16))
    {
        code.Append("        ").AppendJoin(", ", row.Select(end => $"0x{end:x}")).Append(",\n");
    }

    code.Append("    ];\n\n");
}
