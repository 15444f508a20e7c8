#!/usr/bin/env bash
# Starts the driver of log_analytics.py.
set -euo pipefail

rm -f "$HEARTBEAT"
mkdir -p /data/events /data/jobs

# Spark asks three times for a master that is not there, and gives up.
until timeout 3 bash -c "exec 3<>/dev/tcp/${MASTER/://}" 2>/dev/null; do
  echo "Waiting for the master at $MASTER."
  sleep "${RETRY_SECONDS:-3}"
done

# Executors get the connector's jars from the driver.
jars=$(printf ',%s' /jars/*.jar)
exec "${SPARK_HOME:-/opt/spark}/bin/spark-submit" --name log-analytics --jars "${jars:1}" \
  --conf "spark.driver.host=$POD_IP" \
  /etc/sluice/log_analytics.py /etc/sluice/log_analytics.conf --heartbeat "$HEARTBEAT"
