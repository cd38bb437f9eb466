using Xunit.Sdk;
using Xunit.v3;

// Each test has containers and processes of its own, and the machine may have two cores.
[assembly: Parallelization(Mode = ParallelMode.None)]
