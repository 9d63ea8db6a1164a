#!/bin/bash
# Makes the authority and the certificates of docker-compose.yml with EventStoreDB's own tool, es-gencert-cli.
#   certificates.sh          makes what is not there yet
#   certificates.sh renew    makes every certificate anew, signed by the same authority
# CERTIFICATES (default /certs) gets a folder for each service: tls.crt, tls.key (0400), roots/ca.crt; brokers of
# Kafka keystore.pem as well. CERTIFICATES_NAMES are further names of command-api, query-api and reactor, addresses or DNS
# names separated by commas: those by which callers outside of this network ask for them. Each service is given its own folder only; that of the authority's key is given to none.
set -euo pipefail
umask 077

folder="${CERTIFICATES:-/certs}"
# Who reads the keys. The only right that this script needs beyond its own folder is to give files away.
owner="${CERTIFICATES_OWNER:-1000:1000}"
renew="${1:-}"

# In a name of its own first: a half-written file is never taken for a whole one.
# What a run that was cut off has left of it is not to be written into: it is 0400 already, or somebody else's.
put() { rm -f "$2.new" && cat > "$2.new" && chmod "$1" "$2.new" && chown "$owner" "$2.new" && mv -f "$2.new" "$2"; }

octets() { printf '%b' "\\x$(printf %02x $(($1 / 256)))\\x$(printf %02x $(($1 % 256)))"; }

# es-gencert-cli writes RSA keys as PKCS #1, Kafka reads PKCS #8 only: the same bytes in an envelope that names RSA.
pkcs8() {
  local der size
  der="$(mktemp)"
  grep -v -e '-----' "$1" | base64 -d > "$der"
  size="$(wc -c < "$der")"
  echo '-----BEGIN PRIVATE KEY-----'
  {
    printf '\x30\x82' && octets $((size + 22))
    printf '\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04\x82' && octets "$size"
    cat "$der"
  } | base64
  echo '-----END PRIVATE KEY-----'
  rm -f "$der"
}

# <service> <common name> [<further names>]: a certificate for a server of that name and for its calls to others.
certificate() {
  local made="$folder/$1" dns="$1,localhost" addresses=127.0.0.1 name
  if [ -f "$made/tls.crt" ] && [ "$renew" != renew ]; then return; fi
  for name in $(echo "${3:-}" | tr , ' '); do
    case "$name" in
      *:*) addresses="$addresses,$name" ;;
      *[!0-9.]*) dns="$dns,$name" ;;
      *) addresses="$addresses,$name" ;;
    esac
  done
  rm -rf "$folder/.work" && mkdir -p "$folder/.work" "$made/roots"
  chmod 0755 "$made" "$made/roots"
  es-gencert-cli create-node -ca-certificate "$folder/ca/ca.crt" -ca-key "$folder/ca/ca.key" \
    -out "$folder/.work" -common-name "$2" -days 365 -dns-names "$dns" -ip-addresses "$addresses"
  put 0444 "$made/roots/ca.crt" < "$folder/ca/ca.crt"
  put 0400 "$made/tls.key" < "$folder/.work/node.key"
  if [ "$2" = kafka ]; then
    { pkcs8 "$folder/.work/node.key"; cat "$folder/.work/node.crt"; } | put 0400 "$made/keystore.pem"
  fi
  put 0444 "$made/tls.crt" < "$folder/.work/node.crt"
  rm -rf "$folder/.work"
}

chmod 0755 "$folder"
[ -f "$folder/ca/ca.key" ] || es-gencert-cli create-ca -out "$folder/ca" -days 1825

# The nodes of EventStoreDB know each other by this common name: nobody else may carry it.
for node in eventstore-1 eventstore-2 eventstore-3; do certificate "$node" eventstoredb-node; done
# The brokers know each other, and the reactor, by theirs: see KAFKA_SUPER_USERS.
for broker in kafka-1 kafka-2 kafka-3; do certificate "$broker" kafka; done
for service in postgres migrate projector; do certificate "$service" "$service"; done
for service in command-api query-api reactor; do certificate "$service" "$service" "${CERTIFICATES_NAMES:-}"; done
