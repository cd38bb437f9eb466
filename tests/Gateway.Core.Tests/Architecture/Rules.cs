namespace Gateway.Core.Tests.Architecture;

/// <summary>The arrows between the rooms and who may name which library: src/ARCHITECTURE.md as a table.</summary>
internal static class Rules
{
    /// <summary>From a project to the projects that it may refer to. A new row or entry needs a sentence of reason in the pull request.</summary>
    public static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["Gateway.Core"] = [],
        ["Gateway.Smtp"] = ["Gateway.Core"],
        ["Gateway.Authentication"] = ["Gateway.Core"],
        ["Gateway.Azure"] = ["Gateway.Core"],
        ["Gateway.Pipeline"] = ["Gateway.Core", "Gateway.Authentication"],
        ["Gateway.Local"] = ["Gateway.Core", "Gateway.Smtp", "Gateway.Authentication", "Gateway.Pipeline"],
        ["Gateway.Web"] = ["Gateway.Core", "Gateway.Pipeline"],
        ["Gateway.Server"] =
            ["Gateway.Core", "Gateway.Smtp", "Gateway.Authentication", "Gateway.Pipeline", "Gateway.Azure", "Gateway.Local", "Gateway.Web"],
        ["Gateway.Functions"] = ["Gateway.Core", "Gateway.Pipeline", "Gateway.Azure", "Gateway.ServiceBusShim"],
        ["Gateway.ServiceBusShim"] = [],
    };

    /// <summary>Each library by the beginnings of its packages and of its namespaces, and the rooms (or folders) that may name it.</summary>
    public static readonly Library[] Libraries =
    [
        // The triggers take Service Bus messages, and the worker is an Azure package; in src nobody else may.
        new("the Azure SDK", ["Azure.", "Microsoft.Azure."], ["Azure.", "Microsoft.Azure."],
            ["src/Gateway.Azure/", "functions/"]),
        new("ASP.NET", ["Microsoft.AspNetCore.", "Grpc.AspNetCore"], ["Microsoft.AspNetCore."],
            ["src/Gateway.Local/", "src/Gateway.Web/", "src/Gateway.Server/", "functions/"]),
        new("MimeKit", ["MimeKit", "MailKit"], ["MimeKit", "MailKit"],
            ["src/Gateway.Pipeline/", "src/Gateway.Authentication/", "src/Gateway.Server/"]),
        new("DnsClient", ["DnsClient"], ["DnsClient"],
            ["src/Gateway.Authentication/"]),
        new("SQLite", ["Microsoft.Data.Sqlite"], ["Microsoft.Data.Sqlite", "SQLitePCL"],
            ["src/Gateway.Local/"]),
    ];

    /// <summary>In these folders these names may not stand at all, but in the exceptions.</summary>
    public static readonly Ban[] Bans =
    [
        new("src/Gateway.Core/", [
            "System.Net.Sockets", "System.Net.Security", "System.Net.Http", "System.Diagnostics.Process", "System.IO.Pipes",
            "Socket", "TcpClient", "TcpListener", "HttpClient", "SslStream", "File", "FileInfo", "FileStream", "Directory", "DirectoryInfo",
            "FileSystemWatcher", "RandomAccess", "Process", "Console", "Environment", "Thread", "Timer"], []),
        // By type and not by namespace: AddressFamily lives among the sockets too. SmtpServer is the accept loop that hands connections to Transport.
        new("src/Gateway.Smtp/", [
            "System.Net.Security", "Socket", "SocketAsyncEventArgs", "SocketException", "NetworkStream", "TcpClient", "TcpListener", "UdpClient", "SslStream"],
            ["src/Gateway.Smtp/Transport/", "src/Gateway.Smtp/SmtpServer.cs"]),
        new("src/Gateway.Smtp/Protocol/", ["async", "await", "Task", "ValueTask", "Stream", "TimeProvider"], []),
    ];

    /// <summary>Interfaces that may have fewer than two implementations in src: the ports of src/ARCHITECTURE.md, and what opens one of them.</summary>
    public static readonly string[] Ports =
    [
        "IAdmission", "IIntake", "IIntakeMessage", "IMessageStore", "IStageQueue", "IActivityLog", "IStateStore", "IConfigurationSource",
        "ICertificateSource", "IDnsResolver",
    ];

    /// <summary>Rooms whose namespace is not their folder's name.</summary>
    public static readonly Dictionary<string, string> Namespaces = new(StringComparer.Ordinal)
    {
        ["Gateway.ServiceBusShim"] = "Microsoft.Azure.Functions.Worker", // that of the package that it stands in for
    };

    public const int MaxLines = 400;
}

/// <param name="Name">For messages.</param>
/// <param name="Packages">Beginnings of package names.</param>
/// <param name="Namespaces">Beginnings of namespaces.</param>
/// <param name="Folders">Where it may be named; paths from the root, with a last '/'.</param>
internal sealed record Library(string Name, string[] Packages, string[] Namespaces, string[] Folders);

/// <param name="Folder">Where the names may not stand.</param>
/// <param name="Names">Types, namespaces, keywords.</param>
/// <param name="Except">Folders inside it where they may.</param>
internal sealed record Ban(string Folder, string[] Names, string[] Except);
