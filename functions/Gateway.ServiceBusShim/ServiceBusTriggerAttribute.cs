using Microsoft.Azure.Functions.Worker.Converters;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>
/// Says that a function runs for each message of a queue. The build reads it and writes what the Functions host is told; a golden file holds
/// that to what the package's own attribute yields.
/// </summary>
/// <param name="queueName">The queue, or <c>QUEUE/$deadletterqueue</c>; <c>%NAME%</c> is replaced by the host from its settings.</param>
[ConverterFallbackBehavior(ConverterFallbackBehavior.Default)]
[InputConverter(typeof(ServiceBusReceivedMessageConverter))]
public sealed class ServiceBusTriggerAttribute(string queueName) : TriggerBindingAttribute, ISupportCardinality
{
    public string QueueName { get; } = queueName;

    /// <summary>The setting, or group of settings, that says which namespace and who we are there.</summary>
    public string? Connection { get; set; }

    /// <summary>The function takes an array. Default false.</summary>
    [DefaultValue(false)]
    public bool IsBatched { get; set; }

    Cardinality ISupportCardinality.Cardinality
    {
        get => IsBatched ? Cardinality.Many : Cardinality.One;
        set => IsBatched = value == Cardinality.Many;
    }
}
