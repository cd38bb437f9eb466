using System.Collections.Concurrent;
using Gateway.Testing.Functions.Triggers;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Testing.Functions.Rpc;

/// <summary>The port that workers call: HTTP/2 without TLS, on the loopback address.</summary>
internal sealed class WorkerEndpoint : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly ExpectedWorkers _expected;

    private WorkerEndpoint(WebApplication web, ExpectedWorkers expected) => (_web, _expected) = (web, expected);

    public Uri Address => new(_web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<WorkerEndpoint> StartAsync(MessagesInFlight messages, CancellationToken cancel)
    {
        var expected = new ExpectedWorkers();
        var builder = LoopbackServer.CreateBuilder(port => port.Protocols = HttpProtocols.Http2);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Settlements share the connection with the stream; a host has as many at a time as it has messages in flight.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000;
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.AddRouting();
        builder.Services.AddSingleton(messages).AddSingleton(expected);
        builder.Services.AddGrpc(grpc => (grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (null, null));
        var web = builder.Build();
        web.MapGrpcService<FunctionRpcService>();
        web.MapGrpcService<SettlementService>();
        await web.StartAsync(cancel);
        return new(web, expected);
    }

    /// <summary>The worker of this id may call.</summary>
    public void Expect(string workerId, WorkerChannel channel) => _expected.Channels[workerId] = channel;

    public async ValueTask DisposeAsync() => await _web.DisposeAsync();

    internal sealed class ExpectedWorkers
    {
        public ConcurrentDictionary<string, WorkerChannel> Channels { get; } = new();
    }
}

internal sealed class FunctionRpcService(WorkerEndpoint.ExpectedWorkers expected) : FunctionRpc.FunctionRpcBase
{
    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken)
            || requestStream.Current.StartStream is not { } start
            || !expected.Channels.TryRemove(start.WorkerId, out var channel))
        {
            throw new RpcException(new(StatusCode.PermissionDenied, "No such worker is expected"));
        }

        await channel.RunAsync(requestStream, responseStream, context.CancellationToken);
    }
}
