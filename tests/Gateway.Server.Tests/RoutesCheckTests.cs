namespace Gateway.Server.Tests;

/// <summary>`gateway routes check`.</summary>
public sealed class RoutesCheckTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_valid_document_is_counted()
    {
        var path = _directory.Write("a.json", """
            { "version": 1, "domains": [{ "name": "in.example.com" }], "routes": [{ "id": "all", "priority": 1, "match": {}, "actions": [{ "store": {} }] }] }
            """);

        Assert.Equal((0, $"{path}: valid; 1 domain, 0 endpoints, 1 route\n", ""), await GatewayProcess.RunAsync("routes", "check", path));
    }

    [Fact]
    public async Task A_recipient_that_no_route_takes_is_a_warning()
    {
        var path = _directory.Write("a.json", """
            {
              "version": 1,
              "domains": [{ "name": "in.example.com", "recipients": ["support", "sales"] }],
              "routes": [{ "id": "some", "priority": 1, "match": { "recipient": "support@in.example.com" }, "actions": [{ "store": {} }] }]
            }
            """);

        var (exit, output, errors) = await GatewayProcess.RunAsync("routes", "check", path);

        Assert.Equal((0, ""), (exit, errors));
        Assert.Matches(
            $@"^{path}: warning: domains\[0\]\.name: postmaster .*\n{path}: warning: domains\[0\]\.name: abuse .*\n{path}: warning: domains\[0\]\.recipients\[1\]: accepts recipients that no route takes.*\n{path}: valid; 1 domain, 0 endpoints, 1 route\n$", output);
    }

    [Fact]
    public async Task All_errors_are_told_and_counted()
    {
        var path = _directory.Write("a.json", """{ "version": 1, "domains": [{ "nam": "x" }], "routes": [{ "id": "a" }] }""");

        var (exit, output, errors) = await GatewayProcess.RunAsync("routes", "check", path);

        var lines = errors.TrimEnd().Split('\n');
        Assert.Equal((3, ""), (exit, output));
        Assert.Contains($"{path}: domains[0].name: is missing", lines);
        Assert.Contains($"{path}: routes[0].actions: is missing", lines);
        Assert.Equal($"{path}: {lines.Length - 1} errors", lines[^1]);
    }

    [Fact]
    public async Task What_is_not_JSON_is_told_with_its_line()
    {
        var path = _directory.Write("a.json", "{\n  nonsense\n}");

        var (exit, output, errors) = await GatewayProcess.RunAsync("routes", "check", path);

        Assert.Equal((3, ""), (exit, output));
        Assert.Matches($@"^{path}: line 2: not valid JSON.*\n{path}: 1 error\n$", errors);
    }

    [Fact]
    public async Task A_missing_document_and_a_directory_are_told()
    {
        var missing = _directory.File("none.json");

        Assert.Equal((3, "", $"gateway: {missing} is not there\n"), await GatewayProcess.RunAsync("routes", "check", missing));
        Assert.Equal((3, "", $"gateway: {_directory.Path} cannot be read: it is a directory\n"), await GatewayProcess.RunAsync("routes", "check", _directory.Path));
    }
}
