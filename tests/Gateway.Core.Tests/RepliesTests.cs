using System.Reflection;
using System.Text;

namespace Gateway.Core.Tests;

public sealed class RepliesTests
{
    public static TheoryData<string> Names() =>
        [.. typeof(Replies).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.FieldType == typeof(Reply)).Select(field => field.Name)];

    [Fact]
    public void All_of_the_vocabulary_is_looked_at() => Assert.InRange(Names().Count, 30, 200);

    [Theory, MemberData(nameof(Names))]
    public void Enhanced_class_is_the_first_digit(string name)
    {
        var reply = Find(name);
        Assert.InRange(reply.Code, 200, 599);
        if (reply.Code / 100 == 3)
        {
            Assert.Null(reply.Status); // RFC 2034 section 3: only 2xx, 4xx and 5xx carry one
            return;
        }

        Assert.Equal(reply.Code / 100, Assert.NotNull(reply.Status).Class);
        Assert.InRange(reply.Status.Value.Subject, 0, 7); // RFC 3463 section 3
        Assert.InRange(reply.Status.Value.Detail, 0, 999);
    }

    [Theory, MemberData(nameof(Names))]
    public void Text_is_printable_ascii_on_one_line_within_512_octets(string name)
    {
        var reply = Find(name);
        Assert.NotEmpty(reply.Text);
        Assert.All(reply.Text, c => Assert.InRange(c, ' ', '~'));
        Assert.InRange(Encoding.ASCII.GetByteCount($"{reply.Code} {reply.Status} {reply.Text}\r\n"), 1, 512); // RFC 5321 section 4.5.3.1.5
    }

    [Theory, MemberData(nameof(Names))]
    public void What_closes_says_so_by_its_code(string name)
    {
        var reply = Find(name);
        Assert.Equal(reply.Code is 221 or 421 or 521, reply.ClosesConnection);
        Assert.Equal(reply.Code < 400, reply.IsAccepted);
    }

    [Fact]
    public void Our_own_faults_can_be_tried_again() =>
        Assert.All(
            [Replies.NotReady, Replies.LocalError, Replies.StoreUnavailable, Replies.StorageFull, Replies.ShuttingDown, Replies.TooManyConnections, Replies.Overloaded, Replies.AdmissionUnavailable, Replies.TimedOut],
            reply => Assert.Equal(4, reply.Code / 100));

    private static Reply Find(string name) => (Reply)typeof(Replies).GetField(name)!.GetValue(null)!;
}
