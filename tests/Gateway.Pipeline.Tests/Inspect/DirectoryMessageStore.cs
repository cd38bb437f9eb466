using Gateway.Core;
using Gateway.Core.Ports;

namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>A message store of plain files, one directory a message. The real ones live in other rooms.</summary>
internal sealed class DirectoryMessageStore : IMessageStore, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("inspect-").FullName;

    /// <summary>Null, or the offset from which reading raw fails.</summary>
    public long? RawFailsAt { get; set; }

    public void PutRaw(MessageId id, byte[] octets) => File.WriteAllBytes(CreatePath(id, "raw"), octets);

    public string CreatePath(MessageId id, string name)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_root, id.ToString()));
        return Path.Combine(directory.FullName, name);
    }

    public IEnumerable<string> PartNames(MessageId id) =>
        Directory.EnumerateFiles(Path.Combine(_root, id.ToString())).Select(path => Path.GetFileName(path)).Where(name => name != "raw").Order(StringComparer.Ordinal);

    public async ValueTask<Stream?> OpenRawAsync(MessageId id, CancellationToken cancel) =>
        await OpenPartAsync(id, "raw", cancel) is FileStream raw ? new RawStream(raw.SafeFileHandle, RawFailsAt) : null;

    public ValueTask<Stream?> OpenPartAsync(MessageId id, string part, CancellationToken cancel)
    {
        var path = CreatePath(id, part);
        return ValueTask.FromResult<Stream?>(File.Exists(path) ? File.OpenRead(path) : null);
    }

    public async ValueTask WritePartAsync(MessageId id, string part, Stream content, CancellationToken cancel)
    {
        await using var file = File.Create(CreatePath(id, part));
        await content.CopyToAsync(file, 64 * 1024, cancel);
    }

    public ValueTask<bool> KeepAsync(MessageId id, CancellationToken cancel) => ValueTask.FromResult(File.Exists(CreatePath(id, "raw")));

    public ValueTask DeleteAsync(MessageId id, CancellationToken cancel)
    {
        Directory.Delete(Path.Combine(_root, id.ToString()), recursive: true);
        return ValueTask.CompletedTask;
    }

    public ValueTask<Uri> CreateLinkAsync(MessageId id, StoredLink link, DateTimeOffset expires, CancellationToken cancel) =>
        ValueTask.FromResult(new Uri(CreatePath(id, link.Part ?? "raw")));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private sealed class RawStream(Microsoft.Win32.SafeHandles.SafeFileHandle file, long? failsAt) : FileStream(file, FileAccess.Read)
    {
        public override int Read(Span<byte> buffer) => Position >= failsAt ? throw new IOException("The disk is gone") : base.Read(buffer);

        public override int Read(byte[] buffer, int offset, int count) => Position >= failsAt ? throw new IOException("The disk is gone") : base.Read(buffer, offset, count);
    }
}
