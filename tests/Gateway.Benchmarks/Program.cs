using System.CommandLine;
using System.Net;
using Gateway.Benchmarks;

// Ratios of servers measured side by side in one run; absolute figures say little on a small shared machine.
var peers = new Option<string[]>("--peer") { Description = "A server that already listens, as NAME=ADDRESS:PORT; it must take mail for example.com.", AllowMultipleArgumentsPerToken = true };
var octets = new Option<int>("--octets") { Description = "Octets of a message.", DefaultValueFactory = _ => 4096 };
var connections = new Option<int>("--connections") { Description = "Connections that are kept and used in lock step.", DefaultValueFactory = _ => 50 };
var seconds = new Option<int>("--seconds") { Description = "Seconds of load in a round.", DefaultValueFactory = _ => 4 };
var rounds = new Option<int>("--rounds") { Description = "Rounds; each server once a round, in turn.", DefaultValueFactory = _ => 5 };
var accept = new Command("accept", "Durable accept: messages answered 250 a second, the gateway with default options against its peers.") { peers, octets, connections, seconds, rounds };
accept.SetAction(async (parsed, cancel) =>
{
    var load = new Load(parsed.GetValue(octets), parsed.GetValue(connections), TimeSpan.FromSeconds(parsed.GetValue(seconds)));
    await using var gateway = await GatewayProcess.StartAsync(cancel);
    var servers = new List<(string, IPEndPoint)> { ("gateway", gateway.Smtp) };
    servers.AddRange(parsed.GetValue(peers)!.Select(peer => peer.Split('=')).Select(peer => (peer[0], IPEndPoint.Parse(peer[1]))));
    await AcceptBenchmark.RunAsync(servers, load, parsed.GetValue(rounds), Console.Out, cancel);
});
var azure = new Command("azure-intake", "The Azure intake against Azurite and the broker of the tests, and each half alone: the emulators' figures, not Azure's.") { octets, connections, seconds, rounds };
azure.SetAction((parsed, cancel) => AzureIntakeBenchmark.RunAsync(
    parsed.GetValue(octets), parsed.GetValue(connections), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds), Console.Out, cancel));
var messages = new Option<int>("--messages") { Description = "Messages of a round.", DefaultValueFactory = _ => 2000 };
var functions = new Command("functions", "The Functions app, each stage alone and all three, with Azurite, the broker and the host of the tests: their figures, not Azure's.") { messages, octets, rounds };
functions.SetAction((parsed, cancel) => FunctionsBenchmark.RunAsync(
    parsed.GetValue(messages), parsed.GetValue(octets), parsed.GetValue(rounds), Console.Out, cancel));
return await new RootCommand("Benchmarks of the gateway.") { accept, azure, functions }.Parse(args).InvokeAsync();
