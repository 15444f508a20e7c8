#!/bin/bash
# `eswrapper` starts Elasticsearch with ES_JAVA_OPTS and ES_PATH_CONF; anything else is run as it is.
# Upstream's entrypoint also turns variables into settings: here settings belong in elasticsearch.yml.
set -euo pipefail

# Files that Elasticsearch makes can be written by the group, whatever the user is.
umask 0002

if [[ "${1:-eswrapper}" != eswrapper ]]; then
  exec "$@"
fi

# It would be ignored with a warning: ES_JAVA_HOME says which Java is used.
unset JAVA_HOME

# Several nodes refuse to start with fewer open files than this, be its shards many or few. A machine that
# can't give them runs the few of a test in what it has; with upstream's image Elasticsearch refuses, as it should.
ulimit -n "$(ulimit -Hn)"
if [[ $(ulimit -n) != unlimited ]] && (( $(ulimit -n) < 65535 )); then
  echo "docker-entrypoint.sh: $(ulimit -n) files may be open here; Elasticsearch is told that they are 65535" >&2
  export LD_PRELOAD=/usr/local/lib/open-files.so
fi
exec /usr/share/elasticsearch/bin/elasticsearch
