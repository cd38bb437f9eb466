namespace Gateway.Testing.Functions;

/// <summary>A function, as the worker describes it.</summary>
/// <param name="Name">As the app's code gives it.</param>
/// <param name="Id">The worker's own name of it, the same over restarts.</param>
/// <param name="TriggerType">Like <c>serviceBusTrigger</c>.</param>
/// <param name="RawBindings">The bindings as JSON, exactly as the worker gave them.</param>
/// <param name="IsDisabled">True by a setting: it is loaded, and nothing listens for it.</param>
public sealed record FunctionInfo(string Name, string Id, string TriggerType, IReadOnlyList<string> RawBindings, bool IsDisabled);
