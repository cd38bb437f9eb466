namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>A mail client that is a program of the machine's.</summary>
internal static class InstalledProgram
{
    /// <summary>For one message over loopback; who takes longer hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs it to its end. Skips the test where it is not installed.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="input">What it reads; null: nothing.</param>
    public static async Task<EndedProcess> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancel, byte[]? input = null)
    {
        try
        {
            return await EndedProcess.RunAsync(new(program, arguments) { RedirectStandardInput = true }, Patience, cancel, input);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not installed");
            throw;
        }
    }

    /// <summary>What it says of itself, when exit code 0 means that each recipient gets the message.</summary>
    public static ClientReport Report(this EndedProcess ended) => new(ended.ExitCode == 0, $"exit code {ended.ExitCode}\n{ended.Output}\n{ended.Errors}");

    /// <summary>Where a file of this folder was built to.</summary>
    public static string File(params string[] path) => Path.Combine([AppContext.BaseDirectory, "Clients", .. path]);
}
