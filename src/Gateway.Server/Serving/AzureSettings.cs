using Gateway.Azure;
using Gateway.Azure.Intake;

namespace Gateway.Server.Serving;

/// <summary>What is set when mail goes to Azure.</summary>
internal sealed record AzureSettings(StorageOptions Storage, BusOptions Bus, BlobIntakeOptions Intake, BlobConfigurationOptions Configuration, StageSettings Stages)
{
    public static AzureSettings Read(Settings settings)
    {
        var read = new AzureSettings(
            settings.Read("Storage", new StorageOptions()),
            settings.Read("Bus", new BusOptions()),
            settings.Read("Intake", new BlobIntakeOptions()),
            settings.Read("Configuration", new BlobConfigurationOptions()),
            settings.Read("Stages", new StageSettings()));
        settings.Add(read.Storage.Problems());
        settings.Add(read.Bus.Problems());
        settings.Add(read.Intake.Problems());
        settings.Add(read.Configuration.Problems());
        settings.Add(read.Stages.Problems());
        return read;
    }
}

/// <summary>Who works on the queues.</summary>
internal sealed class StageSettings : TableSweepOptions
{
    /// <summary>True: this process inspects, routes and delivers, too. Default false: Functions do.</summary>
    public bool InProcess { get; set; }
}
