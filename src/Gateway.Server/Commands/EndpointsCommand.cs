using System.CommandLine;
using System.Text.Json;
using Gateway.Azure;
using Gateway.Core.Ports;
using Gateway.Local;
using Gateway.Local.Storage;
using Gateway.Pipeline.Delivery;
using Gateway.Server.Hosting;
using Gateway.Server.Serving;

namespace Gateway.Server.Commands;

/// <summary>
/// <c>gateway endpoints</c>: shows which endpoints are parked, and lets their deliveries go on, in a data directory or, where the environment names one, a
/// storage account. The gateway may be running.
/// </summary>
internal static class EndpointsCommand
{
    private static readonly Argument<string> Id = new("ID") { Description = "The endpoint's id in the configuration." };

    private static readonly Option<string?> Data = DataDirectoryOption.Build();

    public static Command Build()
    {
        var parked = new Command("parked", "List the endpoints that answered 410 and are parked.") { Data };
        parked.SetAction((parsed, cancel) => WithStateAsync(parsed, (state, output) => ListAsync(state, output, cancel)));
        var resume = new Command("resume", "Let the deliveries of a parked endpoint go on; each looks within eleven minutes.") { Id, Data };
        resume.SetAction((parsed, cancel) => WithStateAsync(parsed, (state, output) => ResumeAsync(state, parsed.GetValue(Id)!, output, cancel)));
        return new("endpoints", "Work with parked endpoints.") { parked, resume };
    }

    private static async Task<int> WithStateAsync(ParseResult parsed, Func<IStateStore, TextWriter, Task<int>> work)
    {
        var environment = Environment.GetEnvironmentVariables();
        if (parsed.GetResult(Data) is not { Implicit: false } && ServeSettings.NamesAzure(environment))
        {
            return await WithAzureAsync(new(environment), state => work(state, parsed.InvocationConfiguration.Output), parsed.InvocationConfiguration.Error);
        }

        var path = Path.Combine(Path.GetFullPath(parsed.GetValue(Data)!), DataDirectory.DatabaseName);
        if (!File.Exists(path))
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"gateway: there is no gateway's data in {Path.GetDirectoryName(path)}");
            return ExitCode.CannotStart;
        }

        // Without the directory's lock: SQLite keeps two processes apart, and the gateway looks at this state every few seconds.
        using var database = LocalDatabase.Open(path);
        return await work(new SqliteStateStore(database, TimeProvider.System), parsed.InvocationConfiguration.Output);
    }

    private static async Task<int> WithAzureAsync(Settings settings, Func<IStateStore, Task<int>> work, TextWriter errors)
    {
        var storage = settings.Read("Storage", new StorageOptions());
        var credential = settings.Read("Credential", new CredentialOptions());
        settings.Add(storage.Problems());
        settings.Add(credential.Problems());
        settings.ThrowIfWrong();
        try
        {
            return await work(AzureServices.CreateStateStore(storage, credential, TimeProvider.System));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await errors.WriteLineAsync($"gateway: the table state in {storage.TableEndpoint?.Host ?? "the storage emulator"} cannot be used: {Listeners.Reason(e)}");
            return ExitCode.CannotStart;
        }
    }

    private static async Task<int> ListAsync(IStateStore state, TextWriter output, CancellationToken cancel)
    {
        string? continuation = null;
        var any = false;
        do
        {
            var page = await state.ListAsync(EndpointParking.Collection, "", continuation, 100, cancel);
            foreach (var entry in page.Entries)
            {
                using var parked = JsonDocument.Parse(entry.Value);
                await output.WriteLineAsync($"{entry.Key.Id}  parked since {parked.RootElement.GetProperty("since").GetDateTimeOffset():u}");
                any = true;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        if (!any)
        {
            await output.WriteLineAsync("No endpoint is parked");
        }

        return ExitCode.Ok;
    }

    private static async Task<int> ResumeAsync(IStateStore state, string id, TextWriter output, CancellationToken cancel)
    {
        var wasParked = await new EndpointParking(state, TimeProvider.System).ResumeAsync(id, cancel);
        await output.WriteLineAsync(wasParked ? $"{id} goes on; what waits for it is sent within eleven minutes" : $"{id} is not parked");
        return wasParked ? ExitCode.Ok : ExitCode.Failed;
    }
}
