# DNS_RECORDS, the output of infra/main.bicep, as a zone-file block and as the dig commands that check it. POSIX awk, in LC_ALL=C: octets are characters.
# Input: a JSON array of flat objects { name, type, ttl, value, purpose, optional }. Exit 1: it is not that.

function fail(why) { print "DNS_RECORDS " why > "/dev/stderr"; failed = 1; exit 1 }
function blank() { while (substr(json, at, 1) ~ /^[ \t\r\n]$/) at++ }
function take(octet) { blank(); if (substr(json, at, 1) != octet) fail("is not the JSON that infra/main.bicep puts out"); at++ }

function text(    out, c, code) {
    take("\"")
    for (;;) {
        c = substr(json, at++, 1)
        if (c == "") fail("is not the JSON that infra/main.bicep puts out")
        if (c == "\"") return out
        if (c == "\\") {
            c = substr(json, at++, 1)
            if (c == "u") {
                code = (index(hex, tolower(substr(json, at + 2, 1))) - 1) * 16 + index(hex, tolower(substr(json, at + 3, 1))) - 1
                if (substr(json, at, 2) != "00" || code < 32 || code > 126) fail("holds a character that is not printable ASCII")
                c = sprintf("%c", code); at += 4
            } else if (c !~ /^["\\\/]$/) fail("holds a character that is not printable ASCII")
        }
        if (c < " " || c > "~") fail("holds a character that is not printable ASCII")
        out = out c
    }
}

function word(    out) {
    blank()
    while (substr(json, at, 1) ~ /^[a-z0-9]$/) out = out substr(json, at++, 1)
    return out
}

function record(    key, value) {
    split("", field)
    take("{")
    do {
        key = text(); take(":"); blank()
        value = substr(json, at, 1) == "\"" ? text() : word()
        field[key] = value
        blank()
    } while (substr(json, at, 1) == "," && at++)
    take("}")
    if (field["name"] !~ /^[A-Za-z0-9._-]+\.$/ || field["type"] !~ /^[A-Z]+$/ || field["ttl"] !~ /^[0-9]+$/) fail("holds a record without name, type or ttl")
    count++
    name[count] = field["name"]; type[count] = field["type"]; ttl[count] = field["ttl"]; data[count] = field["value"]
    purpose[count] = field["purpose"] (field["optional"] == "true" ? " (optional)" : "")
}

# Character strings of a TXT record: quoted, at most 255 octets each (RFC 1035 section 3.3).
function strings(value,    out, piece) {
    do {
        piece = substr(value, 1, 255); value = substr(value, 256)
        gsub(/["\\]/, "\\\\&", piece)
        out = out (out == "" ? "" : " ") "\"" piece "\""
    } while (value != "")
    return out
}

BEGIN { hex = "0123456789abcdef" }
{ json = json $0 "\n" }
END {
    if (failed) exit 1
    at = 1
    take("["); blank()
    if (substr(json, at, 1) != "]") do { record(); blank() } while (substr(json, at, 1) == "," && at++)
    take("]"); blank()
    if (at <= length(json)) fail("is not the JSON that infra/main.bicep puts out")
    if (count == 0) fail("is empty")
    for (i = 1; i <= count; i++) {
        shown[i] = type[i] == "TXT" ? strings(data[i]) : data[i]
        print "; " purpose[i]
        printf "%s %s IN %s %s\n", name[i], ttl[i], type[i], shown[i]
    }
    print ""
    print "; What to check, once they are there:"
    for (i = 1; i <= count; i++) {
        printf ";   dig +short %s %s    must say  %s\n", type[i], name[i], shown[i]
        if (type[i] == "A") printf ";   dig +short CNAME %s    must say nothing: an MX must not lead to a CNAME (RFC 2181 section 10.3)\n", name[i]
    }
}
