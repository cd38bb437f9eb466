using System.Collections;
using Gateway.Azure;
using Gateway.Server.Hosting;
using Gateway.Smtp;

namespace Gateway.Server.Tests;

public sealed class SettingsTests
{
    [Fact]
    public void What_is_set_counts_and_the_rest_keeps_its_default()
    {
        var options = Read(new Hashtable
        {
            ["GATEWAY_Smtp__MaxMessageOctets"] = "157286400",
            ["gateway_smtp__commandtimeout"] = "00:01:00",
            ["PATH"] = "/bin",
        });
        Assert.Equal((157_286_400L, TimeSpan.FromMinutes(1), 100), (options.MaxMessageOctets, options.CommandTimeout, options.MaxRecipients));
    }

    [Fact]
    public void Every_mistake_is_named_at_once()
    {
        var mistake = Assert.Throws<UsageException>(() => Read(new Hashtable
        {
            ["GATEWAY_Smtp__MaxMesageOctets"] = "1",
            ["GATEWAY_Smtp__MaxRecipients"] = "many",
            ["GATEWAY_Smtp__ReplyTimeout"] = "soon",
            ["GATEWAY_Smtp__MaxErrors"] = "0",
        }));
        foreach (var part in (string[])["no setting GATEWAY_Smtp__MaxMesageOctets", "GATEWAY_Smtp__MaxRecipients must be a whole number", "GATEWAY_Smtp__ReplyTimeout must be a time", "MaxErrors"])
        {
            Assert.Contains(part, mistake.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_setting_that_is_set_twice_in_other_letters_is_a_mistake()
    {
        var mistake = Assert.Throws<UsageException>(() => Read(new Hashtable { ["GATEWAY_Smtp__MaxErrors"] = "10", ["GATEWAY_SMTP__MAXERRORS"] = "20" }));
        Assert.Equal("GATEWAY_SMTP__MAXERRORS and GATEWAY_Smtp__MaxErrors are one setting", mistake.Message);
    }

    private static SmtpOptions Read(Hashtable environment)
    {
        var settings = new Settings(environment);
        var options = settings.ReadSmtp("gateway.localhost");
        settings.ThrowIfWrong();
        return options;
    }
}
