using System.Globalization;
using System.Text;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>What the fuzzer found.</summary>
/// <param name="Seed">With it the run comes to it again.</param>
/// <param name="Round">Batches before.</param>
/// <param name="Script">Shrunk, if alone it does it again; null: only in the company of others.</param>
/// <param name="Violation">What does not hold.</param>
internal sealed record Finding(int Seed, int Round, Script? Script, ViolationException Violation)
{
    /// <summary>In the form of Transcripts/, but for the replies, which are still to be written.</summary>
    public string ToTranscript()
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"# GATEWAY_FUZZ_SEED={Seed}, round {Round}: {Violation.Message.ReplaceLineEndings(" ")}\n"));
        if (Script is null)
        {
            return text.Append("# No dialogue does it alone.\n").ToString();
        }

        text.Append(CultureInfo.InvariantCulture, $"# {Script.Site}, {Script.Listener}, {Script.OctetsPerWrite} octets at a time{(Script.IsEager ? ", does not wait for the greeting" : "")}\n");
        foreach (var step in Script.Steps)
        {
            text.Append(step.Kind switch
            {
                StepKind.Close => "C: <close>",
                StepKind.Tls => $"C-tls: {Escaped(step)}",
                StepKind.Scram => $"# the last message of SCRAM with the password {Escaped(step)}",
                StepKind.Pause => "# waits for the end",
                _ => $"C: {Escaped(step)}",
            }).Append(step.Waits ? "\nS: *\n" : "\n");
        }

        return text.ToString();
    }

    public override string ToString() => $"{Violation.Message}\n{ToTranscript()}";

    private static string Escaped(Step step)
    {
        var text = new StringBuilder();
        foreach (var octet in step.Octets)
        {
            text.Append(octet switch
            {
                (byte)'\r' => "\\r",
                (byte)'\n' => "\\n",
                (byte)'\\' => "\\\\",
                (byte)'{' or (byte)'}' or < 0x20 or > 0x7e => string.Create(CultureInfo.InvariantCulture, $"\\x{octet:x2}"),
                _ => ((char)octet).ToString(),
            });
        }

        return text.ToString();
    }
}
