using Gateway.Testing.Functions.Rpc;

namespace Gateway.Testing.Functions.Triggers;

/// <summary>A <c>timerTrigger</c>, fired by hand: schedules are not kept.</summary>
internal static class TimerTrigger
{
    public const string Type = "timerTrigger";

    /// <summary>The parameter is the function's, and takes the timer's state.</summary>
    public static InvocationRequest Fire(FunctionInfo function, string parameter)
    {
        var request = MessageInvocation.CreateEmpty(function, null, null);
        request.Inputs.Add(new Parameter
        {
            Name = parameter,
            // What the real host sends for a timer that nobody monitors.
            Data = new() { Json = """{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}""" },
        });
        return request;
    }
}
