#!/usr/bin/env bash
# Runs every fuzz target of the module for its share of BUDGET seconds (default 100) of fuzzing, at least
# two each. Usage: deploy/dev/fuzz.sh [package pattern...]; the default is ./...
#
# The instrumented test of a package is built once for all its targets; JOBS packages (default: the processors) are
# fuzzed at a time, with one worker each.
set -euo pipefail
cd "$(dirname "$0")/../.."

budget=${BUDGET:-100} jobs=${JOBS:-$(nproc)}
[ $# -gt 0 ] || set -- ./...

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# go test -list prints the targets of a package and then "ok <package> <time>".
go test -list '^Fuzz' "$@" |
  awk '/^Fuzz/ {t = t " " $1} /^ok/ {if (t != "") print $2 t; t = ""}' >"$work/packages"
count=$(awk '{n += NF - 1} END {print n + 0}' "$work/packages")
[ "$count" -gt 0 ] || { echo "fuzz: no fuzz targets in $*" >&2; exit 1; }
each=$((budget / count)); [ "$each" -ge 2 ] || each=2
echo "fuzz: $count targets, ${each}s each, $jobs at a time"

# package PACKAGE TARGET...: fuzzes the targets of a package, one after the other.
package() {
  local package=$1 name dir target out failed=0
  shift
  name=$(tr / - <<<"$package")
  dir=$(go list -f '{{.Dir}}' "$package")
  go test -c -fuzz=. -o "$work/$name.test" "$package" || return 1
  for target in "$@"; do
    out="$work/$name.$target"
    if (cd "$dir" && "$work/$name.test" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "${each}s" -test.parallel 1 \
      -test.fuzzcachedir "$corpus/$package" >"$out" 2>&1 </dev/null); then
      awk -v t="$package $target" '/execs:/ {last = $0} END {sub(/.*execs: /, "", last); print "ok   " t ": " last}' "$out"
    # The toolchain sometimes reports the end of -test.fuzztime itself as a failure, without an input that fails.
    elif grep -q 'context deadline exceeded' "$out" && ! grep -Eq 'Failing input|panic:|DATA RACE' "$out"; then
      echo "ok   $package $target: ended by its deadline"
    else
      echo "FAIL $package $target"
      cat "$out"
      failed=1
    fi
  done
  return "$failed"
}
export -f package
corpus=$(go env GOCACHE)/fuzz
export work each corpus

xargs -P "$jobs" -L 1 bash -c 'set -uo pipefail; package "$@"' package <"$work/packages"
