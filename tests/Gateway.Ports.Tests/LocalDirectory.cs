using Gateway.Local.Storage;

namespace Gateway.Ports.Tests;

/// <summary>A data directory with its database, for the adapters of one machine; one for a test class.</summary>
public sealed class LocalDirectory : IDisposable
{
    private readonly TestDirectory _temp = new();

    public LocalDirectory()
    {
        Data = DataDirectory.Open(_temp.Path);
        Database = LocalDatabase.Open(Data);
    }

    public DataDirectory Data { get; }

    public LocalDatabase Database { get; }

    public string File(string name) => _temp.File(name);

    public void Dispose()
    {
        Database.Dispose();
        Data.Dispose();
        _temp.Dispose();
    }
}
