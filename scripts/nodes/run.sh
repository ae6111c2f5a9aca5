#!/bin/sh
# Runs a command under another major version of Node: scripts/nodes/run.sh 22 -- npx vitest run test/instrument
# That Node is npm's package `node`, installed once into the user's cache (some 120 MB).
set -eu

if [ $# -lt 3 ] || [ "$2" != "--" ]; then
  echo "usage: scripts/nodes/run.sh <major> -- <command> [arguments]" >&2
  exit 2
fi
major="$1"
shift 2

cache="${XDG_CACHE_HOME:-$HOME/.cache}/trace-analyze"
target="$cache/node-$major"
bin="$target/node_modules/node/bin"
if [ ! -x "$bin/node" ]; then
  # Renamed when complete, so that nobody ever runs half a Node and two installations at a time do no harm.
  unfinished="$target.$$.unfinished"
  mkdir -p "$unfinished"
  trap 'rm -rf "$unfinished"' EXIT
  trap 'exit 130' INT TERM
  # Its install script is what puts the binary for this machine in place.
  npm install --prefix "$unfinished" --no-audit --no-fund --no-save --ignore-scripts=false "node@$major" >&2
  "$unfinished/node_modules/node/bin/node" --version >&2
  [ -x "$bin/node" ] || mv "$unfinished" "$target"
  rm -rf "$unfinished"
  trap - EXIT INT TERM
fi

PATH="$bin:$PATH"
export PATH
exec "$@"
