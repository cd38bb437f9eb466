using System.Diagnostics;

namespace Gateway.Tests;

/// <summary>How a program ended, and what it said.</summary>
internal sealed record EndedProcess(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs a program to its end. Of one that is given up, by its limit or with its test, nothing stays behind.</summary>
    /// <param name="start">Its output and errors are taken.</param>
    /// <param name="limit">For all of it; infinite: the test's own.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="input">What it reads, when its input is redirected; null: nothing.</param>
    /// <exception cref="TimeoutException">It takes longer.</exception>
    public static async Task<EndedProcess> RunAsync(ProcessStartInfo start, TimeSpan limit, CancellationToken cancel, byte[]? input = null)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(limit);
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            if (start.RedirectStandardInput)
            {
                await WriteAsync(process, input ?? [], deadline.Token);
            }

            await process.WaitForExitAsync(deadline.Token);
            return new(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"{start.FileName} {string.Join(' ', start.ArgumentList)} does not come to an end within {limit}");
        }
        finally
        {
            process.Kill(entireProcessTree: true); // of one that has ended this is no matter
        }
    }
    private static async Task WriteAsync(Process process, byte[] input, CancellationToken cancel)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancel);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without having read all of it, and tells why.
        }
    }
}
