using System.Net;
using Gateway.Core;

namespace Gateway.Smtp.Abuse;

/// <summary>A connection's place in the <see cref="ClientLedger"/>, given up with <see cref="Dispose"/>. What it counts is its client's, over all connections.</summary>
internal sealed class ClientLease : IDisposable
{
    private readonly ClientLedger _ledger;

    /// <param name="ledger">Whose it is.</param>
    /// <param name="address">The client's.</param>
    /// <param name="client">Null: nothing is limited by address.</param>
    /// <param name="isExempt">By the settings.</param>
    internal ClientLease(ClientLedger ledger, IPAddress? address, TrackedClient? client, bool isExempt) =>
        (_ledger, Address, Client, IsExempt) = (ledger, address, client, isExempt);

    /// <summary>The client is known, and by the settings not limited by address. It need not wait for a greeting either.</summary>
    public bool IsExempt { get; }

    /// <summary>Null: unknown. For the log, at Debug only.</summary>
    public IPAddress? Address { get; }

    /// <summary>Good while the lease is.</summary>
    internal TrackedClient? Client { get; private set; }

    internal bool HasEnded { get; private set; }

    /// <summary>Counts a MAIL command. Not null: 450, it is one too many, and was not counted.</summary>
    public Reply? CountMessage() => _ledger.Count(this, Limit.MessagesPerMinute);

    /// <summary>Counts a RCPT command, before anybody is asked whether there is such a recipient. Not null: 450, it is one too many; or 421, the client has no errors left, and so no questions.</summary>
    public Reply? CountRecipient() => _ledger.Count(this, Limit.ErrorsPerMinute, isQuestion: true) ?? _ledger.Count(this, Limit.RecipientsPerMinute);

    /// <summary>Counts a 5xx reply that is about to be sent. Not null: 421 is to be sent instead.</summary>
    public Reply? CountError() => _ledger.Count(this, Limit.ErrorsPerMinute);

    /// <summary>The connection is closed. Once counts, whoever calls it again.</summary>
    public void Dispose() => _ledger.Leave(this);

    /// <summary>Under the ledger's lock.</summary>
    internal void End() => (Client, HasEnded) = (null, true);
}
