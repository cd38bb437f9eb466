namespace Gateway.Testing.Functions;

/// <summary>An invocation failed: the function threw, its worker died, or it took too long.</summary>
public sealed class FunctionFailedException(string message) : Exception(message);
