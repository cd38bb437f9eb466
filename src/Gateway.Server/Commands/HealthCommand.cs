using System.CommandLine;
using System.Net;
using System.Text;

namespace Gateway.Server.Commands;

/// <summary><c>gateway health</c>: asks a running gateway how it is, for a container's health check, whose image has no shell and no curl.</summary>
internal static class HealthCommand
{
    /// <summary>Under the time that container engines give a check, so that the answer is ours.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private const int MaxAnswerOctets = 4 * 1024;

    private static readonly Option<IPEndPoint> Http = EndpointArgument.Option("--http", new(IPAddress.Loopback, 8080), "Where it serves its probes.");

    private static readonly Option<bool> Ready = new("--ready") { Description = "Ask whether mail is taken now, and not only whether the process runs." };

    public static Command Build()
    {
        var command = new Command("health", "Ask a running gateway how it is; exit code 0: well.") { Http, Ready };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var probe = new Uri($"http://{parsed.GetValue(Http)}/healthz/{(parsed.GetValue(Ready) ? "ready" : "live")}");
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Timeout);
        try
        {
            using var answer = await client.GetAsync(probe, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            var isWell = answer.StatusCode == HttpStatusCode.OK;
            var text = await ReadAsync(answer.Content, deadline.Token);
            await (isWell ? output : error).WriteAsync(text.Length > 0 ? text : $"gateway: {probe} answers {(int)answer.StatusCode}{Environment.NewLine}");
            return isWell ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            await error.WriteLineAsync($"gateway: {probe} does not answer{(e is OperationCanceledException ? $" within {Timeout.TotalSeconds} seconds" : "")}");
            return ExitCode.Failed;
        }
    }

    /// <summary>The beginning of it.</summary>
    private static async Task<string> ReadAsync(HttpContent content, CancellationToken cancel)
    {
        var octets = new byte[MaxAnswerOctets];
        await using var stream = await content.ReadAsStreamAsync(cancel);
        var length = await stream.ReadAtLeastAsync(octets, octets.Length, throwOnEndOfStream: false, cancel);
        return Encoding.UTF8.GetString(octets, 0, length);
    }
}
