using System.Collections.Immutable;

namespace Gateway.Core.Ports;

/// <summary>DNS questions, so that what asks them can be held against a zone in a file.</summary>
public interface IDnsResolver
{
    /// <summary>Asks once; time-outs and retries are the resolver's. A failure is an answer and not an exception.</summary>
    /// <param name="name">A domain name in A-label form, without a last dot.</param>
    /// <param name="type">What is asked for; CNAMEs are followed.</param>
    /// <param name="cancel">Gives up.</param>
    ValueTask<DnsAnswer> QueryAsync(string name, DnsType type, CancellationToken cancel);
}

/// <summary>The record types that mail authentication asks for.</summary>
public enum DnsType
{
    A,
    Aaaa,
    Mx,
    Ptr,
    Txt,
    Tlsa,
}

/// <summary>What came of a question. The three ways to have no record differ in SPF, DKIM and DMARC, so they differ here.</summary>
public enum DnsStatus
{
    /// <summary>At least one record.</summary>
    Found,

    /// <summary>The name exists without such a record.</summary>
    NoData,

    /// <summary>The name does not exist (NXDOMAIN, RFC 8020).</summary>
    NoName,

    /// <summary>SERVFAIL, a time-out, a broken answer: trying later may help.</summary>
    TemporaryFailure,
}

/// <summary>The answer to one question.</summary>
/// <param name="Status">What came of it.</param>
/// <param name="Values">
/// One text a record, empty unless found: an address, a PTR's name, a TXT's strings joined (one character an octet), an MX's name behind
/// its preference and a space, a TLSA record as in RFC 6698 section 2.2.
/// </param>
public sealed record DnsAnswer(DnsStatus Status, ImmutableArray<string> Values);
