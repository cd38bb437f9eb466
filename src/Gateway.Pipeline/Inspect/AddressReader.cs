using System.Collections.Immutable;
using MimeKit;

namespace Gateway.Pipeline.Inspect;

/// <summary>Addresses out of From, To, Cc and Reply-To fields, groups flattened (RFC 5322 section 3.4, RFC 6854).</summary>
internal sealed class AddressReader(InspectOptions limits, Findings findings)
{
    private const int MaxAddressCharacters = 998; // a line; longer ones are an attack
    private const int MaxNameCharacters = 998;

    private readonly ParserOptions _options = MimeText.ParserOptions(limits);

    /// <summary>The mailboxes of all fields of this name, in order.</summary>
    public ImmutableArray<MailboxAddress> Mailboxes(IReadOnlyList<Header> fields, HeaderId id)
    {
        var found = ImmutableArray.CreateBuilder<MailboxAddress>();
        foreach (var field in fields.Where(field => field.Id == id))
        {
            foreach (var mailbox in Parse(field))
            {
                if (found.Count >= limits.MaxAddresses)
                {
                    findings.Cut();
                    return found.ToImmutable();
                }

                if (mailbox.Address.Length is 0 or > MaxAddressCharacters)
                {
                    findings.Add(Defect.BadAddress);
                    continue;
                }

                found.Add(mailbox);
            }
        }

        return found.ToImmutable();
    }

    public static ImmutableArray<MailAddress> Describe(ImmutableArray<MailboxAddress> mailboxes) => [.. mailboxes.Select(Describe)];

    private static MailAddress Describe(MailboxAddress mailbox)
    {
        var name = mailbox.Name is null ? "" : MimeText.Line(mailbox.Name);
        return new(name.Length == 0 ? null : MimeText.Cut(name, MaxNameCharacters), MimeText.Line(mailbox.Address));
    }

    private IEnumerable<MailboxAddress> Parse(Header field)
    {
        if (InternetAddressList.TryParse(_options, field.RawValue, out var list))
        {
            return list.Mailboxes;
        }

        if (field.RawValue.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
        {
            return [];
        }

        findings.Add(Defect.BadAddress);
        return Salvage(field);
    }

    // One address by one: a broken one should not hide the others.
    private IEnumerable<MailboxAddress> Salvage(Header field)
    {
        foreach (var piece in MimeText.Line(field.Value).Split([',', ';']))
        {
            var text = piece.Trim();
            var open = text.LastIndexOf('<');
            var close = text.LastIndexOf('>');
            if (MailboxAddress.TryParse(_options, text, out var whole))
            {
                yield return whole;
            }
            else if (open >= 0 && close > open && MailboxAddress.TryParse(_options, text[(open + 1)..close].Trim(), out var inner))
            {
                inner.Name = text[..open].Trim(' ', '"');
                yield return inner;
            }
        }
    }
}
