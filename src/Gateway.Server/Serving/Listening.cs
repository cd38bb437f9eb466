using System.Net;
using Gateway.Smtp;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Serving;

/// <summary>What every <c>gateway serve</c> is told on its command line.</summary>
/// <param name="Smtp">Where mail is taken.</param>
/// <param name="Http">Where HTTP is served.</param>
/// <param name="ConfigurationPath">Null: the document is a blob.</param>
/// <param name="Level">Least level of log lines.</param>
internal sealed record Listening(IReadOnlyList<SmtpListener> Smtp, IPEndPoint Http, string? ConfigurationPath, LogLevel Level);

/// <summary>And what a local store needs besides.</summary>
/// <param name="Listening">As with Azure.</param>
/// <param name="DataDirectory">Where state is kept.</param>
/// <param name="PublicUrl">How receivers reach HTTP.</param>
/// <param name="Retention">How long delivered mail is kept.</param>
internal sealed record LocalPlace(Listening Listening, string DataDirectory, Uri PublicUrl, TimeSpan Retention);
