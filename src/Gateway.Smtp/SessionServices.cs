using Gateway.Core.Admission;
using Gateway.Core.Ports;
using Gateway.Smtp.Abuse;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp;

/// <summary>What all sessions of a server share.</summary>
internal sealed record SessionServices(
    SmtpOptions Options,
    ClientIdentity Identity,
    TimeSpan HeaderTimeout,
    LimitOptions Limits,
    ClientLedger Ledger,
    Tarpit Tarpit,
    GreetDelay GreetDelay,
    MemoryBudget Memory,
    LimitReport Report,
    IAdmission Admission,
    IIntake Intake,
    LoginDesk Logins,
    TlsCredentials Tls,
    Greetings Greetings,
    TimeProvider Clock,
    SmtpMetrics Metrics,
    ILogger Logger);
