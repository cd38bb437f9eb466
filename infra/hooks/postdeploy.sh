#!/bin/sh
# After `azd deploy`: does the gateway take mail? Connects to the MX as a sender does, EHLO, STARTTLS, and one mail to the postmaster of the first domain, which
# comes out like any other (its subject says what it is). Prints the same as postdeploy.ps1. Needs openssl.
#
# Read: MX_ADDRESS, MX_HOST, MAIL_DOMAINS, and
#   SMOKE_REQUIRED       true: a test that could not be made is a failure
#   SMOKE_PORT           default 25
#   SMOKE_SECONDS        the longest that one try may take; default 20
#   SMOKE_RETRIES        further tries while the answer may change (closed, silent, 4xx): new replicas need a minute; default 4. What cannot be connected to is
#                        tried twice at most: where port 25 is blocked it stays so
#   HOOK_RETRY_SECONDS   pause between them; default 15
# Exit: 0 passed, or skipped; 1 FAILED, with the step and the server's reply.
set -eu
LC_ALL=C
export LC_ALL
port=${SMOKE_PORT:-25}
seconds=${SMOKE_SECONDS:-20}
retries=${SMOKE_RETRIES:-4}
pause=${HOOK_RETRY_SECONDS:-15}
domain=$(printf '%s' "${MAIL_DOMAINS:-}" | sed 's/,.*//; s/^[[:blank:]]*//; s/[[:blank:]]*$//' | tr '[:upper:]' '[:lower:]')

say() { printf '%s\n' "$*"; }

skip() {
  say "Smoke test: skipped. $1"
  say "  To test from elsewhere: openssl s_client -starttls smtp -crlf -connect ${MX_ADDRESS:-MX_ADDRESS}:$port -servername ${MX_HOST:-MX_HOST}"
  if [ "${SMOKE_REQUIRED:-}" = true ]; then
    say '  SMOKE_REQUIRED is true, so this counts as a failure.'
    exit 1
  fi
  exit 0
}

fail() {
  say "Smoke test: FAILED at $1"
  exit 1
}

# A program that ends by itself or is ended after $seconds. Not timeout(1), which macOS has not.
watch_over() {
  (
    left=$seconds
    while [ "$left" -gt 0 ] && kill -0 "$1" 2>/dev/null; do
      sleep 1
      left=$((left - 1))
    done
    kill "$1" 2>/dev/null
  ) >/dev/null 2>&1 </dev/null 3>&- 4<&- &
}

# s_client that is ended takes with it what it has not written yet, so that a server that is silent looks like none. What -state tells goes out at once, and the
# first of it after the connection.
connects() {
  : >"$work/state"
  openssl s_client -state -connect "$MX_ADDRESS:$port" </dev/null >/dev/null 2>"$work/state" &
  client=$!
  left=$seconds
  [ "$left" -le 5 ] || left=5
  until grep -Eq '^SSL_connect|errno' "$work/state" || [ "$left" -eq 0 ]; do
    sleep 1
    left=$((left - 1))
  done
  kill "$client" 2>/dev/null || :
  wait "$client" 2>/dev/null || :
  grep -q '^SSL_connect' "$work/state"
}

# What the server said before TLS, from the octets that s_client dumps of every read: a reply a line, each of its own lines after " / ".
replies_in_dump() {
  awk '
    BEGIN { hex = "0123456789abcdef" }
    /^read from / { reading = 1; next }
    /^write to / { reading = 0; next }
    reading && !tls && /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f] - / {
      if (!begun || substr($0, 8, 2) != "16" || substr($0, 11, 2) != "03") octets = substr($0, 8, 47); else { tls = 1; next }
      begun = 1
      gsub(/[^0-9a-f]/, "", octets)
      for (i = 1; i < length(octets); i += 2) text = text sprintf("%c", 16 * (index(hex, substr(octets, i, 1)) - 1) + index(hex, substr(octets, i + 1, 1)) - 1)
    }
    END { printf "%s", text }' "$1" | join_replies
}

# Lines of replies (RFC 5321 section 4.2) to one line each; what is not printable is not printed.
join_replies() {
  tr -d '\r' | tr -c '\n -~' '?' | awk '
    !/^[2-5][0-9][0-9]([ -]|$)/ { next }
    { out = out (out == "" ? "" : " / ") $0 }
    substr($0, 4, 1) != "-" { print substr(out, 1, 300); out = "" }'
}

# The plain half. Sets $step and $reply where it went wrong; $again when it may be right later. What TLS it was: $tls.
greet() {
  openssl s_client -starttls smtp -debug -connect "$MX_ADDRESS:$port" -servername "$MX_HOST" </dev/null >"$work/dump" 2>&1 &
  client=$!
  watch_over "$client"
  wait "$client" 2>/dev/null || :
  again=1
  if ! grep -q '^CONNECTED' "$work/dump"; then
    step=connect reply=
    if ! grep -q errno "$work/dump" && connects; then step='the banner'; else unreached=$((unreached + 1)); fi
    return 1
  fi
  replies_in_dump "$work/dump" >"$work/replies"
  reply=$(sed -n 1p "$work/replies")
  step='the banner'
  wants 220 || return 1
  reply=$(sed -n 2p "$work/replies")
  step=EHLO
  wants 250 || return 1
  case " $reply " in
    *'250'[-\ ]'STARTTLS '*) ;;
    *) again=0 reply="STARTTLS is not offered: $reply"; return 1 ;;
  esac
  reply=$(sed -n 3p "$work/replies")
  step=STARTTLS
  wants 220 || return 1
  step='the TLS handshake'
  reply=
  grep -q 'Cipher is [A-Z]' "$work/dump" || return 1
  # "New, TLSv1.3, Cipher is ...", where LibreSSL may say TLSv1/SSLv3 and has the version in "Protocol  : TLSv1.2".
  tls=$(sed -n -e 's/^ *Protocol *: \(TLSv1[.0-9]*\)$/\1/p' -e 's/^New, \(TLSv1\.[0-9]\), .*$/\1/p' "$work/dump" | head -n 1)
  [ -n "$tls" ] || tls=TLS
}

wants() {
  case $reply in
    "$1"*) return 0 ;;
    5*) again=0 ;;
  esac
  return 1
}

hear() {
  : >"$work/heard"
  while IFS= read -r line <&4; do
    printf '%s\n' "$line" >>"$work/heard"
    case $line in [2-5][0-9][0-9]-*) ;; [2-5][0-9][0-9]*) break ;; esac
  done
  reply=$(join_replies <"$work/heard" | head -n 1)
}

# Commands in lower case: s_client takes a line that begins with Q, R, B or K for one to itself.
ask() {
  step=$1
  printf '%s\r\n' "$3" >&3 2>/dev/null || { reply=; return 1; }
  hear
  wants "$2"
}

message() {
  printf 'From: Mail gateway smoke test <smoke-test@%s>\r\nTo: postmaster@%s\r\n' "$MX_HOST" "$domain"
  printf 'Subject: Smoke test of the mail gateway after a deployment\r\nDate: %s\r\n' "$(date -u '+%a, %d %b %Y %H:%M:%S +0000')"
  printf 'Message-ID: <smoke-test.%s.%s@%s>\r\nAuto-Submitted: auto-generated\r\n' "$(date -u +%Y%m%d%H%M%S)" "$$" "$MX_HOST"
  printf 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nSent by infra/hooks/postdeploy to see that mail is taken. There is nothing to do.\r\n'
}

# The other half, within TLS.
mail() {
  rm -f "$work/in" "$work/out"
  mkfifo "$work/in" "$work/out"
  openssl s_client -starttls smtp -quiet -connect "$MX_ADDRESS:$port" -servername "$MX_HOST" <"$work/in" >"$work/out" 2>/dev/null &
  client=$!
  exec 3>"$work/in" 4<"$work/out"
  watch_over "$client"
  again=1
  talk && done=0 || done=1
  exec 3>&- 4<&-
  kill "$client" 2>/dev/null || :
  wait "$client" 2>/dev/null || :
  return "$done"
}

talk() {
  ask 'EHLO within TLS' 250 'ehlo smoke-test.invalid' || return 1
  ask 'MAIL FROM' 250 'mail from:<>' || return 1
  ask 'RCPT TO' 250 "rcpt to:<postmaster@$domain>" || return 1
  ask DATA 354 data || return 1
  message >&3 2>/dev/null || { reply=; return 1; }
  ask 'the end of the message' 250 . || return 1
  accepted=$reply
  ask QUIT 221 quit || :
  reply=$accepted
}

main() {
  if [ -z "${MX_ADDRESS:-}" ] || [ -z "${MX_HOST:-}" ] || [ -z "$domain" ]; then skip 'MX_ADDRESS, MX_HOST or MAIL_DOMAINS is not set: azd provision sets them.'; fi
  command -v openssl >/dev/null 2>&1 || skip 'openssl is not here, and without it a shell cannot speak TLS.'
  umask 077
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap '' PIPE
  tries=0
  unreached=0
  until greet && mail; do
    if [ "$again" -eq 0 ] || [ "$tries" -ge "$retries" ] || [ "$unreached" -ge 2 ]; then
      [ "$step" != connect ] || skip "Cannot connect to $MX_ADDRESS port $port from here: most homes and many CI systems block it, or nothing listens there."
      fail "$step: ${reply:-no reply (closed, or silent for $seconds s)}"
    fi
    [ "$tries" -gt 0 ] || say 'Smoke test: no mail is taken yet; new replicas need a minute. Trying again ...'
    tries=$((tries + 1))
    sleep "$pause"
  done
  say "Smoke test: passed. $MX_HOST took a mail for postmaster@$domain over $tls: $reply"
}

main
