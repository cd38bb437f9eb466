using System.Net.Sockets;
using System.Text.RegularExpressions;
using Azure;
using Azure.Identity;
using Azure.Messaging.ServiceBus;
using Gateway.Core.Configuration;

namespace Gateway.Azure;

/// <summary>What an exception of an Azure SDK comes down to, as a word of a closed set: for tags of metrics.</summary>
internal static class AzureFault
{
    public const string Throttled = "throttled";
    public const string Timeout = "timeout";
    public const string Unavailable = "unavailable";
    public const string Refused = "refused";
    public const string Missing = "missing";
    public const string Conflict = "conflict";
    public const string Full = "full";
    public const string TooLarge = "too_large";
    public const string Other = "other";

    public static string WhyOf(Exception error) => error switch
    {
        AggregateException { InnerExceptions: [.., var last] } => WhyOf(last), // one for each try; the last says how it ended
        RequestFailedException request => WhyOf(request),
        ServiceBusException bus => WhyOf(bus),
        Bus.EventException { Fault: Bus.EventFault.TooLarge } => TooLarge,
        Bus.EventException { InnerException: { } cause } => WhyOf(cause),
        Bus.EventException => Unavailable,
        OperationCanceledException or TimeoutException => Timeout,
        UnauthorizedAccessException or AuthenticationFailedException => Refused,
        IOException or HttpRequestException or ObjectDisposedException => Unavailable,
        _ => Other,
    };

    /// <summary>
    /// A store or the bus failed, or cannot be used, or there is no configuration: the event is not to blame, and trying later may help. An exception without one of theirs behind
    /// it may be the event's own, whatever its type: a reader at the end of a broken message throws an IOException too.
    /// </summary>
    public static bool IsOfSurroundings(Exception error) =>
        error is NoConfigurationException || (IsOfService(error) && WhyOf(error) is (Throttled or Timeout or Unavailable or Refused or Missing or Full));

    private static bool IsOfService(Exception? error) => error switch
    {
        null => false,
        RequestFailedException or ServiceBusException or AuthenticationFailedException or HttpRequestException or SocketException or UnauthorizedAccessException => true,
        TimeoutException and not RegexMatchTimeoutException => true,
        Bus.EventException { Fault: not Bus.EventFault.TooLarge } => true,
        OperationCanceledException => true, // a request or a stage ran out of its time: who is stopped himself does not ask
        AggregateException { InnerExceptions: var all } => all.Any(inner => inner is HttpIOException || IsOfService(inner)), // one for each try
        _ => IsOfService(error.InnerException),
    };

    /// <summary>
    /// False when the failure is about the namespace or the queue: then each event of a batch would fail the same way, and to send them one
    /// by one would only press harder on what is already overloaded.
    /// </summary>
    public static bool MayBeOneEvent(Exception error) => error is not (
        UnauthorizedAccessException or AuthenticationFailedException or OperationCanceledException or ObjectDisposedException
        or ServiceBusException
        {
            Reason: ServiceBusFailureReason.ServiceBusy or ServiceBusFailureReason.QuotaExceeded
                or ServiceBusFailureReason.MessagingEntityNotFound or ServiceBusFailureReason.MessagingEntityDisabled
        });

    private static string WhyOf(RequestFailedException error) => error.Status switch
    {
        429 or 503 => Throttled,
        408 or 504 => Timeout,
        500 when error.ErrorCode == "OperationTimedOut" => Timeout,
        401 or 403 => Refused,
        404 => Missing,
        409 or 412 => Conflict,
        413 => TooLarge,
        507 => Full,
        0 or >= 500 => Unavailable,
        _ => Other,
    };

    private static string WhyOf(ServiceBusException error) => error.Reason switch
    {
        ServiceBusFailureReason.ServiceBusy => Throttled,
        ServiceBusFailureReason.ServiceTimeout => Timeout,
        ServiceBusFailureReason.ServiceCommunicationProblem => Unavailable,
        ServiceBusFailureReason.QuotaExceeded => Full,
        ServiceBusFailureReason.MessageSizeExceeded => TooLarge,
        ServiceBusFailureReason.MessagingEntityNotFound => Missing,
        ServiceBusFailureReason.MessagingEntityDisabled => Refused,
        _ => error.IsTransient ? Unavailable : Other, // an error of the service that the SDK has no word for
    };
}
