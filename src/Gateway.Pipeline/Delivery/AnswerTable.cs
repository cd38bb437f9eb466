namespace Gateway.Pipeline.Delivery;

/// <summary>What is to become of a delivery after an attempt.</summary>
public enum AnswerAction
{
    /// <summary>Delivered.</summary>
    Done,

    /// <summary>Try again, by the whole <see cref="RetrySchedule"/>.</summary>
    Retry,

    /// <summary>Try again, by the first <see cref="RetrySchedule.ShortWaits"/> waits only: a bad deploy, a rotated key.</summary>
    RetryShort,

    /// <summary>The endpoint wants no more: it is parked and its deliveries wait.</summary>
    Park,

    /// <summary>Trying again cannot help.</summary>
    Dead,
}

/// <summary>The table of answers. Pure.</summary>
public static class AnswerTable
{
    /// <summary>By status code (RFC 9110 section 15). A code outside 200 to 599 is taken as a 5xx, as section 15 asks.</summary>
    public static AnswerAction Judge(int status) => status switch
    {
        >= 200 and <= 299 => AnswerAction.Done,
        408 or 425 or 429 => AnswerAction.Retry,
        401 or 403 or 404 => AnswerAction.RetryShort,
        >= 300 and <= 399 => AnswerAction.RetryShort,
        410 => AnswerAction.Park,
        >= 400 and <= 499 => AnswerAction.Dead,
        _ => AnswerAction.Retry,
    };

    /// <summary>
    /// By failure. A refused address is a mistake in the configuration or in DNS, and content that cannot be read is one of ours: both are
    /// put right in hours or not at all. A secret may be missing for as long as it takes somebody to look.
    /// </summary>
    public static AnswerAction Judge(DeliveryFailure failure) => failure switch
    {
        DeliveryFailure.AddressRefused or DeliveryFailure.Content => AnswerAction.RetryShort,
        _ => AnswerAction.Retry,
    };
}
