using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Amqp;

namespace Gateway.Testing.ServiceBus.Tests;

public sealed class AmqpLibraryTests
{
    /// <summary>
    /// The broker is written against what this version of the library does beyond its documentation. When the client moves on: read what has
    /// changed in links, deliveries and the listener, run the contract tests, then move the pin and this number together.
    /// </summary>
    [Fact]
    public void The_client_resolves_the_version_that_the_broker_was_written_for()
    {
        var asked = typeof(ServiceBusClient).Assembly.GetReferencedAssemblies().Single(name => name.Name == "Microsoft.Azure.Amqp");
        var loaded = typeof(AmqpConnection).Assembly;

        Assert.Equal(new Version(2, 7), new Version(asked.Version!.Major, asked.Version.Minor));
        Assert.StartsWith("2.7.3", FileVersionOf(loaded.Location), StringComparison.Ordinal);
    }

    private static string FileVersionOf(string path) => System.Diagnostics.FileVersionInfo.GetVersionInfo(path).FileVersion ?? "";
}
