#Requires -Version 7.4
# After `azd provision`: the first configuration and the webhook's secret, when there are none, and the DNS records to set. It may be run again at any time.
# Prints the same as postprovision.sh. Needs the Azure CLI, signed in (`az login`).
#
# Read: the outputs of infra/main.bicep, and
#   MAIL_DOMAINS          domains that mail is taken for, comma-separated
#   WEBHOOK_URL           where the first configuration sends mail; without it mail is stored
#   FIRST_CONFIGURATION   byHand: write neither configuration nor secret, say how
#   HOOK_RETRY_SECONDS    pause between tries while role assignments and firewall rules take effect; default 15
#   HOOK_RETRIES          how often it is tried again; default 40, ten minutes (a firewall's refusal at most 8 times)
# Exit: 0 done; 1 something is missing or wrong, all of which is said.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

$secretName = 'app-webhook-secret'
$label = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
$state = @{ Mistakes = 0; Failed = $false; Fault = ''; Work = '' }
$domains = [Collections.Generic.List[string]]::new()

function Say([string] $Text) { [Console]::Out.Write("$Text`n") }
function Complain([string] $Text) { [Console]::Error.Write("$Text`n") }

function Add-Mistake([string] $Text) {
    Complain "  $Text"
    $state.Mistakes++
}

function Get-Setting([string] $Name, [string] $Default = '') {
    $value = [Environment]::GetEnvironmentVariable($Name)
    if ($value) { $value } else { $Default }
}

# Labels of letters, digits and inner hyphens, at least two of them: the schema's domain, without the catch-all.
function Test-Domain([string] $Name) { $Name.Length -le 253 -and $Name -cmatch "\A($label\.)+$label\z" }

# Fills $domains, in lower case.
function Read-Domains {
    $text = Get-Setting MAIL_DOMAINS
    if (-not $text) { return Add-Mistake 'MAIL_DOMAINS is not set: the domains that mail is taken for, comma-separated' }
    $position = 0
    foreach ($part in $text.Split(',')) {
        $position++
        $domain = $part.Trim(' ', "`t").ToLowerInvariant()
        if ($domain -ceq '') { Add-Mistake "MAIL_DOMAINS: name $position is empty" }
        elseif ($domain -ceq '*') { Add-Mistake "MAIL_DOMAINS: name $position is *, which would take mail for anybody" }
        elseif (-not (Test-Domain $domain)) { Add-Mistake "MAIL_DOMAINS: name $position is no domain: letters, digits and hyphens with dots between, other scripts as xn--" }
        elseif ($domains.Contains($domain)) { Add-Mistake "MAIL_DOMAINS: name $position is there twice, $domain" }
        else { $domains.Add($domain) }
    }
}

# The URL is not repeated: people put secrets into them.
function Test-Url {
    $url = Get-Setting WEBHOOK_URL
    if (-not $url) { return }
    if (-not $url.StartsWith('https://', [StringComparison]::Ordinal)) { return Add-Mistake 'WEBHOOK_URL must begin with https://' }
    if ($url.Contains('#')) { return Add-Mistake 'WEBHOOK_URL must hold no fragment' }
    if ($url -cmatch "[^A-Za-z0-9._~:/?@!`$&'()*+,;=%-]") { return Add-Mistake 'WEBHOOK_URL holds a character that must be percent-encoded' }
    $authority = ($url.Substring(8) -split '[/?]', 2)[0]
    if ($authority.Contains('@')) { return Add-Mistake 'WEBHOOK_URL must hold no user name or password' }
    $colon = $authority.LastIndexOf(':')
    $name, $port = if ($colon -lt 0) { $authority, '443' } else { $authority.Substring(0, $colon), $authority.Substring($colon + 1) }
    if (-not (Test-Domain $name)) { return Add-Mistake 'WEBHOOK_URL must name a host' }
    if ($port -cnotmatch '\A[0-9]{1,5}\z' -or [int]$port -lt 1 -or [int]$port -gt 65535) { Add-Mistake 'WEBHOOK_URL has a port that is none' }
}

function Test-Count([string] $Name, [string] $Value) {
    if ($Value -cnotmatch '\A[0-9]{1,4}\z') { Add-Mistake "$Name must be a number from 0 to 9999" }
}

function Test-All {
    Read-Domains
    Test-Url
    foreach ($name in 'DNS_RECORDS', 'MX_HOST', 'STORAGE_ACCOUNT_NAME', 'CONFIGURATION_CONTAINER', 'KEY_VAULT_NAME') {
        if (-not (Get-Setting $name)) { Add-Mistake "$name is not set: it is an output of infra/main.bicep, run azd provision first" }
    }
    if ((Get-Setting FIRST_CONFIGURATION) -cnotin '', 'byHand') { Add-Mistake 'FIRST_CONFIGURATION must be byHand or not set' }
    Test-Count HOOK_RETRY_SECONDS (Get-Setting HOOK_RETRY_SECONDS '15')
    Test-Count HOOK_RETRIES (Get-Setting HOOK_RETRIES '40')
    if ($state.Mistakes) {
        Complain 'postprovision: nothing was written. Correct these with azd env set NAME VALUE, then run azd provision again.'
        exit 1
    }
}

# With this URL in it; none when there is none.
function Get-Configuration([string] $Url) {
    $names = ($domains | ForEach-Object { "    { `"name`": `"$_`" }" }) -join ",`n"
    $endpoints = ''
    $action = '{ "store": {} }'
    if ($Url) {
        $endpoints = "  `"endpoints`": [`n    { `"id`": `"app`", `"url`": `"$Url`", `"secrets`": [`"keyvault:$secretName`"] }`n  ],`n"
        $action = '{ "webhook": "app" }'
    }
    "{`n  `"version`": 1,`n  `"domains`": [`n$names`n  ],`n$endpoints  `"routes`": [`n    { `"id`": `"all`", `"priority`": 100, `"match`": {}, `"actions`": [$action] }`n  ]`n}`n"
}

# What az's last error was about. Its words are those of az 2.x; what is not known is "other" and shown.
function Get-Fault([string] $Text) {
    switch -CaseSensitive -Regex ($Text) {
        'BlobAlreadyExists|ConditionNotMet|already exists' { return 'exists' }
        'ObjectIsDeletedButRecoverable|deleted but recoverable' { return 'deleted' }
        'SecretDisabled|disabled secret' { return 'disabled' }
        'SecretNotFound' { return 'missing' }
        'az login|AADSTS' { return 'login' }
        'ForbiddenByFirewall|ForbiddenByConnection|network rules|AuthorizationFailure|Public network access|Client address is not authorized|Failed to establish|Name or service not known|getaddrinfo' { return 'network' }
        'ForbiddenByRbac|Forbidden|AuthorizationPermissionMismatch|required permissions|not authorized' { return 'role' }
    }
    'other'
}

# Runs az, again while roles and firewall rules that were just given are not known everywhere. Its output is kept from the terminal: it may hold a secret.
function Invoke-Az([string[]] $Arguments) {
    $retries = [int](Get-Setting HOOK_RETRIES '40')
    # The CLI's own default may be another one, of another tenant.
    if ($env:AZURE_SUBSCRIPTION_ID) { $Arguments += '--subscription', $env:AZURE_SUBSCRIPTION_ID }
    $Arguments += '--only-show-errors'
    for ($tries = 0; ; $tries++) {
        $null | & az @Arguments 2> (Join-Path $state.Work 'err') | Out-Null
        if ($LASTEXITCODE -eq 0) { return $true }
        $state.Fault = Get-Fault ([IO.File]::ReadAllText((Join-Path $state.Work 'err')))
        $limit = switch ($state.Fault) { 'role' { $retries } 'network' { [Math]::Min($retries, 8) } default { 0 } }
        if ($tries -ge $limit) { return $false }
        if ($tries -eq 0) { Say "Waiting until Azure knows the deployer's roles and addresses; this can take minutes ..." }
        Start-Sleep -Seconds ([int](Get-Setting HOOK_RETRY_SECONDS '15'))
    }
}

function Write-Fault([string] $What) {
    $state.Failed = $true
    switch ($state.Fault) {
        'login' { Complain "${What}: the Azure CLI is not signed in for this subscription; run az login, then azd provision again." }
        'role' { Complain "${What}: you have no right to, and no role came in time. Run azd provision again later, or ask for the role: Key Vault Secrets Officer on the vault, Storage Blob Data Contributor on the container." }
        'network' {
            Complain "${What}: the network does not let this machine through. With NETWORK_ISOLATION=true say from where you deploy, then provision again:"
            Complain '  azd env set DEPLOYER_ADDRESS <public IPv4 address of this machine>'
            Complain 'or do it from inside the network, and azd env set FIRST_CONFIGURATION byHand.'
        }
        default {
            Complain "$What. az said:"
            foreach ($line in [IO.File]::ReadAllLines((Join-Path $state.Work 'err')) | Select-Object -First 5) { Complain "  $($line.Substring(0, [Math]::Min(300, $line.Length)))" }
        }
    }
}

# 32 octets of the system's generator, in a file that nobody else can read: a command line can be seen by all users of a machine.
function Write-Secret {
    $vault = $env:KEY_VAULT_NAME
    if (Invoke-Az 'keyvault', 'secret', 'show', '--vault-name', $vault, '--name', $secretName, '--query', 'id', '--output', 'tsv') {
        return Say "Webhook secret: $secretName is in the key vault $vault already, and stays."
    }
    if ($state.Fault -ceq 'disabled') { return Say "Webhook secret: $secretName is in the key vault $vault and is disabled; deliveries wait until you enable it." }
    if ($state.Fault -cne 'missing') { return Write-Fault "The key vault $vault could not be read" }
    $file = Join-Path $state.Work 'secret'
    [IO.File]::WriteAllText($file, 'whsec_' + [Convert]::ToBase64String([Security.Cryptography.RandomNumberGenerator]::GetBytes(32)))
    if (Invoke-Az 'keyvault', 'secret', 'set', '--vault-name', $vault, '--name', $secretName, '--file', $file, '--encoding', 'utf-8', '--output', 'none') {
        Say "Webhook secret: generated, and kept in the key vault $vault as $secretName. Your receiver needs it too:"
        Say "  az keyvault secret show --vault-name $vault --name $secretName --query value --output tsv"
    }
    elseif ($state.Fault -ceq 'deleted') {
        Complain "Webhook secret: $secretName was deleted, and its name stays taken in $vault. Bring the old one back, then run azd provision again:"
        Complain "  az keyvault secret recover --vault-name $vault --name $secretName"
        $state.Failed = $true
    }
    else { Write-Fault "The webhook secret could not be written to the key vault $vault" }
}

function Write-Configuration {
    $account, $container = $env:STORAGE_ACCOUNT_NAME, $env:CONFIGURATION_CONTAINER
    $file = Join-Path $state.Work 'gateway.json'
    [IO.File]::WriteAllText($file, (Get-Configuration $env:WEBHOOK_URL))
    if (Invoke-Az 'storage', 'blob', 'upload', '--account-name', $account, '--container-name', $container, '--name', 'gateway.json', '--file', $file,
            '--auth-mode', 'login', '--if-none-match', '*', '--overwrite', 'false', '--content-type', 'application/json', '--no-progress', '--output', 'none') {
        Say "Configuration: the first one is written, $container/gateway.json in $account."
        if (-not $env:WEBHOOK_URL) { Say '  WEBHOOK_URL is not set: mail is stored, and goes nowhere until you change the configuration.' }
    }
    elseif ($state.Fault -ceq 'exists') {
        Say "Configuration: $container/gateway.json in $account is there already, and stays. MAIL_DOMAINS and WEBHOOK_URL do not change it; to change it:"
        Say "  az storage blob download --auth-mode login --account-name $account --container-name $container --name gateway.json --file gateway.json"
        Say "  az storage blob upload --auth-mode login --account-name $account --container-name $container --name gateway.json --file gateway.json --overwrite"
    }
    else { Write-Fault "The configuration could not be written to $account" }
}

function Write-ByHand {
    Say "Configuration: left to you. Write this as gateway.json to the container $env:CONFIGURATION_CONTAINER of ${env:STORAGE_ACCOUNT_NAME}:"
    [Console]::Out.Write((Get-Configuration $(if ($env:WEBHOOK_URL) { '<WEBHOOK_URL>' })))
    if ($env:WEBHOOK_URL) { Say "with your URL for <WEBHOOK_URL>, and a secret, whsec_ and base64 of 32 random octets, to the key vault $env:KEY_VAULT_NAME as $secretName." }
}

function Write-Both {
    if (-not (Get-Command az -CommandType Application -ErrorAction Ignore)) {
        Complain 'The Azure CLI (az) is not here, so neither configuration nor secret could be written. Install it (https://aka.ms/azure-cli), az login, and azd provision again; or'
        Complain 'azd env set FIRST_CONFIGURATION byHand, and this says what to write by hand.'
        $state.Failed = $true
        return
    }
    $state.Work = [IO.Directory]::CreateTempSubdirectory('gateway-').FullName # for its owner alone
    try {
        if ($env:WEBHOOK_URL) { Write-Secret }
        # A configuration must not name a secret that is not there.
        if ($state.Failed) { Complain 'The configuration was not written: it needs the secret.' } else { Write-Configuration }
    }
    finally { Remove-Item -Recurse -Force $state.Work }
}

Test-All
if ((Get-Setting FIRST_CONFIGURATION) -ceq 'byHand') { Write-ByHand } else { Write-Both }
. (Join-Path $PSScriptRoot 'dns-records.ps1')
if (-not (Write-DnsRecords)) { $state.Failed = $true }
if ($state.Failed) {
    Complain 'postprovision: FAILED, for the reasons above. Mail is answered 421 until there is a configuration.'
    exit 1
}
exit 0
