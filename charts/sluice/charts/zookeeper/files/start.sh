#!/usr/bin/env bash
# Starts this pod's server.
set -euo pipefail

# Its number comes from its pod's: 1 for the pod 0.
echo "$((${HOSTNAME##*-} + 1))" >/data/myid

if [[ -e /etc/tls/tls.key ]]; then
  cat /etc/tls/tls.key /etc/tls/tls.crt >/tmp/keystore.pem
fi

exec zkServer.sh start-foreground
