using Gateway.CrashHost;
using Gateway.Server;
using Gateway.Server.Hosting;

var asked = HostArguments.Parse(args);
SocketCompletions.Choose(asked.Gateway); // as in the real program: before any socket is made
var points = asked.CrashAt is { } point ? new CrashPoints(point, asked.CrashAfter) : null;
points?.Watch();
Orders.Obey(() => points?.Arm());

return asked.Lies
    ? await LyingGateway.RunAsync(asked.Gateway)
    : await GatewayCommand.RunAsync([.. asked.Gateway], Console.Out, Console.Error);
