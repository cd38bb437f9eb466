namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>Postfix as a relay: what its <c>sendmail</c> takes its SMTP client brings to us.</summary>
internal sealed class PostfixClient : IMailClient
{
    public Declared Declares => Declared.Size | Declared.EightBit;

    public async Task<ClientReport> SendAsync(Submission mail, CancellationToken cancel)
    {
        await using var postfix = await PostfixInstance.StartAsync(mail.Server, mail.Security, [], cancel);
        await postfix.SubmitAsync(mail.From, mail.To, mail.Message, cancel);
        var fates = new List<string>();
        foreach (var to in mail.To)
        {
            fates.Add(await postfix.FateOfAsync(to, cancel));
        }

        return new(fates.TrueForAll(fate => fate.Contains("status=sent", StringComparison.Ordinal)), string.Join('\n', fates));
    }
}
