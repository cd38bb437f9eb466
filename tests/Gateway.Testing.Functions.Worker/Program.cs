using System.Diagnostics;
using Gateway.Testing.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

if (Environment.GetEnvironmentVariable("REFUSE_TO_START") is { } reason)
{
    await Console.Error.WriteLineAsync(reason);
    return 3;
}

// Without a listener nobody makes activities.
using var listener = new ActivityListener
{
    ShouldListenTo = _ => true,
    Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
};
ActivitySource.AddActivityListener(listener);

var builder = FunctionsApplication.CreateBuilder(args);
builder.Services.AddSingleton<TestLine>();
await builder.Build().RunAsync();
return 0;
