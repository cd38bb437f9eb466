using System.Diagnostics;
using Azure.Messaging.ServiceBus;

namespace Gateway.Testing.ServiceBus.Tests;

public sealed class ProgramTests
{
    [Theory]
    [InlineData("\"--prot\" is not understood.", "--prot", "1")]
    [InlineData("--port needs a value.", "--port")]
    [InlineData("--port takes a number from 0 to 65535.", "--port", "65536")]
    [InlineData("--port takes a number from 0 to 65535.", "--port", "-1")]
    [InlineData("--key needs a value.", "--port", "1", "--key")]
    public void A_mistake_is_named_and_the_usage_told(string mistake, params string[] arguments)
    {
        var parsed = ProgramArguments.Parse(arguments);

        Assert.Equal((null, 2), (parsed.Options, parsed.ExitCode));
        Assert.StartsWith(mistake, parsed.Text, StringComparison.Ordinal);
        Assert.Contains("Usage:", parsed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Port_and_key_are_taken_and_have_defaults()
    {
        var given = ProgramArguments.Parse(["--key", "secret", "--port", "1234"]).Options!;
        var none = ProgramArguments.Parse([]).Options!;

        Assert.Equal(("secret", 1234, 5672), (given.Key, given.Port, none.Port));
    }

    [Fact]
    public async Task The_program_serves_until_it_is_terminated()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGTERM to end the program with");
        using var process = Start("--port", "0", "--key", "secret");
        var connectionString = await ConnectionStringAsync(process);
        await using (var client = new ServiceBusClient(connectionString, Bus.Options()))
        {
            await using var sender = client.CreateSender("deliveries");
            await sender.SendMessageAsync(Bus.NewMessage(), Bus.Cancel);
        }

        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync(Bus.Cancel).WaitAsync(Bus.Patience, Bus.Cancel);

        Assert.Equal(0, process.ExitCode);
        Assert.Contains("SharedAccessKey=secret;", connectionString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told()
    {
        await using var broker = await ServiceBusBroker.StartAsync(new());
        using var process = Start("--port", broker.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        var error = await process.StandardError.ReadToEndAsync(Bus.Cancel).WaitAsync(Bus.Patience, Bus.Cancel);
        await process.WaitForExitAsync(Bus.Cancel).WaitAsync(Bus.Patience, Bus.Cancel);

        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith("The broker does not start:", error, StringComparison.Ordinal);
    }

    private static Process Start(params string[] arguments)
    {
        var program = Path.ChangeExtension(typeof(ServiceBusBroker).Assembly.Location, ".dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        return Process.Start(start)!;
    }

    private static async Task<string> ConnectionStringAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync(Bus.Cancel).AsTask().WaitAsync(Bus.Patience, Bus.Cancel) is { } line)
        {
            if (line.Trim().StartsWith("Endpoint=", StringComparison.Ordinal))
            {
                return line.Trim();
            }
        }

        throw new InvalidOperationException("The program told no connection string");
    }
}
