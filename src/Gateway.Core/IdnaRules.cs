namespace Gateway.Core;

/// <summary>Which code points may stand in a U-label, alone or for what is around them (RFC 5892, its appendix A for the latter).</summary>
internal static class IdnaRules
{
    /// <summary>PVALID.</summary>
    public static bool IsValid(int point) => IsIn(IdnaTable.Valid, point);

    /// <summary>Whether the code point at <paramref name="at"/> may be where it is.</summary>
    public static bool IsAllowed(ReadOnlySpan<int> label, int at)
    {
        var before = at > 0 ? label[at - 1] : -1;
        var after = at + 1 < label.Length ? label[at + 1] : -1;
        return label[at] switch
        {
            0x200c => IsIn(IdnaTable.Viramas, before) || Joins(label, at), // A.1 zero width non-joiner
            0x200d => IsIn(IdnaTable.Viramas, before), // A.2 zero width joiner
            0xb7 => before == 'l' && after == 'l', // A.3 middle dot, of Catalan
            0x375 => IsIn(IdnaTable.Greek, after), // A.4 keraia
            0x5f3 or 0x5f4 => IsIn(IdnaTable.Hebrew, before), // A.5 geresh, A.6 gershayim
            0x30fb => HasJapanese(label), // A.7 Katakana middle dot
            >= 0x660 and <= 0x669 => !label.ContainsAnyInRange(0x6f0, 0x6f9), // A.8 Arabic-Indic digits
            >= 0x6f0 and <= 0x6f9 => !label.ContainsAnyInRange(0x660, 0x669), // A.9 the extended ones
            var point => IsValid(point),
        };
    }

    /// <summary>Between two letters that would be joined but for this one; marks do not count.</summary>
    private static bool Joins(ReadOnlySpan<int> label, int at)
    {
        var (before, after) = (at - 1, at + 1);
        while (before >= 0 && IsIn(IdnaTable.Transparent, label[before]))
        {
            before--;
        }

        while (after < label.Length && IsIn(IdnaTable.Transparent, label[after]))
        {
            after++;
        }

        return before >= 0 && after < label.Length && IsIn(IdnaTable.JoinsForward, label[before]) && IsIn(IdnaTable.JoinsBackward, label[after]);
    }

    private static bool HasJapanese(ReadOnlySpan<int> label)
    {
        foreach (var point in label)
        {
            if (IsIn(IdnaTable.Japanese, point))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a table of ranges (first, behind the last, first, ...) holds the point.</summary>
    private static bool IsIn(ReadOnlySpan<int> table, int point)
    {
        var place = table.BinarySearch(point);
        var end = place >= 0 ? place : ~place - 1; // the last that is not above the point; -1 for none
        return (end & 1) == 0;
    }
}
