using System.Diagnostics.CodeAnalysis;

namespace Gateway.Core;

/// <summary>A value, or the reply that says why there is none. What a client sends is never an exception.</summary>
public readonly record struct Outcome<T>
    where T : class
{
    private readonly T? _value;
    private readonly Reply? _refusal;

    private Outcome(T? value, Reply? refusal) => (_value, _refusal) = (value, refusal);

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Reply refusal) => new(null, refusal);

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Reply? refusal)
    {
        (value, refusal) = (_value, _refusal);
        return value is not null;
    }
}
