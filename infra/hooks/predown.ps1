#Requires -Version 7.4
# Before `azd down`: what goes with it. Only warns, asks nothing and always exits 0, so that `azd down --force` goes on in CI.
# Prints the same as predown.sh. Counts what waits in the queues where the Azure CLI is there and may.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

function Say([string] $Text) { [Console]::Out.Write("$Text`n") }

function Get-Setting([string] $Name, [string] $Default) {
    $value = [Environment]::GetEnvironmentVariable($Name)
    if ($value) { $value } else { $Default }
}

# One queue's events with its dead letters, as a number; "?" when az does not tell.
function Get-EventCount([string] $Queue) {
    $arguments = 'servicebus', 'queue', 'show', '--resource-group', (Get-Setting AZURE_RESOURCE_GROUP ''), '--namespace-name', (Get-Setting SERVICE_BUS_NAME ''),
        '--name', $Queue, '--query', 'messageCount', '--output', 'tsv'
    if ($env:AZURE_SUBSCRIPTION_ID) { $arguments += '--subscription', $env:AZURE_SUBSCRIPTION_ID }
    $arguments += '--only-show-errors'
    $number = "$(& az @arguments 2>$null)".Trim()
    if ($number -cmatch '^[0-9]+$') { $number } else { '?' }
}

function Get-EventCounts {
    if (-not (Get-Command az -CommandType Application -ErrorAction Ignore)) { return 'not counted, the Azure CLI (az) is not here' }
    $received, $inspected, $deliveries = 'received', 'inspected', 'deliveries' | ForEach-Object { Get-EventCount $_ }
    $unknown = if ("$received$inspected$deliveries".Contains('?')) { ' (?: az could not tell)' } else { '' }
    "received $received, inspected $inspected, deliveries $deliveries$unknown"
}

$account = Get-Setting STORAGE_ACCOUNT_NAME '?'
$container = Get-Setting CONFIGURATION_CONTAINER 'config'
$vault = Get-Setting KEY_VAULT_NAME '?'
Say 'azd down deletes this gateway, and with it for good:'
Say "  all mail in the storage account ${account}: raw, parts and what was kept. Soft delete goes with the account."
Say "  the configuration, $container/gateway.json"
Say '  the records: stories of messages, dead letters, parked endpoints'
Say "  the events that wait in the queues: $(try { Get-EventCounts } catch { 'not counted' })"
Say 'To keep mail and configuration, stop azd down here and take them first:'
Say "  az storage blob download-batch --auth-mode login --account-name $account --source raw --destination raw"
Say "  the same with kept, parts and $container"
Say "What stays: the key vault's name. $vault is deleted softly, and its purge protection lets nobody purge it, azd down --purge neither. Before azd up with"
Say 'the same environment name and place, within 90 days: azd env set KEY_VAULT_RECOVER true, and false afterwards.'
Say "Take the MX records to $(Get-Setting MX_HOST 'the gateway') away first: senders keep mail for days and try again, and then it bounces."
exit 0
