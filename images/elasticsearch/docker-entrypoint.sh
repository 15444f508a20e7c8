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
exec /usr/share/elasticsearch/bin/elasticsearch
