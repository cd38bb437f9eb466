using System.Collections.Immutable;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp;

/// <summary>The envelope while it is built: from an accepted MAIL to the end of DATA, or until it is reset.</summary>
internal sealed class Transaction(ReversePath reversePath, MailParameters parameters)
{
    /// <summary>Findings of admission kept for the event; what is past it is left out (invariant 13).</summary>
    private const int MaxEvidence = 64;

    private readonly ImmutableArray<ForwardPath>.Builder _forwardPaths = ImmutableArray.CreateBuilder<ForwardPath>(1);
    private readonly List<MethodResult> _evidence = [];

    public ReversePath ReversePath { get; } = reversePath;

    public int Recipients => _forwardPaths.Count;

    /// <summary>RCPT was tried, whether or not any was accepted.</summary>
    public bool HasTriedRecipients { get; set; }

    public bool DeclaresEightBit => parameters.Body == BodyType.EightBitMime;

    public bool Has(ForwardPath forwardPath) => _forwardPaths.Contains(forwardPath);

    public void Add(ForwardPath forwardPath) => _forwardPaths.Add(forwardPath);

    public void Add(ImmutableArray<MethodResult> evidence)
    {
        var room = Math.Max(0, MaxEvidence - _evidence.Count);
        _evidence.AddRange(evidence.AsSpan()[..Math.Min(room, evidence.Length)]);
    }

    public Envelope ToEnvelope() => new(ReversePath, _forwardPaths.ToImmutable(), parameters.Body, SmtpUtf8: false);

    public ImmutableArray<MethodResult> ToEvidence() => [.. _evidence];
}
