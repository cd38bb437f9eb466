using System.Security.Cryptography;
using Gateway.Azure;
using Gateway.Testing.Azurite;

namespace Gateway.Tests;

/// <summary>Containers and tables of a test class's own, gone with it.</summary>
public sealed class AccountFixture : IAsyncLifetime
{
    private StorageTarget? _target;
    private StorageClients? _clients;

    public StorageOptions Options { get; private set; } = new();

    /// <summary>Skips the test when there is no storage to test against.</summary>
    public StorageClients Clients
    {
        get
        {
            Assert.SkipWhen(_target!.Unavailable is not null, _target.Unavailable ?? "");
            return _clients!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        _target = await StorageTarget.GetAsync();
        if (_target.Unavailable is null)
        {
            Options = OptionsOf(_target);
            Assert.Empty(Options.Problems());
            _clients = new(Options, credential: null);
            await _clients.CreateAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_clients is not null)
        {
            await foreach (var container in _clients.Blobs.GetBlobContainersAsync(prefix: Options.Prefix))
            {
                await _clients.Blobs.DeleteBlobContainerAsync(container.Name);
            }

            await foreach (var table in _clients.Tables.QueryAsync(table => table.Name.CompareTo(Options.Prefix) >= 0 && table.Name.CompareTo(Options.Prefix + "~") < 0))
            {
                await _clients.Tables.DeleteTableAsync(table.Name);
            }
        }
    }

    /// <summary>A prefix of its own; and time for an emulator on a busy machine.</summary>
    public static StorageOptions OptionsOf(StorageTarget target) => new()
    {
        ConnectionString = target.ConnectionString,
        Prefix = "t" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
        TryTimeout = TimeSpan.FromSeconds(60),
    };
}
