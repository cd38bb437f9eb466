#Requires -Version 7.4
# After `azd deploy`: does the gateway take mail? Connects to the MX as a sender does, EHLO, STARTTLS, and one mail to the postmaster of the first domain, which
# comes out like any other (its subject says what it is). Prints the same as postdeploy.sh, but needs no openssl.
#
# Read: MX_ADDRESS, MX_HOST, MAIL_DOMAINS, and
#   SMOKE_REQUIRED       true: a test that could not be made is a failure
#   SMOKE_PORT           default 25
#   SMOKE_SECONDS        the longest that one try may take; default 20
#   SMOKE_RETRIES        further tries while the answer may change (closed, silent, 4xx): new replicas need a minute; default 4. What cannot be connected to is
#                        tried twice at most: where port 25 is blocked it stays so
#   HOOK_RETRY_SECONDS   pause between them; default 15
# Exit: 0 passed, or skipped; 1 FAILED, with the step and the server's reply.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Say([string] $Text) { [Console]::Out.Write("$Text`n") }

function Get-Setting([string] $Name, $Default) {
    $value = [Environment]::GetEnvironmentVariable($Name)
    if ($value) { $value } else { $Default }
}

$address = Get-Setting MX_ADDRESS ''
$hostName = Get-Setting MX_HOST ''
$domain = (Get-Setting MAIL_DOMAINS '').Split(',')[0].Trim().ToLowerInvariant()
$port = [int](Get-Setting SMOKE_PORT 25)
$seconds = [int](Get-Setting SMOKE_SECONDS 20)
$retries = [int](Get-Setting SMOKE_RETRIES 4)
$pause = [int](Get-Setting HOOK_RETRY_SECONDS 15)
# What one try is at: the connection, the step, the server's reply, whether another try may end otherwise; and how many tries found nobody.
$state = @{ Client = $null; Stream = $null; Step = ''; Reply = ''; Again = $true; Unreached = 0; Ends = [DateTime]::MaxValue; Tls = '' }

function Stop-Skipped([string] $Reason) {
    Say "Smoke test: skipped. $Reason"
    Say "  To test from elsewhere: openssl s_client -starttls smtp -crlf -connect $(Get-Setting MX_ADDRESS 'MX_ADDRESS'):$port -servername $(Get-Setting MX_HOST 'MX_HOST')"
    if ($env:SMOKE_REQUIRED -ceq 'true') {
        Say '  SMOKE_REQUIRED is true, so this counts as a failure.'
        exit 1
    }
    exit 0
}

# The time that is left of this try, in milliseconds; throws when there is none.
function Get-TimeLeft {
    $left = [int]($state.Ends - [DateTime]::UtcNow).TotalMilliseconds
    if ($left -le 0) { throw [TimeoutException]::new() }
    $left
}

# Lines of one reply (RFC 5321 section 4.2), joined by " / "; what is not printable is not printed. Empty: closed before it was whole.
function Read-Reply {
    $lines = [Collections.Generic.List[string]]::new()
    $line = [Text.StringBuilder]::new()
    for ($octets = 0; $octets -lt 16384; $octets++) {
        $state.Stream.ReadTimeout = Get-TimeLeft
        $octet = $state.Stream.ReadByte()
        if ($octet -lt 0) { return '' }
        if ($octet -eq 13) { continue }
        if ($octet -ne 10) {
            [void]$line.Append($(if ($octet -ge 32 -and $octet -le 126) { [char]$octet } else { '?' }))
            continue
        }
        $text = $line.ToString()
        [void]$line.Clear()
        if ($text -cnotmatch '^[2-5][0-9][0-9]([ -]|$)') { continue }
        $lines.Add($text)
        if ($text.Length -lt 4 -or $text[3] -ne '-') {
            $reply = $lines -join ' / '
            return $reply.Substring(0, [Math]::Min(300, $reply.Length))
        }
    }
    ''
}

# Says something (or, at the banner, nothing) and tells whether the reply begins as it should.
function Test-Step([string] $Step, [string] $Code, [AllowNull()] $Text) {
    $state.Step = $Step
    $state.Reply = ''
    if ($null -ne $Text) {
        $state.Stream.WriteTimeout = Get-TimeLeft
        $state.Stream.Write([Text.Encoding]::ASCII.GetBytes("$Text`r`n"))
    }
    $state.Reply = Read-Reply
    if ($state.Reply.StartsWith($Code, [StringComparison]::Ordinal)) { return $true }
    if ($state.Reply.StartsWith('5', [StringComparison]::Ordinal)) { $state.Again = $false }
    $false
}

function Connect-Server {
    $state.Step = 'connect'
    $state.Reply = ''
    $state.Client = [Net.Sockets.TcpClient]::new([Net.Sockets.AddressFamily]::InterNetwork)
    if (-not $state.Client.ConnectAsync($address, $port).Wait((Get-TimeLeft))) { throw [TimeoutException]::new() }
    $state.Stream = $state.Client.GetStream()
}

# Any certificate will do, as for the senders who come: the first one is self-signed.
function Start-Tls {
    $state.Step = 'the TLS handshake'
    $state.Reply = ''
    $state.Stream.ReadTimeout = Get-TimeLeft
    $state.Stream.WriteTimeout = Get-TimeLeft
    $secure = [Net.Security.SslStream]::new($state.Stream, $false, { $true })
    $secure.AuthenticateAsClient($hostName)
    $state.Stream = $secure
    $state.Tls = $secure.SslProtocol.ToString() -creplace '^Tls1([0-9])$', 'TLSv1.$1' -creplace '^Tls$', 'TLSv1'
}

function Get-Message {
    $now = [DateTime]::UtcNow
    @(
        "From: Mail gateway smoke test <smoke-test@$hostName>"
        "To: postmaster@$domain"
        'Subject: Smoke test of the mail gateway after a deployment'
        "Date: $($now.ToString('ddd, dd MMM yyyy HH:mm:ss', [Globalization.CultureInfo]::InvariantCulture)) +0000"
        "Message-ID: <smoke-test.$($now.ToString('yyyyMMddHHmmss', [Globalization.CultureInfo]::InvariantCulture)).$PID@$hostName>"
        'Auto-Submitted: auto-generated'
        'MIME-Version: 1.0'
        'Content-Type: text/plain; charset=us-ascii'
        ''
        'Sent by infra/hooks/postdeploy to see that mail is taken. There is nothing to do.'
        '.'
    ) -join "`r`n"
}

function Send-Mail {
    Connect-Server
    if (-not (Test-Step 'the banner' 220 $null)) { return $false }
    if (-not (Test-Step EHLO 250 'EHLO smoke-test.invalid')) { return $false }
    if (" $($state.Reply) " -cnotmatch '250[- ]STARTTLS ') {
        $state.Again = $false
        $state.Reply = "STARTTLS is not offered: $($state.Reply)"
        return $false
    }
    if (-not (Test-Step STARTTLS 220 STARTTLS)) { return $false }
    Start-Tls
    if (-not (Test-Step 'EHLO within TLS' 250 'EHLO smoke-test.invalid')) { return $false }
    if (-not (Test-Step 'MAIL FROM' 250 'MAIL FROM:<>')) { return $false }
    if (-not (Test-Step 'RCPT TO' 250 "RCPT TO:<postmaster@$domain>")) { return $false }
    if (-not (Test-Step DATA 354 DATA)) { return $false }
    if (-not (Test-Step 'the end of the message' 250 (Get-Message))) { return $false }
    $accepted = $state.Reply
    try { [void](Test-Step QUIT 221 QUIT) } catch { $null = $_ } # what matters is said
    $state.Reply = $accepted
    $true
}

# One try. What goes wrong on the wire is no reply, at the step where it went wrong.
function Test-Server {
    $state.Again = $true
    $state.Ends = [DateTime]::UtcNow.AddSeconds($seconds)
    try { Send-Mail }
    catch [Management.Automation.MethodInvocationException], [TimeoutException] { $false }
    finally { if ($state.Client) { $state.Client.Dispose() } }
}

if (-not $address -or -not $hostName -or -not $domain) { Stop-Skipped 'MX_ADDRESS, MX_HOST or MAIL_DOMAINS is not set: azd provision sets them.' }
for ($tries = 0; -not (Test-Server); $tries++) {
    if ($state.Step -ceq 'connect') { $state.Unreached++ }
    if (-not $state.Again -or $tries -ge $retries -or $state.Unreached -ge 2) {
        if ($state.Step -ceq 'connect') {
            Stop-Skipped "Cannot connect to $address port $port from here: most homes and many CI systems block it, or nothing listens there."
        }
        Say "Smoke test: FAILED at $($state.Step): $(if ($state.Reply) { $state.Reply } else { "no reply (closed, or silent for $seconds s)" })"
        exit 1
    }
    if ($tries -eq 0) { Say 'Smoke test: no mail is taken yet; new replicas need a minute. Trying again ...' }
    Start-Sleep -Seconds $pause
}
Say "Smoke test: passed. $hostName took a mail for postmaster@$domain over $($state.Tls): $($state.Reply)"
exit 0
