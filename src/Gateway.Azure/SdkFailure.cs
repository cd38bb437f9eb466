using Azure;
using Azure.Identity;

namespace Gateway.Azure;

/// <summary>What a failing call of an Azure SDK is told as where a port promises an <see cref="IOException"/>.</summary>
/// <remarks>The SDK's own messages hold headers, addresses and the service's answer: more than a text for a log or a person may.</remarks>
internal static class SdkFailure
{
    /// <summary>False for a call that its caller gave up, and for our own faults.</summary>
    public static bool Is(Exception failure, CancellationToken cancel) => failure switch
    {
        RequestFailedException or AuthenticationFailedException => true,
        OperationCanceledException => !cancel.IsCancellationRequested, // the SDK's time-out
        AggregateException tries => tries.InnerExceptions.All(each => Is(each, cancel)),
        _ => false,
    };

    /// <param name="failure">For which <see cref="Is"/> is true.</param>
    /// <param name="what">Who was asked for what; holds no secret.</param>
    public static IOException As(Exception failure, string what) => new($"{what}: {Text(failure)}", failure);

    private static string Text(Exception failure) => failure switch
    {
        RequestFailedException { Status: 0 } => "the service cannot be reached",
        RequestFailedException { ErrorCode: { Length: > 0 } code } answer when code.All(char.IsAsciiLetterOrDigit) => $"the service answered {answer.Status} {code}",
        RequestFailedException answer => $"the service answered {answer.Status}",
        AuthenticationFailedException => "there is no token to enter with",
        AggregateException { InnerExceptions: [.., var last] } => Text(last),
        _ => "the service does not answer in time",
    };
}
