using Microsoft.Extensions.Options;

namespace Gateway.Pipeline.Inspect;

/// <summary>Names every limit that is out of its range.</summary>
[OptionsValidator]
public sealed partial class InspectOptionsValidator : IValidateOptions<InspectOptions>;
