using System.Net;
using Gateway.Server.Commands;
using Gateway.Smtp;

namespace Gateway.Server.Serving;

/// <summary>Where mail is taken: for each kind of listener one or more of ADDRESS:PORT, separated by commas.</summary>
internal sealed class ListenerSettings
{
    private const char Separator = ',';

    /// <summary>Mail of other servers; null: where <c>--smtp</c> says.</summary>
    public string? Mx { get; set; }

    /// <summary>Mail of users, who need STARTTLS and AUTH; null: nowhere.</summary>
    public string? Submission { get; set; }

    /// <summary>Mail of users, over TLS from the first octet and with AUTH; null: nowhere.</summary>
    public string? Submissions { get; set; }

    public IEnumerable<string> Problems()
    {
        foreach (var (name, text) in Named())
        {
            foreach (var entry in Entries(text).Where(entry => EndpointArgument.Read(entry) is null))
            {
                yield return $"Listeners:{name} has {entry}, which is not ADDRESS:PORT, such as 0.0.0.0:2525 or [::]:2525";
            }
        }
    }

    /// <summary>All of them, those for other servers first.</summary>
    /// <param name="mx">Where those are when <see cref="Mx"/> does not say.</param>
    public IReadOnlyList<SmtpListener> ToListeners(IPEndPoint mx) =>
    [
        .. Of(ListenerKind.Mx, Mx ?? $"{mx}"),
        .. Of(ListenerKind.Submission, Submission),
        .. Of(ListenerKind.Submissions, Submissions),
    ];

    private IEnumerable<(string Name, string? Text)> Named() => [(nameof(Mx), Mx), (nameof(Submission), Submission), (nameof(Submissions), Submissions)];

    private static IEnumerable<SmtpListener> Of(ListenerKind kind, string? text) =>
        Entries(text).Select(EndpointArgument.Read).OfType<IPEndPoint>().Select(endpoint => new SmtpListener(kind, endpoint));

    private static string[] Entries(string? text) => text?.Split(Separator, StringSplitOptions.TrimEntries) ?? [];
}
