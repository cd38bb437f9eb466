using System.Reflection;
using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Converters;
using Microsoft.Azure.Functions.Worker.Core;

namespace Gateway.Functions.Tests;

/// <summary>
/// What makes a message of what the host sends, found as the worker finds it: on the trigger attribute, the stand-in's or the package's. Settling through the host is tested
/// with a host (Gateway.Testing.Functions).
/// </summary>
public sealed class ConverterTests
{
    private const string Octets = "application/octet-stream";

    private readonly Guid _lock = Guid.NewGuid();

    [Fact]
    public async Task A_message_and_its_lock_come_out_as_they_went_in()
    {
        var message = Assert.IsType<ServiceBusReceivedMessage>((await ConvertAsync(new Data(Octets, Encoded()))).Value);
        Assert.Equal(("body", "id-1", _lock.ToString()), (message.Body.ToString(), message.MessageId, message.LockToken));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("")]
    public async Task What_is_declared_as_something_else_is_not_taken(string contentType) =>
        Assert.NotEqual(ConversionStatus.Succeeded, (await ConvertAsync(new Data(contentType, Encoded()))).Status);

    [Fact]
    public async Task What_is_no_data_of_a_model_is_not_taken() => Assert.NotEqual(ConversionStatus.Succeeded, (await ConvertAsync("body")).Status);

    private BinaryData Encoded()
    {
        var message = new ServiceBusMessage("body") { MessageId = "id-1" }.GetRawAmqpMessage();
        return BinaryData.FromBytes((byte[])[.. _lock.ToByteArray(), .. message.ToBytes().ToArray()]);
    }

    private static async Task<ConversionResult> ConvertAsync(object source)
    {
        var type = Assert.Single(typeof(ServiceBusTriggerAttribute).GetCustomAttributes<InputConverterAttribute>()).ConverterType;
        var converter = Assert.IsAssignableFrom<IInputConverter>(Activator.CreateInstance(type, nonPublic: true));
        return await converter.ConvertAsync(new Context(source));
    }

    private sealed class Data(string contentType, BinaryData content) : ModelBindingData
    {
        public override string Version => "1.0";

        public override string Source => "AzureServiceBusReceivedMessage";

        public override string ContentType => contentType;

        public override BinaryData Content => content;
    }

    private sealed class Context(object source) : ConverterContext
    {
        public override Type TargetType => typeof(ServiceBusReceivedMessage);

        public override object Source => source;

        public override FunctionContext FunctionContext => throw new NotSupportedException();

        public override IReadOnlyDictionary<string, object> Properties => new Dictionary<string, object>();
    }
}
