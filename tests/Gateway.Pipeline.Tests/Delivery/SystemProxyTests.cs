using System.Net;
using Gateway.Core.Events;
using Gateway.Pipeline.Tests.StandIns;

namespace Gateway.Pipeline.Tests.Delivery;

/// <summary>Alone, because the proxy of the process is everybody's.</summary>
[CollectionDefinition(nameof(SystemProxyTests), DisableParallelization = true)]
[Collection(nameof(SystemProxyTests))]
public sealed class SystemProxyTests
{
    [Fact]
    public async Task Proxy_of_the_machine_is_not_used()
    {
        // Nothing but the endpoint itself is connected to: a proxy would be a way round the rule of addresses.
        await using var proxy = await Receiver.AnsweringAsync(500);
        await using var receiver = await Receiver.AnsweringAsync(200);
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy(proxy.Url);
        try
        {
            using var rig = new PipelineRig();
            rig.Use(("app", receiver.Url));
            Assert.Equal(ActivityKind.Delivered, (await rig.DeliverAsync(Samples.Delivery())).Activities[0].Kind);
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.Empty(proxy.Requests);
    }
}
