using Gateway.Azure;
using Gateway.Azure.Intake;
using Gateway.Server.Hosting;

namespace Gateway.Server.Serving;

/// <summary>What is set when mail goes to Azure.</summary>
internal sealed record AzureSettings(StorageOptions Storage, BusOptions Bus, BlobIntakeOptions Intake, ConfigurationSettings Configuration, StageSettings Stages)
{
    public static AzureSettings Read(Settings settings)
    {
        var read = new AzureSettings(
            settings.Read("Storage", new StorageOptions()),
            settings.Read("Bus", new BusOptions()),
            settings.Read("Intake", new BlobIntakeOptions()),
            settings.Read("Configuration", new ConfigurationSettings()),
            settings.Read("Stages", new StageSettings()));
        settings.Add(read.Storage.Problems());
        settings.Add(read.Bus.Problems());
        settings.Add(read.Intake.Problems());
        settings.Add(read.Configuration.Problems());
        settings.Add(read.Stages.Problems());
        return read;
    }
}

/// <summary>The configuration document in blob storage.</summary>
internal sealed class ConfigurationSettings
{
    /// <summary>Its name in the container <c>config</c>; null: <c>gateway.json</c>.</summary>
    public string? Blob { get; set; }

    /// <summary>How often it is looked at. Default 5 seconds; an unchanged one costs a request without a body.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);

    public IEnumerable<string> Problems()
    {
        if (Blob is { Length: 0 or > 1024 })
        {
            yield return "Configuration:Blob must be a blob's name, of 1 to 1,024 characters";
        }

        if (PollInterval < TimeSpan.FromSeconds(1) || PollInterval > TimeSpan.FromMinutes(5))
        {
            yield return "Configuration:PollInterval must be between 1 second and 5 minutes";
        }
    }
}

/// <summary>Who works on the queues.</summary>
internal sealed class StageSettings
{
    /// <summary>True: this process inspects, routes and delivers, too. Default false: Functions do.</summary>
    public bool InProcess { get; set; }

    /// <summary>
    /// How long the story of a message is kept, from its arrival; whole months are deleted. Default 90 days: a message that is kept for a record is
    /// not there longer.
    /// </summary>
    public TimeSpan ActivityRetention { get; set; } = TimeSpan.FromDays(90);

    public IEnumerable<string> Problems()
    {
        if (ActivityRetention < TimeSpan.FromDays(30) || ActivityRetention > TimeSpan.FromDays(3650))
        {
            yield return "Stages:ActivityRetention must be between 30 and 3,650 days";
        }
    }
}
