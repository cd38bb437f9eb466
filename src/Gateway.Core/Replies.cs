namespace Gateway.Core;

/// <summary>Every reply this server can send but the greeting and EHLO's, so that the wire vocabulary is read in one place.</summary>
/// <remarks>Codes by RFC 5321 section 4.2.3, enhanced codes by RFC 3463 and the registry of RFC 5248.</remarks>
public static class Replies
{
    public static readonly Reply Ok = new(250, new(2, 0, 0), "OK");
    public static readonly Reply SenderOk = new(250, new(2, 1, 0), "Sender OK");
    public static readonly Reply RecipientOk = new(250, new(2, 1, 5), "Recipient OK");
    public static readonly Reply ChunkTaken = new(250, new(2, 0, 0), "Chunk received");
    public static readonly Reply Accepted = new(250, new(2, 6, 0), "Message accepted");

    /// <summary>VRFY neither confirms nor denies (RFC 5321 section 3.5.3): address harvesting stays pointless.</summary>
    public static readonly Reply CannotVerify = new(252, new(2, 5, 0), "Cannot verify; send a message to try");

    public static readonly Reply Help = new(214, new(2, 0, 0), "EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP STARTTLS QUIT (RFC 5321)");
    public static readonly Reply Bye = new(221, new(2, 0, 0), "Bye");
    public static readonly Reply Authenticated = new(235, new(2, 7, 0), "Authentication succeeded");
    public static readonly Reply ReadyForTls = new(220, new(2, 0, 0), "Ready to start TLS");
    public static readonly Reply StartData = new(354, null, "End data with <CR><LF>.<CR><LF>");

    public static readonly Reply ShuttingDown = new(421, new(4, 3, 2), "Shutting down; try again later");
    public static readonly Reply TooManyConnections = new(421, new(4, 3, 2), "Too many connections; try again later");
    public static readonly Reply Overloaded = new(421, new(4, 3, 2), "Overloaded; try again later");
    public static readonly Reply NotReady = new(421, new(4, 3, 2), "Not ready for mail; try again later");
    public static readonly Reply TimedOut = new(421, new(4, 4, 2), "Timed out; closing");
    public static readonly Reply TooManyErrors = new(421, new(4, 7, 0), "Too many errors; closing");
    public static readonly Reply TooManyCommands = new(421, new(4, 7, 0), "Too many commands; closing");
    public static readonly Reply TooManyTransactions = new(421, new(4, 7, 0), "Too many messages; connect again");
    public static readonly Reply TooManyFromAddress = new(421, new(4, 7, 0), "Too many connections from your address; try again later");
    public static readonly Reply TooManyFromNetwork = new(421, new(4, 7, 0), "Too many connections from your network; try again later");
    public static readonly Reply TooOftenFromAddress = new(421, new(4, 7, 0), "Too many new connections from your address; try again later");
    public static readonly Reply TooManyErrorsFromAddress = new(421, new(4, 7, 0), "Too many errors from your address; try again later");
    public static readonly Reply TooManyMessagesFromAddress = new(450, new(4, 7, 1), "Too many messages from your address; try again later");
    public static readonly Reply TooManyRecipientsFromAddress = new(450, new(4, 7, 1), "Too many recipients from your address; try again later");
    public static readonly Reply NoClientAddress = new(421, new(4, 7, 0), "Who connects is not known; closing");
    public static readonly Reply TooManyAuthFailures = new(421, new(4, 7, 0), "Too many failed logins; closing");
    public static readonly Reply LocalError = new(421, new(4, 3, 0), "Local error; try again later");
    public static readonly Reply StoreUnavailable = new(451, new(4, 3, 0), "Try again later");
    public static readonly Reply StorageFull = new(452, new(4, 3, 1), "Insufficient storage; try again later");
    public static readonly Reply TooManyRecipients = new(452, new(4, 5, 3), "Too many recipients");
    public static readonly Reply MailboxDeferred = new(450, new(4, 2, 1), "Mailbox is not available now; try again later");
    public static readonly Reply TlsUnavailable = new(454, new(4, 7, 0), "TLS is not available");
    public static readonly Reply AuthUnavailable = new(454, new(4, 7, 0), "Cannot authenticate now; try again later");
    public static readonly Reply NoMailFromProbes = new(451, new(4, 7, 0), "Whose mail this is is not known; try again later");
    public static readonly Reply AdmissionUnavailable = new(451, new(4, 7, 0), "Cannot check now; try again later");

    public static readonly Reply UnknownCommand = new(500, new(5, 5, 1), "Command not recognised");
    public static readonly Reply NotImplemented = new(502, new(5, 5, 1), "Command not implemented");
    public static readonly Reply LineTooLong = new(500, new(5, 5, 2), "Line too long");
    public static readonly Reply AuthLineTooLong = new(500, new(5, 5, 6), "Line of the authentication exchange too long");
    public static readonly Reply BadCharacters = new(500, new(5, 5, 2), "Only printable ASCII and space in a command");
    public static readonly Reply SyntaxError = new(501, new(5, 5, 4), "Syntax error in arguments");
    public static readonly Reply BadHelo = new(501, new(5, 5, 4), "A domain or an address literal is needed");
    public static readonly Reply AuthMalformed = new(501, new(5, 5, 2), "Malformed authentication response");
    public static readonly Reply AuthCancelled = new(501, new(5, 7, 0), "Authentication cancelled");
    public static readonly Reply BadReversePath = new(501, new(5, 1, 7), "Malformed reverse-path");
    public static readonly Reply BadForwardPath = new(501, new(5, 1, 3), "Malformed forward-path");
    public static readonly Reply NonAsciiAddress = new(553, new(5, 6, 7), "An address beyond ASCII needs SMTPUTF8");
    public static readonly Reply BadSequence = new(503, new(5, 5, 1), "Bad sequence of commands");
    public static readonly Reply UnknownMechanism = new(504, new(5, 5, 4), "Authentication mechanism not recognised");
    public static readonly Reply UnknownParameter = new(555, new(5, 5, 4), "Parameter not recognised or not implemented");
    public static readonly Reply TlsRequired = new(530, new(5, 7, 0), "Issue STARTTLS first");
    public static readonly Reply AuthRequired = new(530, new(5, 7, 0), "Authentication required");
    public static readonly Reply BadCredentials = new(535, new(5, 7, 8), "Authentication credentials invalid");
    public static readonly Reply AuthNeedsTls = new(538, new(5, 7, 11), "Issue STARTTLS before AUTH");
    public static readonly Reply NoSuchRecipient = new(550, new(5, 1, 1), "No such recipient here");
    public static readonly Reply NoRelay = new(550, new(5, 7, 1), "Not a domain of this server; no relay");
    public static readonly Reply RefusedByPolicy = new(550, new(5, 7, 1), "Refused by policy");
    public static readonly Reply MessageTooLarge = new(552, new(5, 3, 4), "Message exceeds the size limit");
    public static readonly Reply NoValidRecipients = new(554, new(5, 5, 1), "No valid recipients");
    public static readonly Reply TooManyHops = new(554, new(5, 4, 6), "Too many hops; mail loop");
    public static readonly Reply DataLineTooLong = new(554, new(5, 6, 0), "A line of the message is too long");
    public static readonly Reply NulInMessage = new(554, new(5, 6, 0), "NUL in the message");
    public static readonly Reply BareLineEndingInMessage = new(554, new(5, 6, 0), "Bare CR or LF in the message");
    public static readonly Reply EndlessLine = new(521, new(5, 5, 2), "Line too long; closing");
    public static readonly Reply NotSmtp = new(521, new(5, 5, 1), "This is a mail server; closing");
    public static readonly Reply BadChunk = new(521, new(5, 5, 4), "Malformed BDAT; closing");
    public static readonly Reply EarlyTalker = new(521, new(5, 5, 1), "Wait for the greeting; closing");
    public static readonly Reply BadLineEnding = new(521, new(5, 5, 2), "Bare CR or LF; closing");

    /// <summary>334: a challenge of a SASL mechanism, none is an empty one (RFC 4954 section 4). What it repeats of a client (SCRAM's nonce) is in base64.</summary>
    public static Reply AuthChallenge(ReadOnlySpan<byte> octets) => new(334, null, Convert.ToBase64String(octets));
}
