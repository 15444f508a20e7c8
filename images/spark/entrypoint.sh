#!/usr/bin/env bash
# Runs its arguments as the only children of an init process, as upstream's does for whatever is no command of its own.
exec tini -s -- "$@"
