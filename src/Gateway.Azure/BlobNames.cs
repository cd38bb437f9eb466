using Gateway.Core;

namespace Gateway.Azure;

/// <summary>
/// Where a message's blobs are. An id begins with its time, and storage keeps neighbouring names on one server: so the name begins with the
/// id's last, random digits and arrivals are spread (decision 006).
/// </summary>
internal static class BlobNames
{
    /// <summary>In the containers <c>raw</c> and <c>kept</c>.</summary>
    public static string Raw(MessageId id) => $"{Folder(id)}{id}";

    /// <summary>In the containers <c>parts</c> and <c>kept</c>.</summary>
    public static string Part(MessageId id, string part) => $"{Parts(id)}{part}";

    /// <summary>What the names of all parts begin with.</summary>
    public static string Parts(MessageId id) => $"{Folder(id)}{id}/";

    private static string Folder(MessageId id) => $"{id.ToString()[^3..]}/";
}
