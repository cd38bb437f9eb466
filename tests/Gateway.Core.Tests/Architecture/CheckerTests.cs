namespace Gateway.Core.Tests.Architecture;

/// <summary>The checker finds what is planted, and lets pass what only looks like it.</summary>
public sealed class CheckerTests
{
    [Theory]
    [InlineData("Gateway.Core", """<ProjectReference Include="..\Gateway.Smtp\Gateway.Smtp.csproj" />""", "Gateway.Core refers to Gateway.Smtp")]
    [InlineData("Gateway.Smtp", """<ProjectReference Include="../Gateway.Pipeline/Gateway.Pipeline.csproj" />""", "Gateway.Smtp refers to Gateway.Pipeline")]
    [InlineData("Gateway.Pipeline", """<ProjectReference Include="../Gateway.Azure/Gateway.Azure.csproj" />""", "Gateway.Pipeline refers to Gateway.Azure")]
    [InlineData("Gateway.Azure", """<ProjectReference Include="../Gateway.Pipeline/Gateway.Pipeline.csproj" />""", "Gateway.Azure refers to Gateway.Pipeline")]
    [InlineData("Gateway.New", "", "Gateway.New is not in the table of arrows")]
    [InlineData("Gateway.Core", """<PackageReference Include="Anything" />""", "Gateway.Core refers to packages; it has the base library only")]
    [InlineData("Gateway.Local", """<PackageReference Include="Azure.Storage.Blobs" />""", "Gateway.Local refers to the Azure SDK: Azure.Storage.Blobs")]
    [InlineData("Gateway.Smtp", """<FrameworkReference Include="Microsoft.AspNetCore.App" />""", "Gateway.Smtp refers to ASP.NET: Microsoft.AspNetCore.App.")]
    [InlineData("Gateway.Smtp", """<PackageReference Include="MimeKit" />""", "Gateway.Smtp refers to MimeKit: MimeKit")]
    [InlineData("Gateway.Local", """<PackageReference Include="MailKit" Condition="'$(A)' == 'b'" />""", "Gateway.Local refers to MimeKit: MailKit")]
    [InlineData("Gateway.Local", """<PackageReference Include="DnsClient" />""", "Gateway.Local refers to DnsClient: DnsClient")]
    [InlineData("Gateway.Azure", """<PackageReference Include="Microsoft.Data.Sqlite" />""", "Gateway.Azure refers to SQLite: Microsoft.Data.Sqlite")]
    public void A_reference_against_the_arrows_is_found(string name, string item, string violation) =>
        Assert.Equal([violation], Checker.Check([], [Parse(name, item)]));

    [Theory]
    [InlineData("Gateway.Pipeline", """<ProjectReference Include="..\Gateway.Core\Gateway.Core.csproj" /><PackageReference Include="MimeKit" />""")]
    [InlineData("Gateway.Azure", """<PackageReference Include="Azure.Identity" />""")]
    [InlineData("Gateway.Functions", """<ProjectReference Include="../Gateway.ServiceBusShim/Gateway.ServiceBusShim.csproj" /><PackageReference Include="Microsoft.Azure.Functions.Worker" /><FrameworkReference Include="Microsoft.AspNetCore.App" />""")]
    [InlineData("Gateway.Server", """<FrameworkReference Include="Microsoft.AspNetCore.App" /><PackageReference Include="MailKit" />""")]
    public void A_reference_along_the_arrows_is_not(string name, string item) => Assert.Empty(Checker.Check([], [Parse(name, item)]));

    [Fact]
    public void The_web_sdk_is_aspnet() =>
        Assert.Equal(
            ["Gateway.Pipeline refers to ASP.NET: Microsoft.AspNetCore.App."],
            Checker.Check([], [Project.Parse("Gateway.Pipeline", """<Project Sdk="Microsoft.NET.Sdk.Web" />""")]));

    [Theory]
    [InlineData("src/Gateway.Local/A.cs", "using Azure.Storage.Blobs;\nnamespace Gateway.Local;", "src/Gateway.Local/A.cs:1 names the Azure SDK: Azure")]
    [InlineData("src/Gateway.Pipeline/A.cs", "namespace Gateway.Pipeline;\nclass A { Microsoft.AspNetCore.Http.HttpContext? C; }", "src/Gateway.Pipeline/A.cs:2 names ASP.NET: Microsoft.AspNetCore")]
    [InlineData("src/Gateway.Smtp/A.cs", "using MimeKit;\nnamespace Gateway.Smtp;", "src/Gateway.Smtp/A.cs:1 names MimeKit: MimeKit")]
    [InlineData("src/Gateway.Local/A.cs", "using DnsClient;\nnamespace Gateway.Local;", "src/Gateway.Local/A.cs:1 names DnsClient: DnsClient")]
    [InlineData("src/Gateway.Azure/A.cs", "using Microsoft.Data.Sqlite;\nnamespace Gateway.Azure;", "src/Gateway.Azure/A.cs:1 names SQLite: Microsoft.Data.Sqlite")]
    [InlineData("src/Gateway.Smtp/A.cs", "using System.Net.Security;\nnamespace Gateway.Smtp;", "src/Gateway.Smtp/A.cs:1 names System.Net.Security, which src/Gateway.Smtp/ may not")]
    [InlineData("src/Gateway.Smtp/A.cs", "namespace Gateway.Smtp;\nclass A(SslStream stream);", "src/Gateway.Smtp/A.cs:2 names SslStream, which src/Gateway.Smtp/ may not")]
    [InlineData("src/Gateway.Smtp/Protocol/A.cs", "namespace Gateway.Smtp.Protocol;\nclass A { async void B() {} }", "src/Gateway.Smtp/Protocol/A.cs:2 names async, which src/Gateway.Smtp/Protocol/ may not")]
    [InlineData("src/Gateway.Core/A.cs", "namespace Gateway.Core;\nclass A { string B() => File.ReadAllText(\"x\"); }", "src/Gateway.Core/A.cs:2 names File, which src/Gateway.Core/ may not")]
    [InlineData("src/Gateway.Core/A.cs", "namespace Gateway.Core;\nclass A { string? B() => System.Environment.GetEnvironmentVariable(\"x\"); }", "src/Gateway.Core/A.cs:2 names Environment, which src/Gateway.Core/ may not")]
    [InlineData("src/Gateway.Core/Events/A.cs", "namespace Gateway.Core;\nclass A;", "src/Gateway.Core/Events/A.cs is in namespace Gateway.Core, not Gateway.Core.Events")]
    [InlineData("src/Gateway.Core/A.cs", "class A;", "src/Gateway.Core/A.cs is in namespace (none), not Gateway.Core")]
    [InlineData("src/Gateway.Core/A.cs", "namespace Gateway.Core;\n// TODO later", "src/Gateway.Core/A.cs:2 has TODO")]
    [InlineData("src/Gateway.Core/A.cs", "namespace Gateway.Core;\nclass A { int B => throw new NotImplementedException(); }", "src/Gateway.Core/A.cs:2 has NotImplementedException")]
    [InlineData("src/Gateway.Core/A.cs", "namespace Gateway.Core;\ninterface IThing;\nclass A(IThing other) : IDisposable;\nclass B : IThing;", "src/Gateway.Core/A.cs declares IThing, which has 1 implementations")]
    public void A_planted_violation_is_found(string path, string text, string violation) =>
        Assert.Equal([violation], Checker.Check([new(path, text)], []));

    [Fact]
    public void A_file_of_401_lines_is_found() =>
        Assert.Equal(
            ["src/Gateway.Core/A.cs has 401 lines, over 400"],
            Checker.Check([new("src/Gateway.Core/A.cs", "namespace Gateway.Core;" + new string('\n', 401))], []));

    [Theory]
    [InlineData("src/Gateway.Pipeline/A.cs", "// not Azure.Storage\nnamespace Gateway.Pipeline;\nclass A { string B = \"using Azure.Storage;\"; }")]
    [InlineData("src/Gateway.Server/A.cs", "using Gateway.Azure;\nnamespace Gateway.Server;")]
    [InlineData("src/Gateway.Azure/A.cs", "using Azure.Storage.Blobs;\nnamespace Gateway.Azure;")]
    [InlineData("src/Gateway.Smtp/Transport/A.cs", "using System.Net.Sockets;\nnamespace Gateway.Smtp.Transport;")]
    [InlineData("src/Gateway.Core/A.cs", "namespace Gateway.Core;\n/// <summary>A File or a Socket.</summary>\nenum A { Socket, Proxy }")]
    [InlineData("src/Gateway.Server/Program.cs", "return 0;\nclass Options;")]
    [InlineData("src/Gateway.Core/A.cs", "namespace Gateway.Core;\ninterface IThing;\nclass A(int n) : IThing;\nrecord B(A a, (int, int) c) : Base(a), IThing;")]
    [InlineData("src/Gateway.Core/A.cs", "namespace Gateway.Core;\ninterface IIntake;")]
    public void What_only_looks_like_one_is_not(string path, string text) => Assert.Empty(Checker.Check([new(path, text)], []));

    private static Project Parse(string name, string items) =>
        Project.Parse(name, $"""<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>{items}</ItemGroup></Project>""");
}
