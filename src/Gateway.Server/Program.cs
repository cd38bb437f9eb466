using Gateway.Server;
using Gateway.Server.Hosting;

// Before any socket is made: completions run where they arrive, which halves the cost of a message. Nothing blocks there.
SocketCompletions.RunInline();

return await GatewayCommand.RunAsync(args, Console.Out, Console.Error);
