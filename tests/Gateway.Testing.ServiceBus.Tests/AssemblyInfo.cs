using Xunit.Sdk;
using Xunit.v3;

// The contract tests may run against one real namespace, whose three queues they then share.
[assembly: Parallelization(Mode = ParallelMode.None)]
