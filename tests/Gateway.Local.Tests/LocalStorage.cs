using System.Security.Cryptography;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Local.Links;
using Gateway.Local.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Local.Tests;

/// <summary>The adapters over one real directory, as LocalGateway puts them together; opened again it is the next run of the program.</summary>
internal sealed class LocalStorage : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 18, 0, 0, TimeSpan.Zero);

    private readonly bool _ownsDirectory;

    public LocalStorage(TestDirectory? directory = null, FakeTimeProvider? clock = null)
    {
        _ownsDirectory = directory is null;
        Temp = directory ?? new();
        Clock = clock ?? new(Start);
        Data = DataDirectory.Open(Temp.Path);
        Database = LocalDatabase.Open(Data);
        Retention = new();
        Queue = new(Database, Retention, Clock);
        Intake = new(Data, Database, Queue, Clock);
        State = new(Database, Clock);
        Activity = new(Database);
        Links = new(() => new Uri("http://127.0.0.1:8025/"), new byte[LinkSigner.KeyOctets], Clock);
        Store = new(Data, Database, Links, Retention, Clock);
        Sweep = new(Data, Database, Store, Retention, Clock, NullLogger<Sweep>.Instance);
    }

    public TestDirectory Temp { get; }

    public FakeTimeProvider Clock { get; }

    public DataDirectory Data { get; }

    public LocalDatabase Database { get; }

    public SqliteStageQueue Queue { get; }

    public SqliteIntake Intake { get; }

    public SqliteStateStore State { get; }

    public SqliteActivityLog Activity { get; }

    public LinkSigner Links { get; }

    public RetentionOptions Retention { get; }

    public SqliteMessageStore Store { get; }

    public Sweep Sweep { get; }

    public ReceivedEvent Event(MessageId id, ReadOnlySpan<byte> raw, int send = 0) => new()
    {
        MessageId = id,
        ReceivedAt = Clock.GetUtcNow(),
        Octets = raw.Length,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(raw)),
        Envelope = new() { From = "alice@example.org", Recipients = ["support@in.example.com"], Helo = "mail.example.org" },
        Client = new("127.0.0.1", ClientSource.Socket),
        Received = "Received: from mail.example.org",
        Send = send,
    };

    /// <summary>Takes a message in, in pieces of 10,000 octets.</summary>
    public async Task<MessageId> AcceptAsync(byte[] raw)
    {
        var id = MessageId.New(Clock);
        await using var message = await Intake.OpenAsync(id, default);
        foreach (var piece in raw.Chunk(10_000))
        {
            await message.WriteAsync(piece, default);
        }

        await message.CommitAsync(Event(id, raw), default);
        return id;
    }

    public async Task<byte[]?> ReadRawAsync(MessageId id)
    {
        await using var stream = await Store.OpenRawAsync(id, default);
        return stream is null ? null : await ReadAllAsync(stream);
    }

    public static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    public void Dispose()
    {
        Database.Dispose();
        Data.Dispose();
        if (_ownsDirectory)
        {
            Temp.Dispose();
        }
    }
}
