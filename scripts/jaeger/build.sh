#!/bin/sh
# Builds the Jaeger that tests run against, where Docker is no choice, into the user's cache; prints its path.
# go.mod and go.sum here pin it with every checksum: v1.76.0 of the Go module is the release 2.13.0.
# Nothing is done when it is there already. Cold: some minutes, 3 GB of Go's own caches.
set -eu

cache="${XDG_CACHE_HOME:-$HOME/.cache}/trace-analyze"
target="$cache/jaeger-2.13.0"
if [ -x "$target" ]; then
  echo "$target"
  exit 0
fi

mkdir -p "$cache"
cd "$(dirname "$0")"
# Renamed when complete, so that nobody ever starts half a binary and two builds at a time do no harm.
unfinished="$target.$$.unfinished"
trap 'rm -f "$unfinished"' EXIT
trap 'exit 130' INT TERM
go build -mod=readonly -trimpath -o "$unfinished" github.com/jaegertracing/jaeger/cmd/jaeger >&2
mv "$unfinished" "$target"
echo "$target"
