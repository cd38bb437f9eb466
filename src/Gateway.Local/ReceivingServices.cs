using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Gateway.Local.Pump;
using Gateway.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Local;

/// <summary>Registers what takes mail, the same whatever it is taken into.</summary>
public static class ReceivingServices
{
    /// <summary>The SMTP server, who it admits and which certificate it shows. The host brings intake, certificate source, clock, logging and metrics.</summary>
    public static IServiceCollection AddReceiving(this IServiceCollection services, SmtpOptions options, ClientIpOptions clientIp, LimitOptions limits)
    {
        services.AddSingleton<LiveConfiguration>();
        services.AddSingleton<IAdmission, ConfigurationAdmission>();
        services.AddSingleton<CertificateReload>();
        services.AddSingleton<SmtpMetrics>();
        return services.AddSingleton(provider => new SmtpServer(
            options,
            clientIp,
            limits,
            provider.GetRequiredService<IAdmission>(),
            provider.GetRequiredService<LiveConfiguration>(),
            provider.GetRequiredService<IIntake>(),
            () => provider.GetRequiredService<CertificateReload>().Current,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<SmtpMetrics>()));
    }
}
