namespace Gateway.Infra.Tests.Bicep;

public class BicepCliTests
{
    [Fact]
    public async Task The_compiler_is_there()
    {
        var (code, output, _) = await BicepCli.RunAsync("--version");

        Assert.Equal(0, code);
        Assert.Contains("Bicep CLI version 0.49.2", output, StringComparison.Ordinal);
    }
}
