using Gateway.Functions;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;

var environment = Environment.GetEnvironmentVariables();
var settings = FunctionSettings.Read(environment, out var problems);
if (problems.Count > 0)
{
    foreach (var problem in problems)
    {
        await Console.Error.WriteLineAsync($"gateway: {problem}");
    }

    return 3;
}

// Reading a big message from its blob blocks a thread; the pool would give out more of them one a second.
ThreadPool.SetMinThreads(StageTriggers.MostInspections + (2 * Environment.ProcessorCount), Environment.ProcessorCount);

var builder = FunctionsApplication.CreateBuilder(args);
builder.Services.AddGateway(settings);
builder.Services.AddTelemetry(environment, settings.Credential);
await builder.Build().RunAsync();
return 0;
