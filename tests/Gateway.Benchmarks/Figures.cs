namespace Gateway.Benchmarks;

/// <summary>What several runs come to.</summary>
internal static class Figures
{
    /// <summary>0 of none.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
