#!/bin/bash
# Starts ZooKeeper in the foreground with upstream's variables: ZOOCFGDIR, ZOOCFG, ZOO_LOG_DIR,
# ZK_SERVER_HEAP (MiB), JVMFLAGS, SERVER_JVMFLAGS. Upstream's script has more commands; a container
# needs this one.
set -euo pipefail

if [[ "${1:-}" != start-foreground ]]; then
  echo "usage: zkServer.sh start-foreground [zoo.cfg]" >&2
  exit 2
fi

home="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
conf="${ZOOCFGDIR:-$home/conf}"
config="${2:-${ZOOCFG:-zoo.cfg}}"
[[ "$config" == */* ]] || config="$conf/$config"

# The configuration folder comes first: its logback.xml is the one in force.
# shellcheck disable=SC2086 # the flags are lists of words
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" \
  -Dzookeeper.log.dir="${ZOO_LOG_DIR:-$home/logs}" \
  -XX:+ExitOnOutOfMemoryError \
  -Xmx"${ZK_SERVER_HEAP:-1000}m" \
  ${JVMFLAGS:-} ${SERVER_JVMFLAGS:-} \
  -cp "$conf:$home/lib/*" \
  org.apache.zookeeper.server.quorum.QuorumPeerMain "$config"
