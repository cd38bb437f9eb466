using System.Collections.Concurrent;
using System.Net;
using Gateway.Testing.Functions.Triggers;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

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
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            // Settlements share the connection with the stream; a host has as many at a time as it has messages in flight.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRouting();
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
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

    /// <summary>The host of a test must not take Ctrl+C and SIGTERM for itself, as a web application does.</summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
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
