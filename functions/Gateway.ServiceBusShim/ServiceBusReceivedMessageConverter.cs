using Azure.Core.Amqp;
using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker.Converters;
using Microsoft.Azure.Functions.Worker.Core;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Makes a message of what the host sends: its lock token in 16 octets, then the message in AMQP.</summary>
[SupportsDeferredBinding]
[SupportedTargetType(typeof(ServiceBusReceivedMessage))]
[SupportedTargetType(typeof(ServiceBusReceivedMessage[]))]
internal sealed class ServiceBusReceivedMessageConverter : IInputConverter
{
    private const int LockTokenOctets = 16;
    private const string Octets = "application/octet-stream";

    public ValueTask<ConversionResult> ConvertAsync(ConverterContext context) => ValueTask.FromResult(context.Source switch
    {
        ModelBindingData { ContentType: Octets } one => ConversionResult.Success(Read(one)),
        CollectionModelBindingData { ModelBindingData: var all } when all.All(one => one.ContentType == Octets) => ConversionResult.Success(all.Select(Read).ToArray()),
        _ => ConversionResult.Unhandled(),
    });

    private static ServiceBusReceivedMessage Read(ModelBindingData data)
    {
        var octets = data.Content.ToMemory();
        return ServiceBusReceivedMessage.FromAmqpMessage(
            AmqpAnnotatedMessage.FromBytes(BinaryData.FromBytes(octets[LockTokenOctets..])), BinaryData.FromBytes(octets[..LockTokenOctets]));
    }
}
