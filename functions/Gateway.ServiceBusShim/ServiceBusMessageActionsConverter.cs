using Grpc.Net.Client;
using Microsoft.Azure.Functions.Worker.Converters;
using Microsoft.Azure.Functions.Worker.Settling;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Gives a function its <see cref="ServiceBusMessageActions"/>: one connection to the host for all of a process.</summary>
/// <param name="configuration">The worker's, in which the host's address stands.</param>
internal sealed class ServiceBusMessageActionsConverter(IConfiguration configuration) : IInputConverter
{
    private const string HostEndpoint = "Functions:Worker:HostEndpoint";

    private readonly Lazy<ServiceBusMessageActions> _actions = new(() => new(new Settlement.SettlementClient(
        GrpcChannel.ForAddress(configuration[HostEndpoint] ?? throw new InvalidOperationException($"{HostEndpoint} is not set: no Functions host has started this process")))));

    public ValueTask<ConversionResult> ConvertAsync(ConverterContext context) => ValueTask.FromResult(
        context.TargetType == typeof(ServiceBusMessageActions) ? ConversionResult.Success(_actions.Value) : ConversionResult.Unhandled());
}
