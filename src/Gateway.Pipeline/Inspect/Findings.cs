using System.Collections.Immutable;

namespace Gateway.Pipeline.Inspect;

/// <summary>What is found out about one message while it is read: defects, each once and in the order found, and whether anything was left out.</summary>
internal sealed class Findings
{
    private readonly List<string> _defects = [];

    /// <summary>Something was cut or left out.</summary>
    public bool Truncated { get; private set; }

    public ImmutableArray<string> Defects => [.. _defects];

    public void Add(string defect)
    {
        if (!_defects.Contains(defect, StringComparer.Ordinal))
        {
            _defects.Add(defect);
        }
    }

    public void Cut() => Truncated = true;

    public void Cut(string defect)
    {
        Add(defect);
        Cut();
    }
}
