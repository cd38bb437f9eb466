using System.Text;
using Microsoft.AspNetCore.Http;
using StandardWebhooks;
using StandardWebhooks.Diagnostics;

namespace Gateway.Tests;

/// <summary>A webhook as it is taken by an application that believes nothing unsigned: its verifier is a library that is not ours.</summary>
internal static class SignedWebhook
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>The body; null: its signature is not good, and it is answered 401.</returns>
    public static async Task<string?> ReadAsync(HttpContext http, StandardWebhook verifier)
    {
        using var reader = new StreamReader(http.Request.Body, Utf8);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        try
        {
            verifier.Verify(body, http.Request.Headers);
            return body;
        }
        catch (WebhookVerificationException)
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return null;
        }
    }
}
