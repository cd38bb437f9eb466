#!/bin/sh
# After `azd provision`: the first configuration and the webhook's secret, when there are none, and the DNS records to set. It may be run again at any time.
# Prints the same as postprovision.ps1. Needs the Azure CLI, signed in (`az login`).
#
# Read: the outputs of infra/main.bicep, and
#   MAIL_DOMAINS          domains that mail is taken for, comma-separated
#   WEBHOOK_URL           where the first configuration sends mail; without it mail is stored
#   FIRST_CONFIGURATION   byHand: write neither configuration nor secret, say how
#   HOOK_RETRY_SECONDS    pause between tries while role assignments and firewall rules take effect; default 15
#   HOOK_RETRIES          how often it is tried again; default 40, ten minutes (a firewall's refusal at most 8 times)
# Exit: 0 done; 1 something is missing or wrong, all of which is said.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
secret_name=app-webhook-secret
pause=${HOOK_RETRY_SECONDS:-15}
retries=${HOOK_RETRIES:-40}
mistakes=0

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }
mistake() { complain "  $*"; mistakes=$((mistakes + 1)); }

# Labels of letters, digits and inner hyphens, at least two of them: the schema's domain, without the catch-all.
is_domain() {
  [ "${#1}" -le 253 ] || return 1
  case $1 in *[!A-Za-z0-9.-]*) return 1 ;; esac
  printf '%s\n' "$1" | grep -Eq '^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$'
}

# Fills $domains, one a line and in lower case.
read_domains() {
  domains=
  rest=${MAIL_DOMAINS:-},
  position=0
  [ -n "${MAIL_DOMAINS:-}" ] || { mistake 'MAIL_DOMAINS is not set: the domains that mail is taken for, comma-separated'; return; }
  while [ -n "$rest" ]; do
    domain=$(printf '%s' "${rest%%,*}" | sed 's/^[[:blank:]]*//; s/[[:blank:]]*$//' | tr '[:upper:]' '[:lower:]')
    rest=${rest#*,}
    position=$((position + 1))
    if [ -z "$domain" ]; then
      mistake "MAIL_DOMAINS: name $position is empty"
    elif [ "$domain" = '*' ]; then
      mistake "MAIL_DOMAINS: name $position is *, which would take mail for anybody"
    elif ! is_domain "$domain"; then
      mistake "MAIL_DOMAINS: name $position is no domain: letters, digits and hyphens with dots between, other scripts as xn--"
    elif printf '%s' "$domains" | grep -Fxq -e "$domain"; then
      mistake "MAIL_DOMAINS: name $position is there twice, $domain"
    else
      domains="$domains$domain
"
    fi
  done
}

# The URL is not repeated: people put secrets into them.
check_url() {
  [ -n "${WEBHOOK_URL:-}" ] || return 0
  case $WEBHOOK_URL in
    https://*) ;;
    *) mistake 'WEBHOOK_URL must begin with https://'; return ;;
  esac
  rest=${WEBHOOK_URL#https://}
  authority=${rest%%[/?#]*}
  host=${authority%:*}
  port=443
  case $authority in *:*) port=${authority##*:} ;; esac
  case $WEBHOOK_URL in
    *'#'*) mistake 'WEBHOOK_URL must hold no fragment'; return ;;
    *[!A-Za-z0-9._~:/?@!\$\&\'\(\)*+,\;=%-]*) mistake 'WEBHOOK_URL holds a character that must be percent-encoded'; return ;;
  esac
  case $authority in *@*) mistake 'WEBHOOK_URL must hold no user name or password'; return ;; esac
  is_domain "$host" || { mistake 'WEBHOOK_URL must name a host'; return; }
  case $port in '' | *[!0-9]* | ??????*) port=0 ;; esac
  if [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then mistake 'WEBHOOK_URL has a port that is none'; fi
}

check_output() {
  eval "value=\${$1:-}"
  # shellcheck disable=SC2154 # set by eval
  [ -n "$value" ] || mistake "$1 is not set: it is an output of infra/main.bicep, run azd provision first"
}

check_count() {
  case $2 in '' | *[!0-9]* | ?????*) mistake "$1 must be a number from 0 to 9999" ;; esac
}

check_all() {
  read_domains
  check_url
  for output in DNS_RECORDS MX_HOST STORAGE_ACCOUNT_NAME CONFIGURATION_CONTAINER KEY_VAULT_NAME; do check_output "$output"; done
  case ${FIRST_CONFIGURATION:-} in '' | byHand) ;; *) mistake 'FIRST_CONFIGURATION must be byHand or not set' ;; esac
  check_count HOOK_RETRY_SECONDS "$pause"
  check_count HOOK_RETRIES "$retries"
  [ "$mistakes" -eq 0 ] || { complain 'postprovision: nothing was written. Correct these with azd env set NAME VALUE, then run azd provision again.'; return 1; }
}

# With this URL in it; none when there is none.
print_configuration() {
  printf '{\n  "version": 1,\n  "domains": [\n'
  printf '%s' "$domains" | sed 's/.*/    { "name": "&" },/; $ s/,$//'
  printf '  ],\n'
  if [ -n "$1" ]; then
    printf '  "endpoints": [\n    { "id": "app", "url": "%s", "secrets": ["keyvault:%s"] }\n  ],\n' "$1" "$secret_name"
    action='{ "webhook": "app" }'
  else
    action='{ "store": {} }'
  fi
  printf '  "routes": [\n    { "id": "all", "priority": 100, "match": {}, "actions": [%s] }\n  ]\n}\n' "$action"
}

# What az's last error was about. Its words are those of az 2.x; what is not known is "other" and shown.
name_fault() {
  if grep -Eq 'BlobAlreadyExists|ConditionNotMet|already exists' "$work/err"; then fault=exists
  elif grep -Eq 'ObjectIsDeletedButRecoverable|deleted but recoverable' "$work/err"; then fault=deleted
  elif grep -Eq 'SecretDisabled|disabled secret' "$work/err"; then fault=disabled
  elif grep -q 'SecretNotFound' "$work/err"; then fault=missing
  elif grep -Eq 'az login|AADSTS' "$work/err"; then fault=login
  elif grep -Eq 'ForbiddenByFirewall|ForbiddenByConnection|network rules|AuthorizationFailure|Public network access|Client address is not authorized|Failed to establish|Name or service not known|getaddrinfo' "$work/err"; then fault=network
  elif grep -Eq 'ForbiddenByRbac|Forbidden|AuthorizationPermissionMismatch|required permissions|not authorized' "$work/err"; then fault=role
  else fault=other
  fi
}

# Runs az, again while roles and firewall rules that were just given are not known everywhere. Its output is kept from the terminal: it may hold a secret.
run_az() {
  tries=0
  fault=
  # The CLI's own default may be another one, of another tenant.
  [ -z "${AZURE_SUBSCRIPTION_ID:-}" ] || set -- "$@" --subscription "$AZURE_SUBSCRIPTION_ID"
  while ! az "$@" --only-show-errors >"$work/out" 2>"$work/err" </dev/null; do
    name_fault
    case $fault in
      role) limit=$retries ;;
      network) limit=8; [ "$retries" -ge 8 ] || limit=$retries ;;
      *) return 1 ;;
    esac
    [ "$tries" -lt "$limit" ] || return 1
    [ "$tries" -gt 0 ] || say "Waiting until Azure knows the deployer's roles and addresses; this can take minutes ..."
    tries=$((tries + 1))
    sleep "$pause"
  done
}

explain() {
  case $fault in
    login) complain "$1: the Azure CLI is not signed in for this subscription; run az login, then azd provision again." ;;
    role) complain "$1: you have no right to, and no role came in time. Run azd provision again later, or ask for the role: Key Vault Secrets Officer on the vault, Storage Blob Data Contributor on the container." ;;
    network)
      complain "$1: the network does not let this machine through. With NETWORK_ISOLATION=true say from where you deploy, then provision again:"
      complain '  azd env set DEPLOYER_ADDRESS <public IPv4 address of this machine>'
      complain 'or do it from inside the network, and azd env set FIRST_CONFIGURATION byHand.'
      ;;
    *) complain "$1. az said:"; head -n 5 "$work/err" | tr -d '\r' | cut -c 1-300 | sed 's/^/  /' >&2 ;;
  esac
  failed=1
}

# 32 octets of the system's generator. They go by pipes and a file that nobody else can read: a command line can be seen by all users of a machine.
make_secret() {
  if command -v base64 >/dev/null 2>&1; then set -- base64; else set -- openssl base64; fi
  { printf whsec_; dd if=/dev/urandom bs=32 count=1 2>/dev/null | "$@" | tr -d '\n'; } >"$work/secret"
  grep -Eq '^whsec_[A-Za-z0-9+/]{43}=$' "$work/secret" || { complain 'No secret could be made: neither base64 nor openssl is here.'; return 1; }
}

write_secret() {
  if run_az keyvault secret show --vault-name "$KEY_VAULT_NAME" --name "$secret_name" --query id --output tsv; then
    say "Webhook secret: $secret_name is in the key vault $KEY_VAULT_NAME already, and stays."
    return
  fi
  case $fault in
    missing) ;;
    disabled) say "Webhook secret: $secret_name is in the key vault $KEY_VAULT_NAME and is disabled; deliveries wait until you enable it."; return ;;
    *) explain "The key vault $KEY_VAULT_NAME could not be read"; return ;;
  esac
  make_secret || { failed=1; return; }
  if run_az keyvault secret set --vault-name "$KEY_VAULT_NAME" --name "$secret_name" --file "$work/secret" --encoding utf-8 --output none; then
    say "Webhook secret: generated, and kept in the key vault $KEY_VAULT_NAME as $secret_name. Your receiver needs it too:"
    say "  az keyvault secret show --vault-name $KEY_VAULT_NAME --name $secret_name --query value --output tsv"
  elif [ "$fault" = deleted ]; then
    complain "Webhook secret: $secret_name was deleted, and its name stays taken in $KEY_VAULT_NAME. Bring the old one back, then run azd provision again:"
    complain "  az keyvault secret recover --vault-name $KEY_VAULT_NAME --name $secret_name"
    failed=1
  else
    explain "The webhook secret could not be written to the key vault $KEY_VAULT_NAME"
  fi
}

write_configuration() {
  print_configuration "${WEBHOOK_URL:-}" >"$work/gateway.json"
  if run_az storage blob upload --account-name "$STORAGE_ACCOUNT_NAME" --container-name "$CONFIGURATION_CONTAINER" --name gateway.json --file "$work/gateway.json" \
    --auth-mode login --if-none-match '*' --overwrite false --content-type application/json --no-progress --output none; then
    say "Configuration: the first one is written, $CONFIGURATION_CONTAINER/gateway.json in $STORAGE_ACCOUNT_NAME."
    [ -n "${WEBHOOK_URL:-}" ] || say '  WEBHOOK_URL is not set: mail is stored, and goes nowhere until you change the configuration.'
  elif [ "$fault" = exists ]; then
    say "Configuration: $CONFIGURATION_CONTAINER/gateway.json in $STORAGE_ACCOUNT_NAME is there already, and stays. MAIL_DOMAINS and WEBHOOK_URL do not change it; to change it:"
    say "  az storage blob download --auth-mode login --account-name $STORAGE_ACCOUNT_NAME --container-name $CONFIGURATION_CONTAINER --name gateway.json --file gateway.json"
    say "  az storage blob upload --auth-mode login --account-name $STORAGE_ACCOUNT_NAME --container-name $CONFIGURATION_CONTAINER --name gateway.json --file gateway.json --overwrite"
  else
    explain "The configuration could not be written to $STORAGE_ACCOUNT_NAME"
  fi
}

by_hand() {
  say "Configuration: left to you. Write this as gateway.json to the container $CONFIGURATION_CONTAINER of $STORAGE_ACCOUNT_NAME:"
  print_configuration "${WEBHOOK_URL:+<WEBHOOK_URL>}"
  [ -z "${WEBHOOK_URL:-}" ] || say "with your URL for <WEBHOOK_URL>, and a secret, whsec_ and base64 of 32 random octets, to the key vault $KEY_VAULT_NAME as $secret_name."
}

print_dns() {
  say ''
  say '; DNS records to set, as a zone file'
  printf '%s\n' "$DNS_RECORDS" | awk -f "$here/dns-records.awk" || return 1
  say ';'
  say '; A domain that has mail today: try a subdomain first. An MX record takes all mail of its domain here.'
  say '; A record that you replace: lower its TTL to 300 a day before.'
  say '; A PTR record is not needed to receive.'
  if [ -n "${CERTIFICATE_NAME:-}" ]; then
    say "; STARTTLS shows the certificate $CERTIFICATE_NAME of the key vault; it must name $MX_HOST."
  else
    say "; STARTTLS shows a self-signed certificate, which most senders take. For one that names $MX_HOST, put it into the key vault and set CERTIFICATE_NAME."
  fi
}

main() {
  check_all || exit 1
  failed=0
  if [ "${FIRST_CONFIGURATION:-}" = byHand ]; then
    by_hand
  elif ! command -v az >/dev/null 2>&1; then
    complain 'The Azure CLI (az) is not here, so neither configuration nor secret could be written. Install it (https://aka.ms/azure-cli), az login, and azd provision again; or'
    complain 'azd env set FIRST_CONFIGURATION byHand, and this says what to write by hand.'
    failed=1
  else
    umask 077
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    [ -z "${WEBHOOK_URL:-}" ] || write_secret
    # A configuration must not name a secret that is not there.
    if [ "$failed" -eq 0 ]; then write_configuration; else complain 'The configuration was not written: it needs the secret.'; fi
  fi
  print_dns || failed=1
  [ "$failed" -eq 0 ] || complain 'postprovision: FAILED, for the reasons above. Mail is answered 421 until there is a configuration.'
  exit "$failed"
}

main
