using System.Collections.Immutable;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>What a client does next.</summary>
internal enum StepKind
{
    /// <summary>Sends the octets.</summary>
    Send,

    /// <summary>The handshake where the server is ready for it, with the octets in front of it in one segment if there was a PROXY header to come; elsewhere the octets alone.</summary>
    Tls,

    /// <summary>The last message of SCRAM-SHA-256 where the server has sent its challenge, by the password that the octets are; elsewhere the octets alone.</summary>
    Scram,

    /// <summary>Waits for the server to end it, where its clock moves; elsewhere nothing.</summary>
    Pause,

    /// <summary>Goes away without a word.</summary>
    Close,
}

/// <summary>One step of a script.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Octets">With what.</param>
/// <param name="Waits">For all replies that are due, before the next step.</param>
internal sealed record Step(StepKind Kind, ImmutableArray<byte> Octets, bool Waits)
{
    public static Step Send(IEnumerable<byte> octets, bool waits = true) => new(StepKind.Send, [.. octets], waits);
}

/// <summary>What one client does: the input of a dialogue, as data, so that it can be made, changed, shrunk and written down.</summary>
/// <param name="Site">The server that it connects to.</param>
/// <param name="Listener">Which of its listeners.</param>
/// <param name="OctetsPerWrite">How much goes out at a time.</param>
/// <param name="IsEager">Does not wait for the greeting.</param>
/// <param name="Steps">One after the other. At the end it says that it will send no more, and reads what is still to come.</param>
internal sealed record Script(SiteKind Site, ListenerKind Listener, int OctetsPerWrite, bool IsEager, ImmutableArray<Step> Steps)
{
    public const int MaxSteps = 160;

    public const int MaxOctets = 256 * 1024;

    public int Octets => Steps.Sum(step => step.Octets.Length);

    /// <summary>The same within the limits.</summary>
    public Script Capped()
    {
        var (steps, octets) = (ImmutableArray.CreateBuilder<Step>(), 0);
        foreach (var step in Steps.Take(MaxSteps))
        {
            octets += step.Octets.Length;
            if (octets > MaxOctets)
            {
                break;
            }

            steps.Add(step);
        }

        return this with { Steps = steps.ToImmutable() };
    }
}
