namespace Gateway.Core.Ports;

/// <summary>
/// Keyed values of up to 512 KiB that outlive a process: dead-letter records, endpoint state and more to come. A key is a collection
/// and an id: each 1 to 200 characters, printable ASCII without '/', '\', '#', '?' and '%'.
/// </summary>
public interface IStateStore
{
    /// <summary>Most octets of one value.</summary>
    const int MaxValueOctets = 512 * 1024;

    /// <summary>A page ends early, behind the value that brings its values to this many octets.</summary>
    const int MaxPageOctets = 16 * 1024 * 1024;

    /// <summary>Null when there is none, or when it has expired.</summary>
    ValueTask<StateEntry?> GetAsync(StateKey key, CancellationToken cancel);

    /// <summary>Writes a value if the stored one is still the one that was read.</summary>
    /// <param name="key">Collection and id.</param>
    /// <param name="value">At most <see cref="MaxValueOctets"/>.</param>
    /// <param name="expires">From then on it is gone; null: never.</param>
    /// <param name="condition">What must be true of the stored one.</param>
    /// <param name="cancel">Gives up; the outcome is then unknown.</param>
    /// <returns>The new ETag; null when the condition did not hold and nothing was written.</returns>
    ValueTask<string?> PutAsync(StateKey key, ReadOnlyMemory<byte> value, DateTimeOffset? expires, StateCondition condition, CancellationToken cancel);

    /// <summary>Deletes a value; false when the condition did not hold. Nothing there is a success.</summary>
    ValueTask<bool> DeleteAsync(StateKey key, StateCondition condition, CancellationToken cancel);

    /// <summary>
    /// One page of a collection's entries, in ordinal order of their ids. It may have fewer than <paramref name="max"/> entries, or none,
    /// and yet not be the last.
    /// </summary>
    /// <param name="collection">The collection.</param>
    /// <param name="prefix">Only ids that begin so; "" for all.</param>
    /// <param name="continuation">From the page before; null for the first.</param>
    /// <param name="max">Most entries, 1 to 1,000; fewer come when values are big (<see cref="MaxPageOctets"/>).</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ArgumentException">The collection or the continuation could be no part of a key.</exception>
    ValueTask<StatePage> ListAsync(string collection, string prefix, string? continuation, int max, CancellationToken cancel);
}

/// <summary>Where a value is kept.</summary>
public readonly record struct StateKey(string Collection, string Id)
{
    /// <summary>Longest collection or id, in characters.</summary>
    public const int MaxLength = 200;

    /// <summary>The key itself, when every store takes it: one rule, so that a key that works on one machine works in Azure.</summary>
    /// <exception cref="ArgumentException">Collection or id breaks the rule of <see cref="IStateStore"/>.</exception>
    public StateKey Check()
    {
        CheckCollection(Collection);
        return IsValid(Id) ? this : throw Invalid("id");
    }

    /// <inheritdoc cref="Check"/>
    public static void CheckCollection(string collection)
    {
        if (!IsValid(collection))
        {
            throw Invalid("collection");
        }
    }

    private static bool IsValid(string? text) =>
        text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !text.AsSpan().ContainsAny("/\\#?%");

    private static ArgumentException Invalid(string what) =>
        new($"The {what} of a state key has 1 to {MaxLength} printable ASCII characters without / \\ # ? %");
}

/// <summary>A stored value.</summary>
public sealed record StateEntry(StateKey Key, ReadOnlyMemory<byte> Value, string ETag, DateTimeOffset? Expires);

/// <summary>A page of entries; a null continuation means that it was the last.</summary>
public sealed record StatePage(IReadOnlyList<StateEntry> Entries, string? Continuation);

/// <summary>What must be true of the stored value for a change to happen.</summary>
public readonly record struct StateCondition
{
    private StateCondition(string? eTag, bool absent) => (ETag, MustBeAbsent) = (eTag, absent);

    /// <summary>No condition: the last one wins.</summary>
    public static StateCondition None { get; }

    /// <summary>Nothing may be there.</summary>
    public static StateCondition Absent { get; } = new(null, true);

    /// <summary>The value read before must still be there.</summary>
    public static StateCondition Matches(string eTag) => new(eTag, false);

    /// <summary>The ETag to match; null when there is none to match.</summary>
    public string? ETag { get; }

    public bool MustBeAbsent { get; }
}
