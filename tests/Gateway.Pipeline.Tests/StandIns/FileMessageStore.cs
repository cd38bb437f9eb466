using Gateway.Core;
using Gateway.Core.Ports;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>A message store of plain files, one directory a message, removed at the end. The real ones live in other rooms.</summary>
internal sealed class FileMessageStore : IMessageStore, IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("gateway-pipeline-");

    public List<(StoredLink Link, DateTimeOffset Expires)> Links { get; } = [];

    /// <summary>Null, or the offset from which reading raw fails.</summary>
    public long? RawFailsAt { get; set; }

    public ValueTask<Stream?> OpenRawAsync(MessageId id, CancellationToken cancel) => ValueTask.FromResult<Stream?>(
        File.Exists(RawPath(id)) ? new RawStream(File.OpenHandle(RawPath(id)), RawFailsAt) : null);

    public ValueTask<bool> KeepAsync(MessageId id, CancellationToken cancel)
    {
        if (!File.Exists(RawPath(id)))
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
        await using var file = File.Create(PartPath(id, part));
        await content.CopyToAsync(file, 64 * 1024, cancel);
    }

    public ValueTask<Stream?> OpenPartAsync(MessageId id, string part, CancellationToken cancel) =>
        ValueTask.FromResult<Stream?>(File.Exists(PartPath(id, part)) ? File.OpenRead(PartPath(id, part)) : null);

    public ValueTask<Uri> CreateLinkAsync(MessageId id, StoredLink link, DateTimeOffset expires, CancellationToken cancel)
    {
        lock (Links)
        {
            Links.Add((link, expires));
        }

        return ValueTask.FromResult(new Uri($"https://links.example/{id}/{link.Part ?? "raw"}?until={expires.ToUnixTimeSeconds()}&sig=LINKSECRET"));
    }

    public void WriteRaw(MessageId id, string text) => File.WriteAllText(RawPath(id), text);

    public void WriteRaw(MessageId id, byte[] octets) => File.WriteAllBytes(RawPath(id), octets);

    public string RawPath(MessageId id) => Path.Combine(Folder(id), "raw");

    public string PartPath(MessageId id, string part) => Path.Combine(Folder(id), $"part-{part}");

    public IEnumerable<string> PartNames(MessageId id) =>
        Directory.EnumerateFiles(Folder(id), "part-*").Select(path => Path.GetFileName(path)["part-".Length..]).Order(StringComparer.Ordinal);

    public void DeletePart(MessageId id, string part) => File.Delete(PartPath(id, part));

    public bool IsKept(MessageId id) => File.Exists(Path.Combine(Folder(id), "kept"));

    public void Dispose()
    {
        _root.Refresh();
        if (_root.Exists)
        {
            _root.Delete(recursive: true);
        }
    }

    private string Folder(MessageId id) => _root.CreateSubdirectory(id.ToString()).FullName;

    private sealed class RawStream(SafeFileHandle file, long? failsAt) : FileStream(file, FileAccess.Read)
    {
        public override int Read(Span<byte> buffer) => Position >= failsAt ? throw new IOException("The disk is gone") : base.Read(buffer);

        public override int Read(byte[] buffer, int offset, int count) => Position >= failsAt ? throw new IOException("The disk is gone") : base.Read(buffer, offset, count);
    }
}
