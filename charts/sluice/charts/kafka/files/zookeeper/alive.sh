#!/usr/bin/env bash
# Does this broker live? Its ZooKeeper client can lock itself up for ever while it connects by TLS (ZOOKEEPER-4293, in all
# Kafka 3.9): the broker's port stays open, but it has left the cluster. A broker has two such clients. Of one that is locked
# up, a connection is left that only ZooKeeper has closed, or none while the other has one. With ZooKeeper away, neither has
# one: the broker lives.
set -euo pipefail

established=0
while read -r _ _ remote state _; do
  [[ $remote == *:0885 ]] || continue # port 2181
  case $state in
  01) established=$((established + 1)) ;;
  08) # CLOSE_WAIT
    echo "a ZooKeeper client does not close a connection that ZooKeeper has closed" >&2
    exit 1
    ;;
  esac
done < <(cat "${PROC_NET:-/proc/net}"/tcp*)
if ((established == 1)); then
  echo "one of two ZooKeeper clients is connected" >&2
  exit 1
fi
exec 3<>"/dev/tcp/127.0.0.1/${PORT:-9092}"
