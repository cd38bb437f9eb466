using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Pipeline.Configuration;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Tests.StandIns;
using Microsoft.Extensions.Logging;

namespace Gateway.Pipeline.Tests.Delivery;

public sealed class SecretTests : IDisposable
{
    private readonly PipelineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Secret_is_changed_without_a_restart_and_without_a_gap()
    {
        await using var receiver = await Receiver.AnsweringAsync(200);
        var second = Path.GetTempFileName();
        try
        {
            var (old, next) = (_rig.SecretText, WebhookSecret.New());
            await File.WriteAllTextAsync(second, next, TestContext.Current.CancellationToken);
            _rig.Use(("app", receiver.Url));
            await DeliverAsync();
            UseBoth(receiver.Url, second);
            await DeliverAsync();
            _rig.WriteSecret(next); // the reference stays, what it points at is new
            _rig.Use(("app", receiver.Url));
            await DeliverAsync();
            _rig.Clock.Advance(TimeSpan.FromSeconds(60));
            await DeliverAsync();

            string[] expected = ["old", "old new", "old", "new"];
            Assert.Equal(expected, receiver.Requests.Select(request => string.Join(' ', new[] { ("old", old), ("new", next) }
                .Where(secret => IsSignedBy(request, secret.Item2)).Select(secret => secret.Item1))));
        }
        finally
        {
            File.Delete(second);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("hunter2-hunter2-hunter2")]
    [InlineData("whsec_aHVudGVyMi1odW50ZXIy")]
    public async Task Malformed_secret_is_waited_for_and_never_logged(string text)
    {
        await using var receiver = await Receiver.AnsweringAsync(200);
        _rig.Use(("app", receiver.Url));
        await File.WriteAllTextAsync(_rig.SecretPath, text, TestContext.Current.CancellationToken);

        var result = await _rig.DeliverAsync(Samples.Delivery());

        Assert.Equal(1, Samples.Delivery(Assert.Single(result.Sends)).Attempt);
        Assert.Equal("A secret of the endpoint could not be read", Assert.Single(result.Activities).Reason);
        Assert.Empty(receiver.Requests);
        var error = Assert.Single(_rig.Logs.Lines, line => line.Level == LogLevel.Error);
        Assert.Contains($"file:{_rig.SecretPath}", error.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("unter2", _rig.Logs.All, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("aHVudGVy", _rig.Logs.All, StringComparison.Ordinal);

        _rig.WriteSecret(WebhookSecret.New());
        Assert.Equal(ActivityKind.Delivered, (await _rig.DeliverAsync(Samples.Delivery(result.Sends[0]))).Activities[0].Kind);
    }

    [Fact]
    public async Task One_missing_secret_of_two_holds_the_delivery()
    {
        await using var receiver = await Receiver.AnsweringAsync(200);
        UseBoth(receiver.Url, _rig.SecretPath + ".missing");

        Assert.Single((await _rig.DeliverAsync(Samples.Delivery())).Sends);

        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task Secrets_are_found_in_variables_and_files_and_problems_are_named()
    {
        var name = $"GATEWAY_TEST_{Samples.Id.Value:N}_{Environment.ProcessId}";
        var text = WebhookSecret.New();
        Environment.SetEnvironmentVariable(name, $" {text} ");
        try
        {
            Assert.NotNull((await ResolveAsync("env", name)).Secret);
            Assert.Equal("the variable is not set", (await ResolveAsync("env", name + "_NOT")).Problem);
            Assert.Equal("there is no such file", (await ResolveAsync("file", _rig.SecretPath + ".missing")).Problem);
            Assert.Equal("the file cannot be read", (await ResolveAsync("file", Path.GetTempPath())).Problem);
            await File.WriteAllTextAsync(_rig.SecretPath, new string('x', 10_000), TestContext.Current.CancellationToken);
            Assert.Equal("the file has more than 4096 octets", (await ResolveAsync("file", _rig.SecretPath)).Problem);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public async Task Secret_of_a_key_vault_is_used_for_a_minute_and_its_problems_are_named()
    {
        var (asked, answer) = (0, (Func<string?>)(() => null));
        var resolver = new SecretResolver(_rig.Clock, (name, _) =>
        {
            asked++;
            Assert.Equal("app", name);
            return ValueTask.FromResult(answer());
        });
        Assert.Equal("there is no such secret in the Key Vault", (await ResolveAsync()).Problem);
        answer = () => throw new IOException("the Key Vault answered 403");
        Assert.Equal("the Key Vault answered 403", (await ResolveAsync()).Problem);
        answer = () => "hunter2";
        Assert.DoesNotContain("hunter2", (await ResolveAsync()).Problem, StringComparison.Ordinal);
        answer = () => WebhookSecret.New();
        var first = (await ResolveAsync()).Secret;
        Assert.NotNull(first);
        Assert.Same(first, (await ResolveAsync()).Secret);
        Assert.Equal(4, asked);
        _rig.Clock.Advance(SecretResolver.Freshness);
        Assert.NotSame(first, (await ResolveAsync()).Secret);

        ValueTask<ResolvedSecret> ResolveAsync() => resolver.ResolveAsync(new("keyvault", "app"), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Without_a_key_vault_that_is_what_is_said() => Assert.Equal("no Key Vault is configured", (await ResolveAsync("keyvault", "app")).Problem);

    [Fact]
    public async Task No_secret_stands_in_any_log_line_record_or_activity()
    {
        var status = 200;
        await using var receiver = await Receiver.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        _rig.Use(("app", new($"{receiver.Url}?token=URLSECRET")));
        foreach (var next in (int[])[200, 500, 404, 400, 410])
        {
            status = next;
            await _rig.DeliverAsync(Samples.Delivery());
        }

        Assert.Equal(5, receiver.Requests.Count);
        Assert.NotEmpty(_rig.Logs.Lines);
        foreach (var secret in (string[])[_rig.SecretText, _rig.SecretText["whsec_".Length..][..10], "URLSECRET", "LINKSECRET"])
        {
            Assert.DoesNotContain(secret, _rig.Logs.All, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, System.Text.Encoding.UTF8.GetString(_rig.State.Single("dead-letter").Value.Span), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(_rig.Logs.Lines, line => line.Level > LogLevel.Debug && line.Text.Contains('@', StringComparison.Ordinal));
    }

    private async Task DeliverAsync() => Assert.Equal(ActivityKind.Delivered, (await _rig.DeliverAsync(Samples.Delivery())).Activities[0].Kind);

    private ValueTask<ResolvedSecret> ResolveAsync(string kind, string name) =>
        new SecretResolver(_rig.Clock).ResolveAsync(new(kind, name), TestContext.Current.CancellationToken);

    private void UseBoth(Uri url, string second)
    {
        var endpoint = _rig.Endpoint("app", url);
        _rig.Live.Replace(new([], [endpoint with { Secrets = [.. endpoint.Secrets, new SecretReference("file", second)] }], []));
    }

    private bool IsSignedBy(Receiver.Request request, string secret) => WebhookSignature.Verify(
        new(request.Headers["webhook-id"], request.Headers["webhook-timestamp"], request.Headers["webhook-signature"]),
        request.Body,
        [WebhookSecret.Parse(secret)],
        _rig.Clock.GetUtcNow()) == SignatureStatus.Valid;
}
