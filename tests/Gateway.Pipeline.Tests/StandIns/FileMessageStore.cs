using Gateway.Core;
using Gateway.Core.Ports;

namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>A message store over a directory of its own, removed at the end.</summary>
internal sealed class FileMessageStore : IMessageStore, IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("gateway-pipeline-");

    public List<(StoredLink Link, DateTimeOffset Expires)> Links { get; } = [];

    public ValueTask<Stream?> OpenRawAsync(MessageId id, CancellationToken cancel) => ValueTask.FromResult<Stream?>(Open(Raw(id)));

    public ValueTask<bool> KeepAsync(MessageId id, CancellationToken cancel)
    {
        if (!File.Exists(Raw(id)))
        {
            return ValueTask.FromResult(false);
        }

        File.WriteAllText(Path.Combine(Folder(id), "kept"), "");
        return ValueTask.FromResult(true);
    }

    public ValueTask DeleteAsync(MessageId id, CancellationToken cancel)
    {
        Directory.Delete(Folder(id), recursive: true);
        return ValueTask.CompletedTask;
    }

    public async ValueTask WritePartAsync(MessageId id, string part, Stream content, CancellationToken cancel)
    {
        await using var file = File.Create(Path.Combine(Folder(id), $"part-{part}"));
        await content.CopyToAsync(file, cancel);
    }

    public ValueTask<Stream?> OpenPartAsync(MessageId id, string part, CancellationToken cancel) =>
        ValueTask.FromResult<Stream?>(Open(Path.Combine(Folder(id), $"part-{part}")));

    public ValueTask<Uri> CreateLinkAsync(MessageId id, StoredLink link, DateTimeOffset expires, CancellationToken cancel)
    {
        lock (Links)
        {
            Links.Add((link, expires));
        }

        return ValueTask.FromResult(new Uri($"https://links.example/{id}/{link.Part ?? "raw"}?until={expires.ToUnixTimeSeconds()}&sig=LINKSECRET"));
    }

    public void WriteRaw(MessageId id, string text) => File.WriteAllText(Raw(id), text);

    public void DeletePart(MessageId id, string part) => File.Delete(Path.Combine(Folder(id), $"part-{part}"));

    public bool IsKept(MessageId id) => File.Exists(Path.Combine(Folder(id), "kept"));

    public void Dispose()
    {
        _root.Refresh();
        if (_root.Exists)
        {
            _root.Delete(recursive: true);
        }
    }

    private static FileStream? Open(string path) => File.Exists(path) ? File.OpenRead(path) : null;

    private string Raw(MessageId id) => Path.Combine(Folder(id), "raw");

    private string Folder(MessageId id) => _root.CreateSubdirectory(id.ToString()).FullName;
}
