namespace Gateway.Testing.Functions.Rpc;

internal static class FaultText
{
    extension(Fault fault)
    {
        public string Describe() => $"{fault.Type}: {fault.Message}\n{fault.StackTrace}".TrimEnd();
    }

    extension(Outcome? outcome)
    {
        /// <summary>Null: success.</summary>
        public string? Failure => outcome switch
        {
            { Status: Outcome.Types.Status.Success } => null,
            { Fault: { } fault } => fault.Describe(),
            _ => outcome?.Status.ToString() ?? "no outcome",
        };
    }
}
