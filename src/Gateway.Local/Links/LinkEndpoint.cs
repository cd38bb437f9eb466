using Gateway.Core;
using Gateway.Core.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Gateway.Local.Links;

/// <summary>Serves what a signed link leads to: mail from strangers, so it is never rendered, only saved.</summary>
public static class LinkEndpoint
{
    public static void MapLinks(this IEndpointRouteBuilder routes) =>
        routes.MapGet($"/{LinkSigner.Path}/{{id}}/{{part}}", ServeAsync);

    private static async Task<IResult> ServeAsync(
        string id, string part, long expires, string type, string? name, string signature, LinkSigner links, IMessageStore store, HttpContext http)
    {
        // One answer for a wrong signature, an expired link and nonsense: a link tells nothing to who does not hold it.
        var link = new StoredLink(part == "raw" ? null : part, type, name);
        if (!MessageId.TryParse(id, out var message) || !links.Verify(message, link, expires, signature))
        {
            return Results.Problem("The link is not valid, or not any more", statusCode: StatusCodes.Status403Forbidden);
        }

        var content = link.Part is null
            ? await store.OpenRawAsync(message, http.RequestAborted)
            : await store.OpenPartAsync(message, link.Part, http.RequestAborted);
        if (content is null)
        {
            return Results.Problem("What the link leads to is no longer kept", statusCode: StatusCodes.Status410Gone);
        }

        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers.CacheControl = "private, no-store";
        headers["Referrer-Policy"] = "no-referrer";
        return Results.Stream(content, type, name ?? $"{message}{(link.Part is null ? ".eml" : "")}", enableRangeProcessing: true);
    }
}
