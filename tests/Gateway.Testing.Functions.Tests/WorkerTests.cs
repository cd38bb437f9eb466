using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Testing.Functions.Tests;

public sealed class WorkerTests
{
    private const string HostPort = "GATEWAY_TEST_HOST_PORT";
    private const string Unreachable = "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=YQ==;UseDevelopmentEmulator=true;";

    [Fact]
    public async Task A_message_comes_again_to_a_new_worker_when_the_old_one_is_killed()
    {
        await using var bench = await Bench.StartAsync();
        var first = bench.Host.WorkerProcessId;
        await bench.SendAsync("wait", "1");
        using var lost = await bench.Line.NextAsync();

        bench.Host.KillWorker();

        var call = await bench.Line.NextAsync();
        Assert.Equal("waits 1", call.Text);
        Assert.Equal(2, bench.Host.WorkerStarts);
        Assert.NotEqual(first, bench.Host.WorkerProcessId);
        Assert.Equal(2, Assert.Single(await bench.PeekAsync()).DeliveryCount);
        call.Answer();
        await bench.UntilAsync(counts => counts is { Succeeded: 1, Failed: 1 });
    }

    [Fact]
    public async Task A_message_that_comes_while_there_is_no_worker_waits_for_one()
    {
        await using var bench = await Bench.StartAsync();
        bench.Host.KillWorker();

        await bench.SendAsync("succeed", "1");

        await bench.UntilAsync(counts => counts.Succeeded == 1);
        Assert.Equal(2, bench.Host.WorkerStarts);
    }

    [Fact]
    public async Task A_worker_whose_function_takes_too_long_is_ended()
    {
        await using var bench = await Bench.StartAsync(new() { ["AzureFunctionsJobHost__functionTimeout"] = "00:00:01" });
        var first = bench.Host.WorkerProcessId;

        await bench.SendAsync("wait", "1");

        await Bench.UntilAsync(() => Task.FromResult(bench.Host.WorkerStarts > 1));
        Assert.NotEqual(first, bench.Host.WorkerProcessId);
        Assert.InRange(bench.Host.CountsOf("Act").Failed, 1, long.MaxValue);
        Assert.Contains(bench.Host.Logs, line => line.Exception?.Contains("functionTimeout", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task To_stop_is_to_wait_for_what_runs_and_to_take_nothing_more()
    {
        await using var bench = await Bench.StartAsync();
        await bench.SendAsync("wait", "1");
        var call = await bench.Line.NextAsync();

        var stopping = bench.Host.StopAsync(Bench.Patience);
        await bench.SendAsync("succeed", "2");
        Assert.False(stopping.IsCompleted);
        call.Answer();
        await stopping;

        Assert.Equal(new(1, 1, 0), bench.Host.CountsOf("Act"));
        Assert.Equal("2", Assert.Single(await bench.PeekAsync()).MessageId);
        Assert.Equal(0, bench.Host.WorkerProcessId);
        Assert.Equal(1, bench.Host.WorkerStarts);
    }

    [Fact]
    public async Task What_still_runs_after_the_grace_is_cancelled_and_its_message_given_back()
    {
        await using var bench = await Bench.StartAsync();
        await bench.SendAsync("wait-or-cancel", "1");
        using var waiting = await bench.Line.NextAsync();

        var stopping = bench.Host.StopAsync(TimeSpan.Zero);
        var call = await bench.Line.NextAsync();
        Assert.Equal("cancelled 1", call.Text);
        call.Answer();
        await stopping;

        Assert.Equal(new(1, 0, 1), bench.Host.CountsOf("Act"));
        Assert.Equal(0, bench.Faults.ExpireLocks(Bench.Queue));
        Assert.Single(await bench.PeekAsync());
    }

    [Fact]
    public async Task No_worker_is_left_behind()
    {
        int worker;
        await using (var bench = await Bench.StartAsync())
        {
            worker = bench.Host.WorkerProcessId;
            Assert.NotEqual(TimeSpan.Zero, bench.Host.WorkerProcessorTime);
            await bench.SendAsync("wait", "1");
            using var waiting = await bench.Line.NextAsync();
            await bench.Host.DisposeAsync(); // twice does no harm
        }

        Assert.Throws<ArgumentException>(() => Process.GetProcessById(worker));
    }

    [Fact]
    public async Task A_worker_ends_with_its_host_even_when_that_is_killed()
    {
        await using var line = new TestLine();
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { "-explicit", "only", "-method", $"{typeof(WorkerTests).FullName}.{nameof(Holds_a_host_until_it_is_killed)}" },
            Environment = { [HostPort] = $"{line.Port}" },
            RedirectStandardOutput = true,
        };
        using var host = Process.Start(start)!;
        var output = host.StandardOutput.ReadToEndAsync(CancellationToken.None); // a full pipe would hold it up
        try
        {
            using var call = await line.NextAsync();
            using var worker = Process.GetProcessById(int.Parse(call.Text, CultureInfo.InvariantCulture));

            host.Kill();

            try
            {
                await worker.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Bench.Patience);
            }
            finally
            {
                worker.Kill(entireProcessTree: true); // nothing when it has ended
            }
        }
        finally
        {
            host.Kill(entireProcessTree: true); // and with it a worker that was not reached
            TestContext.Current.TestOutputHelper?.WriteLine(await output);
        }
    }

    /// <summary>The other process of the test above.</summary>
    [Fact(Explicit = true)]
    public async Task Holds_a_host_until_it_is_killed()
    {
        var port = int.Parse(Environment.GetEnvironmentVariable(HostPort)!, CultureInfo.InvariantCulture);
        await using var bench = await Bench.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await using var writer = new StreamWriter(client.GetStream()) { AutoFlush = true };
        await writer.WriteLineAsync($"{bench.Host.WorkerProcessId}");
        await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken); // until it is killed, which is the test
    }

    [Fact]
    public async Task A_later_worker_that_can_not_even_be_started_is_told_of_and_the_next_is_tried()
    {
        await using var line = new TestLine();
        var settings = ((string[])["Act", "Bury", "Read"]).ToDictionary(name => $"AzureWebJobs.{name}.Disabled", _ => "true");
        await using var host = await FunctionsHost.StartAsync(
            Bench.Options(Unreachable, line.Port, settings) with
            {
                WorkerEnvironment = start => start == 2 ? throw new NotSupportedException("The cat sat on it") : new Dictionary<string, string>(),
            },
            TestContext.Current.CancellationToken);

        host.KillWorker();

        await Bench.UntilAsync(() => Task.FromResult(host is { WorkerStarts: 3, WorkerProcessId: > 0 }));
        Assert.Contains(host.Logs, logged => logged.Exception?.Contains("The cat sat on it", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_worker_that_does_not_come_up_is_told_of_in_its_own_words()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => FunctionsHost.StartAsync(
            Bench.Options(Unreachable, 1, new() { ["REFUSE_TO_START"] = "The dog ate it" }), TestContext.Current.CancellationToken));

        Assert.Contains("The dog ate it", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("extensions__serviceBus__maxConcurrentCall", "3")]
    [InlineData("extensions__serviceBus__maxConcurrentCalls", "0")]
    [InlineData("extensions__serviceBus__maxConcurrentCalls", "many")]
    [InlineData("extensions__serviceBus__maxConcurrentSessions", "3")]
    [InlineData("extensionBundle__id", "any")]
    public async Task What_the_host_is_told_and_does_not_know_is_an_error_that_names_it(string setting, string value)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => FunctionsHost.StartAsync(
            Bench.Options(Unreachable, 1, new() { [$"AzureFunctionsJobHost__{setting}"] = value }), TestContext.Current.CancellationToken));

        Assert.Contains($"{setting.Replace("__", ":", StringComparison.Ordinal)} = \"{value}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_whose_name_no_setting_gives_is_an_error()
    {
        await using var line = new TestLine();
        var options = Bench.Options(Unreachable, line.Port);
        var settings = options.Settings.Where(setting => setting.Key != "ActQueue").ToDictionary();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => FunctionsHost.StartAsync(
            options with { Settings = settings }, TestContext.Current.CancellationToken));

        Assert.Contains("ActQueue", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_functions_are_told_as_one_sorted_text()
    {
        await using var bench = await Bench.StartAsync();

        Assert.Equal(["Act", "Bury", "Read", "Tick"], bench.Host.Functions.Select(function => function.Name).Order(StringComparer.Ordinal));
        Assert.Equal("timerTrigger", bench.Host.Functions.Single(function => function.Name == "Tick").TriggerType);
        Assert.StartsWith(
            """
            {
              "Act": [
                {
                  "cardinality": "One",
                  "connection": "Bus",
                  "direction": "In",
                  "name": "message",
                  "properties": {
                    "supportsDeferredBinding": "True"
                  },
                  "queueName": "%ActQueue%",
                  "type": "serviceBusTrigger"
                }
              ],
              "Bury": [
            """.ReplaceLineEndings("\n"),
            bench.Host.MetadataJson,
            StringComparison.Ordinal);
    }
}
