using Gateway.Server;
using Gateway.Server.Hosting;

SocketCompletions.Choose(args); // before any socket is made

return await GatewayCommand.RunAsync(args, Console.Out, Console.Error);
