#!/bin/sh
# copyd-vectors must say no: each line below is a run and the exit status it has to end with.
set -u
program=$1
here=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

expect() {
  want=$1
  shift
  "$program" "$@" >"$scratch/out" 2>&1
  got=$?
  if [ "$got" -ne "$want" ]; then
    echo "exit $got, expected $want: $program $*"
    cat "$scratch/out"
    failed=1
  fi
}

expect 2
expect 2 "$scratch/absent.json"
printf '{"version": 1, "cases": [' >"$scratch/torn.json"
expect 2 "$scratch/torn.json"
printf '{"version": 2, "cases": []}' >"$scratch/version.json"
expect 2 "$scratch/version.json"
sed 's/"position_side"/"positionside"/' "$here/data/named.json" >"$scratch/key.json"
expect 2 "$scratch/key.json"
# One quantity of one expected order, one target, one reason and one order too many.
sed '0,/"qty": "0.045"/s//"qty": "0.044"/' "$here/data/named.json" >"$scratch/qty.json"
expect 1 "$scratch/qty.json"
sed '0,/"target": "0.03"/s//"target": "0.03000001"/' "$here/data/named.json" >"$scratch/target.json"
expect 1 "$scratch/target.json"
sed '0,/"reason": "missed"/s//"reason": "below_min"/' "$here/data/named.json" >"$scratch/reason.json"
expect 1 "$scratch/reason.json"
tail -n 1 "$scratch/out" | grep -qx '39 passed, 1 failed' || { echo "wrong last line"; failed=1; }
expect 0 "$here/data/named.json"
tail -n 1 "$scratch/out" | grep -qx '40 passed, 0 failed' || { echo "wrong last line"; failed=1; }
exit $failed
