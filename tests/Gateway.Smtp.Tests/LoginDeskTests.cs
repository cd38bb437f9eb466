using System.Collections.Concurrent;
using System.Text;
using Gateway.Core.Configuration;
using Gateway.Core.Users;

namespace Gateway.Smtp.Tests;

/// <summary>What a name that nobody has looks like, and where passwords are checked.</summary>
public sealed class LoginDeskTests
{
    private static readonly ScramVerifier Old = ScramVerifier.Create("pencil"u8, 4_096, new byte[8]);
    private static readonly ScramVerifier New = ScramVerifier.Create("pencil"u8, 5_000, new byte[16]);
    private static readonly GatewayConfiguration Two = new([], [], []) { Users = [new("old", Old), new("new", New)] };

    [Fact]
    public void A_user_has_the_verifier_of_the_configuration()
    {
        var desk = new LoginDesk(() => Two);
        Assert.Same(Old, desk.Find(Two, "old"));
        Assert.Same(New, desk.Find(Two, "new"));
        Assert.NotSame(New, desk.Find(Two, "NEW"));
    }

    [Fact]
    public void Nobody_looks_like_one_of_the_users_and_each_time_like_the_same()
    {
        var desk = new LoginDesk(() => Two);
        var (forms, salts) = (new HashSet<(int, int)>(), new HashSet<string>());
        for (var index = 0; index < 100; index++)
        {
            var verifier = desk.Find(Two, $"nobody-{index}");
            Assert.Equal(verifier.ToSecretText(), desk.Find(Two, $"nobody-{index}").ToSecretText());
            forms.Add((verifier.Iterations, verifier.Salt.Length));
            Assert.True(salts.Add(Convert.ToBase64String(verifier.Salt)));
        }

        Assert.Equal([(4_096, 8), (5_000, 16)], forms.Order());
    }

    [Fact]
    public void What_another_server_makes_up_cannot_be_foretold() =>
        Assert.NotEqual(new LoginDesk(() => Two).Find(Two, "nobody").ToSecretText(), new LoginDesk(() => Two).Find(Two, "nobody").ToSecretText());

    [Theory]
    [InlineData("")]
    [InlineData("nobody")]
    [InlineData("pencil")]
    [InlineData("\ufffd\0")]
    public void Nothing_satisfies_what_was_made_up(string text)
    {
        var verifier = new LoginDesk(() => Two).Find(Two, text);
        Assert.False(verifier.Verifies(Encoding.UTF8.GetBytes(text)));
        Assert.False(verifier.Verifies("pencil"u8));
    }

    [Fact]
    public void Without_users_nobody_looks_like_a_new_one()
    {
        var empty = new GatewayConfiguration([], [], []);
        var verifier = new LoginDesk(() => empty).Find(empty, "nobody");
        Assert.Equal((ScramVerifier.DefaultIterations, ScramVerifier.DefaultSaltOctets), (verifier.Iterations, verifier.Salt.Length));
    }

    [Fact]
    public async Task The_callers_thread_is_given_up_before_anything_is_computed()
    {
        var posted = new PostedWork();
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(posted);
        Task<bool> check;
        try
        {
            check = new LoginDesk(() => Two).CheckAsync(Old, [.. "pencil"u8], CancellationToken.None).AsTask();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.False(check.IsCompleted);
        Assert.True(posted.Work.TryDequeue(out var rest));
        rest();
        Assert.True(await check);
    }

    [Fact]
    public async Task A_turn_comes_back_whatever_became_of_the_check()
    {
        var desk = new LoginDesk(() => Two, turns: 1);
        for (var times = 0; times < 3; times++)
        {
            Assert.False(await desk.CheckAsync(Old, [.. "wrong"u8], CancellationToken.None));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await desk.CheckAsync(Old, [], new CancellationToken(canceled: true)));
            Assert.True(await desk.CheckAsync(New, [.. "pencil"u8], CancellationToken.None));
        }

        var checks = await Task.WhenAll(Enumerable.Range(0, 50).Select(index => desk.CheckAsync(Old, [.. index % 2 == 0 ? "pencil"u8 : "x"u8], CancellationToken.None).AsTask()));
        Assert.Equal(25, checks.Count(isRight => isRight));
    }

    private sealed class PostedWork : SynchronizationContext
    {
        public ConcurrentQueue<Action> Work { get; } = new();

        public override void Post(SendOrPostCallback d, object? state) => Work.Enqueue(() => d(state));
    }
}
