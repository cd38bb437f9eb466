using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Gateway.Server.Tests;

/// <summary><c>gateway health</c> against whatever may answer on a port.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_long_answer_is_told_in_part()
    {
        await using var server = await AnswerAsync(503, new string('x', 8 * 1024));
        Assert.Equal((1, "", new string('x', 4 * 1024) + "\n"), await AskAsync(server));
    }

    [Fact]
    public async Task An_empty_one_is_told_by_its_number()
    {
        await using var server = await AnswerAsync(404, "");
        Assert.Equal((1, "", $"gateway: {server.Urls.Single()}/healthz/live answers 404\n"), await AskAsync(server));
    }

    private static Task<(int ExitCode, string Output, string Errors)> AskAsync(WebApplication server) =>
        GatewayProcess.RunAsync("health", "--http", new Uri(server.Urls.Single()).Authority);

    private static async Task<WebApplication> AnswerAsync(int status, string text)
    {
        var server = LoopbackServer.CreateBuilder().Build();
        server.Run(http =>
        {
            http.Response.StatusCode = status;
            return http.Response.WriteAsync(text);
        });
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }
}
