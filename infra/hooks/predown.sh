#!/bin/sh
# Before `azd down`: what goes with it. Only warns, asks nothing and always exits 0, so that `azd down --force` goes on in CI.
# Prints the same as predown.ps1. Counts what waits in the queues where the Azure CLI is there and may.
set -u
LC_ALL=C
export LC_ALL

say() { printf '%s\n' "$*"; }

# One queue's events with its dead letters, as a number; "?" when az does not tell.
count() {
  set -- servicebus queue show --resource-group "${AZURE_RESOURCE_GROUP:-}" --namespace-name "${SERVICE_BUS_NAME:-}" --name "$1" --query messageCount --output tsv
  [ -z "${AZURE_SUBSCRIPTION_ID:-}" ] || set -- "$@" --subscription "$AZURE_SUBSCRIPTION_ID"
  number=$(az "$@" --only-show-errors 2>/dev/null </dev/null | tr -d '\r\n')
  case $number in '' | *[!0-9]*) number='?' ;; esac
  printf '%s' "$number"
}

count_events() {
  if ! command -v az >/dev/null 2>&1; then
    printf 'not counted, the Azure CLI (az) is not here'
    return
  fi
  received=$(count received)
  inspected=$(count inspected)
  deliveries=$(count deliveries)
  printf 'received %s, inspected %s, deliveries %s' "$received" "$inspected" "$deliveries"
  case "$received$inspected$deliveries" in *'?'*) printf ' (?: az could not tell)' ;; esac
}

say 'azd down deletes this gateway, and with it for good:'
say "  all mail in the storage account ${STORAGE_ACCOUNT_NAME:-?}: raw, parts and what was kept. Soft delete goes with the account."
say "  the configuration, ${CONFIGURATION_CONTAINER:-config}/gateway.json"
say '  the records: stories of messages, dead letters, parked endpoints'
say "  the events that wait in the queues: $(count_events)"
say 'To keep mail and configuration, stop azd down here and take them first:'
say "  az storage blob download-batch --auth-mode login --account-name ${STORAGE_ACCOUNT_NAME:-?} --source raw --destination raw"
say "  the same with kept, parts and ${CONFIGURATION_CONTAINER:-config}"
say "What stays: the key vault's name. ${KEY_VAULT_NAME:-?} is deleted softly, and its purge protection lets nobody purge it, azd down --purge neither. Before azd up with"
say 'the same environment name and place, within 90 days: azd env set KEY_VAULT_RECOVER true, and false afterwards.'
say "Take the MX records to ${MX_HOST:-the gateway} away first: senders keep mail for days and try again, and then it bounces."
exit 0
