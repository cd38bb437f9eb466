using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp;

/// <summary>The envelope while it is built: from an accepted MAIL to the end of DATA, or until it is reset.</summary>
internal sealed class Transaction(ReversePath reversePath, MailParameters parameters, bool isExtended)
{
    /// <summary>
    /// Findings of admission kept for the event, in octets of JSON (invariant 13): with the most recipients, each as long as they get, the event
    /// then stays under its limit. What is past it is left out, and the event says so.
    /// </summary>
    private const int MaxEvidenceOctets = 24 * 1024;

    private readonly ImmutableArray<ForwardPath>.Builder _forwardPaths = ImmutableArray.CreateBuilder<ForwardPath>(1);
    private readonly List<MethodResult> _evidence = [];
    private int _evidenceOctets;

    public ReversePath ReversePath { get; } = reversePath;

    /// <summary>The client said EHLO and not HELO.</summary>
    public bool IsExtended { get; } = isExtended;

    public int Recipients => _forwardPaths.Count;

    /// <summary>RCPT was tried, whether or not any was accepted.</summary>
    public bool HasTriedRecipients { get; set; }

    /// <summary>8BITMIME or BINARYMIME for the body, or SMTPUTF8 for the header.</summary>
    public bool DeclaresEightBit => parameters.Body != BodyType.SevenBit || parameters.SmtpUtf8;

    public bool IsUtf8 => parameters.SmtpUtf8;

    /// <summary>BODY=BINARYMIME: the content is octets and not lines, and only BDAT can bring it (RFC 3030 section 3).</summary>
    public bool IsBinary => parameters.Body == BodyType.BinaryMime;

    public bool Has(ForwardPath forwardPath) => _forwardPaths.Contains(forwardPath);

    public void Add(ForwardPath forwardPath) => _forwardPaths.Add(forwardPath);

    /// <summary>Some evidence was left out.</summary>
    public bool IsEvidenceCut { get; private set; }

    public void Add(ImmutableArray<MethodResult> evidence)
    {
        foreach (var result in evidence)
        {
            var octets = JsonSerializer.SerializeToUtf8Bytes(result, EventJson.Relaxed.MethodResult).Length + 1;
            if (_evidenceOctets + octets > MaxEvidenceOctets)
            {
                IsEvidenceCut = true;
                return;
            }

            _evidenceOctets += octets;
            _evidence.Add(result);
        }
    }

    public Envelope ToEnvelope() => new(ReversePath, _forwardPaths.ToImmutable(), parameters.Body, parameters.SmtpUtf8);

    public ImmutableArray<MethodResult> ToEvidence() => [.. _evidence];
}
