using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Testing.ServiceBus;

var arguments = ProgramArguments.Parse(args);
if (arguments.Options is null)
{
    await Console.Error.WriteLineAsync(arguments.Text);
    return arguments.ExitCode;
}

var ended = new TaskCompletionSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

try
{
    await using var broker = await ServiceBusBroker.StartAsync(arguments.Options);
    Console.WriteLine(ProgramArguments.Welcome(arguments.Options, broker.ConnectionString));
    await ended.Task;
    return 0;
}
catch (Exception error) when (error is ArgumentException or SocketException)
{
    await Console.Error.WriteLineAsync($"The broker does not start: {error.Message}");
    return ProgramArguments.Failed;
}

void End(PosixSignalContext signal)
{
    // The program ends by its own way, so that the ports are given back.
    signal.Cancel = true;
    ended.TrySetResult();
}
