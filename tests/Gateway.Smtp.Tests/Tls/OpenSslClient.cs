using System.Diagnostics;
using System.Net;
using System.Text;

namespace Gateway.Smtp.Tests.Tls;

/// <summary><c>openssl s_client</c>: a client that we did not write, which says whether a session was resumed.</summary>
internal sealed class OpenSslClient(IPEndPoint endpoint)
{
    private const string Program = "openssl";

    /// <summary>Skips the test where there is no openssl.</summary>
    public static void Require()
    {
        try
        {
            using var version = Process.Start(new ProcessStartInfo(Program, "version") { RedirectStandardOutput = true });
            version!.WaitForExit();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{Program} is not on this machine");
        }
    }

    /// <summary>STARTTLS, handshake, and NOOP: behind its reply are the tickets of TLS 1.3. Returns all that it printed.</summary>
    /// <param name="arguments">For s_client.</param>
    public async Task<string> ConnectAsync(params string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var process = Process.Start(new ProcessStartInfo(
            Program, ["s_client", "-connect", endpoint.ToString(), "-starttls", "smtp", "-crlf", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancel);
            var output = new StringBuilder();
            await process.StandardInput.WriteLineAsync("NOOP".AsMemory(), cancel);
            while (await process.StandardOutput.ReadLineAsync(cancel) is { } line)
            {
                output.AppendLine(line);
                if (line.StartsWith("250 2.0.0 ", StringComparison.Ordinal))
                {
                    process.StandardInput.Close(); // it ends with its input
                }
            }

            await process.WaitForExitAsync(cancel);
            return output.Append(await errors).ToString();
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
