using System.Diagnostics;
using System.Net;
using System.Threading.Channels;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>
/// A Postfix with a configuration, a queue and a data directory of its own. It listens nowhere: mail gets into it by <c>sendmail</c>. It sends to one server only,
/// asks no DNS, and is bound to the loopback address, from which no packet leaves the machine. The Postfix of the machine, if there is one, is not touched.
/// </summary>
internal sealed class PostfixInstance : IAsyncDisposable
{
    private const string Ended = "postfix has ended";

    /// <summary>
    /// $0: its configuration; $1: where everything is, through which its processes go as several users. It is stopped when the input ends, also when that is
    /// because the test program was killed.
    /// </summary>
    private const string Script = $$"""
        exec 2>&1
        chmod go+x "$1"
        { postfix -c "$0" start-fg; echo '{{Ended}}'; } &
        cat >/dev/null
        postfix -c "$0" abort
        wait
        """;

    /// <summary>No service of the network, and none that delivers on the machine; nothing is chrooted, which wants more files.</summary>
    private const string Services = """
        postlog   unix-dgram n - n -     1 postlogd
        pickup    unix       n - n 60    1 pickup
        cleanup   unix       n - n -     0 cleanup
        qmgr      unix       n - n 300   1 qmgr
        tlsmgr    unix       - - n 1000? 1 tlsmgr
        rewrite   unix       - - n -     - trivial-rewrite
        bounce    unix       - - n -     0 bounce
        defer     unix       - - n -     0 bounce
        trace     unix       - - n -     0 bounce
        flush     unix       n - n 1000? 0 flush
        smtp      unix       - - n -     - smtp
        showq     unix       n - n -     - showq
        error     unix       - - n -     - error
        retry     unix       - - n -     - error
        scache    unix       - - n -     1 scache

        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestDirectory _directory = new();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _log = [];
    private readonly HashSet<int> _told = [];
    private Process? _process;
    private Task _reading = Task.CompletedTask;

    private PostfixInstance()
    {
    }

    private string Configuration => _directory.File("etc");

    /// <summary>Is up when the task is done. Skips the test where it is not installed, or may not change its users.</summary>
    /// <param name="server">The only place where it sends mail.</param>
    /// <param name="security">How.</param>
    /// <param name="settings">More of main.cf, as <c>name = value</c>.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<PostfixInstance> StartAsync(IPEndPoint server, Security security, IEnumerable<string> settings, CancellationToken cancel)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Postfix needs root on Linux");
        _ = await InstalledProgram.RunAsync("postconf", ["-d", "mail_version"], cancel); // skips
        var postfix = new PostfixInstance();
        try
        {
            postfix.Configure(server, security, settings);
            postfix.Launch();
            await postfix.SaysAsync("daemon started", cancel);
            return postfix;
        }
        catch // nothing stays half up, and the failure goes on
        {
            await postfix.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives it a message, by its <c>sendmail</c>.</summary>
    public async Task SubmitAsync(string from, IEnumerable<string> to, byte[] message, CancellationToken cancel)
    {
        var lines = message.Where(octet => octet != '\r').ToArray(); // a file of this system
        var ended = await InstalledProgram.RunAsync("sendmail", ["-C", Configuration, "-i", "-B", "8BITMIME", "-f", from, "--", .. to], cancel, lines);
        Assert.True(ended.ExitCode == 0, ended.Errors);
    }

    /// <summary>What is written to its log next of a recipient: sent, deferred or bounced, and why.</summary>
    public Task<string> FateOfAsync(string to, CancellationToken cancel) => SaysAsync($" to=<{to}>, ", cancel);

    /// <summary>Tries again what is in its queue.</summary>
    public async Task FlushAsync(CancellationToken cancel) => Assert.Equal(0, (await InstalledProgram.RunAsync("postqueue", ["-c", Configuration, "-f"], cancel)).ExitCode);

    /// <summary>What is in its queue, for people.</summary>
    public async Task<string> QueueAsync(CancellationToken cancel) => (await InstalledProgram.RunAsync("postqueue", ["-c", Configuration, "-p"], cancel)).Output;

    /// <summary>A line of its log with this in it, as soon as there is one; each line is told once.</summary>
    public async Task<string> SaysAsync(string wanted, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            for (var line = 0; ; line++)
            {
                if (line == _log.Count)
                {
                    _log.Add(await _lines.Reader.ReadAsync(limit.Token));
                }

                if (_log[line].Contains(wanted, StringComparison.Ordinal) && _told.Add(line))
                {
                    return _log[line];
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException && !cancel.IsCancellationRequested)
        {
            throw new InvalidOperationException($"Postfix does not say \"{wanted}\":\n{string.Join('\n', _log)}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            try
            {
                process.StandardInput.Close();
                await _reading.WaitAsync(Patience); // its output ends with the last of its processes
            }
            finally
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
                process.Dispose();
                _directory.Dispose();
            }
        }
        else
        {
            _directory.Dispose();
        }
    }

    private void Configure(IPEndPoint server, Security security, IEnumerable<string> settings)
    {
        Directory.CreateDirectory(Configuration);
        Directory.CreateDirectory(_directory.File("queue"));
        _directory.Write("etc/master.cf", Services);
        _directory.Write("etc/main.cf", $"""
            compatibility_level = 3.6
            queue_directory = {_directory.File("queue")}
            data_directory = {_directory.File("postfix")}
            maillog_file = /dev/stdout
            myhostname = {IMailClient.Helo}
            mydestination =
            mynetworks = 127.0.0.0/8
            alias_maps =
            alias_database =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            relayhost = [{server.Address}]:{server.Port}
            local_transport = error:nothing is local
            smtp_bind_address = 127.0.0.1
            smtp_dns_support_level = disabled
            smtp_host_lookup = native
            smtp_tls_security_level = {(security == Security.StartTls ? "may" : "none")}
            smtp_tls_loglevel = 1
            {string.Join('\n', settings)}

            """);
    }

    private void Launch()
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, Configuration, _directory.Path]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        _process = Process.Start(start)!;
        _reading = ReadAsync(_process.StandardOutput);
    }

    private async Task ReadAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            _lines.Writer.TryWrite(line);
            if (line == Ended)
            {
                _lines.Writer.TryComplete();
            }
        }

        _lines.Writer.TryComplete();
    }
}
