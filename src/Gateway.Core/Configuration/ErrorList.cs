using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>Gathers errors while a document is read, so that all are told at once.</summary>
internal sealed class ErrorList
{
    /// <summary>A document of thousands of mistakes is told about the first ones, and that there are more.</summary>
    public const int Most = 200;

    private readonly ImmutableArray<ConfigurationError>.Builder _errors = ImmutableArray.CreateBuilder<ConfigurationError>();

    public bool Any => _errors.Count > 0;

    /// <summary>There were more than <see cref="Most"/>.</summary>
    public bool Cut { get; private set; }

    public ImmutableArray<ConfigurationError> All => _errors.ToImmutable();

    public void Add(string path, string reason)
    {
        if (_errors.Count < Most)
        {
            _errors.Add(new(path, reason));
        }
        else
        {
            Cut = true;
        }
    }
}
