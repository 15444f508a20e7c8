#!/bin/sh
# OCI runtime for machines whose root lacks CAP_SYS_RESOURCE: `docker run --privileged`, which kind
# uses, asks for every capability, and runc then fails with "unable to apply caps: operation not
# permitted". This drops from the request what the machine's root does not have itself.
config='' previous=''
for arg; do
  case $previous in
  --bundle) config=$arg/config.json ;;
  --process | -p) config=$arg ;;
  esac
  previous=$arg
done
if [ -f "$config" ]; then
  jq -c '
    def bounded: map_values(if type == "array" then map(select(. != "CAP_SYS_RESOURCE")) else . end);
    if .process then .process.capabilities |= bounded | del(.process.oomScoreAdj)
    else .capabilities |= bounded | del(.oomScoreAdj) end' "$config" >"$config.new" &&
    mv "$config.new" "$config"
fi
exec runc "$@"
