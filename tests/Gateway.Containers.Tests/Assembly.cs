// Each test has containers and processes of its own, and the machine may have two cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
