#!/usr/bin/env bash
# Runs every fuzz target of the module for its share of BUDGET seconds (default 100) of fuzzing, at least
# two each. Usage: deploy/dev/fuzz.sh [package pattern...]; the default is ./...
set -euo pipefail
cd "$(dirname "$0")/../.."

budget=${BUDGET:-100}
[ $# -gt 0 ] || set -- ./...

# go test -list prints the targets of a package and then "ok <package> <time>".
targets=$(go test -list '^Fuzz' "$@" | awk '/^Fuzz/ {name[n++] = $1} /^ok/ {for (i = 0; i < n; i++) print $2, name[i]; n = 0}')
[ -n "$targets" ] || { echo "fuzz: no fuzz targets in $*" >&2; exit 1; }
count=$(wc -l <<<"$targets")
each=$((budget / count)); [ "$each" -ge 2 ] || each=2
echo "fuzz: $count targets, ${each}s each"

out=$(mktemp)
trap 'rm -f "$out"' EXIT
failed=0
while read -r package target; do
  if go test -run '^$' -fuzz "^$target\$" -fuzztime "${each}s" "$package" >"$out" 2>&1 </dev/null; then
    awk -v t="$package $target" '/execs:/ {last = $0} END {sub(/.*execs: /, "", last); print "ok   " t ": " last}' "$out"
    continue
  fi
  # The toolchain sometimes reports the end of -fuzztime itself as a failure, without an input that fails.
  if grep -q 'context deadline exceeded' "$out" && ! grep -Eq 'Failing input|panic:|DATA RACE' "$out"; then
    echo "ok   $package $target: ended by its deadline"
    continue
  fi
  echo "FAIL $package $target"
  cat "$out"
  failed=1
done <<<"$targets"
exit "$failed"
