#Requires -Version 7.4
# DNS_RECORDS, the output of infra/main.bicep, as a zone-file block and as the dig commands that check it. Part of postprovision.ps1; says what
# dns-records.awk and print_dns of postprovision.sh say.

# Character strings of a TXT record: quoted, at most 255 octets each (RFC 1035 section 3.3).
function ConvertTo-CharacterStrings([string] $Value) {
    $pieces = for ($at = 0; $at -eq 0 -or $at -lt $Value.Length; $at += 255) {
        '"' + ($Value.Substring($at, [Math]::Min(255, $Value.Length - $at)) -creplace '(["\\])', '\$1') + '"'
    }
    $pieces -join ' '
}

# Throws FormatException with what is wrong.
function Read-DnsRecords([string] $Json) {
    try { $array = [Text.Json.JsonDocument]::Parse($Json).RootElement.EnumerateArray() }
    catch { throw [FormatException]::new('is not the JSON that infra/main.bicep puts out') }
    foreach ($element in $array) {
        $field = @{ name = ''; type = ''; ttl = ''; value = ''; purpose = ''; optional = '' }
        foreach ($property in $element.EnumerateObject()) {
            $text = if ($property.Value.ValueKind -eq 'String') { $property.Value.GetString() } else { $property.Value.GetRawText() }
            if ($text -cmatch '[^ -~]') { throw [FormatException]::new('holds a character that is not printable ASCII') }
            $field[$property.Name] = $text
        }
        if ($field.name -cnotmatch '\A[A-Za-z0-9._-]+\.\z' -or $field.type -cnotmatch '\A[A-Z]+\z' -or $field.ttl -cnotmatch '\A[0-9]+\z') {
            throw [FormatException]::new('holds a record without name, type or ttl')
        }
        if ($field.optional -ceq 'true') { $field.purpose += ' (optional)' }
        if ($field.type -ceq 'TXT') { $field.value = ConvertTo-CharacterStrings $field.value }
        $field
    }
}

# False: DNS_RECORDS is not what it should be, which is said.
function Write-DnsRecords {
    Say ''
    Say '; DNS records to set, as a zone file'
    try {
        $records = @(Read-DnsRecords $env:DNS_RECORDS)
        if ($records.Count -eq 0) { throw [FormatException]::new('is empty') }
    }
    catch [FormatException] {
        Complain "DNS_RECORDS $($_.Exception.Message)"
        return $false
    }
    foreach ($record in $records) {
        Say "; $($record.purpose)"
        Say "$($record.name) $($record.ttl) IN $($record.type) $($record.value)"
    }
    Say ''
    Say '; What to check, once they are there:'
    foreach ($record in $records) {
        Say ";   dig +short $($record.type) $($record.name)    must say  $($record.value)"
        if ($record.type -ceq 'A') { Say ";   dig +short CNAME $($record.name)    must say nothing: an MX must not lead to a CNAME (RFC 2181 section 10.3)" }
    }
    Say ';'
    Say '; A domain that has mail today: try a subdomain first. An MX record takes all mail of its domain here.'
    Say '; A record that you replace: lower its TTL to 300 a day before.'
    Say '; A PTR record is not needed to receive.'
    if ($env:CERTIFICATE_NAME) { Say "; STARTTLS shows the certificate $env:CERTIFICATE_NAME of the key vault; it must name $env:MX_HOST." }
    else { Say "; STARTTLS shows a self-signed certificate, which most senders take. For one that names $env:MX_HOST, put it into the key vault and set CERTIFICATE_NAME." }
    $true
}
