#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Does `trapline calibrate` measure what plain C measures? Each round runs both, in shuffled
# order, bound to the same CPUs; every cost is compared by the medians over rounds.
#
#   benchmarks/calibrate-against-c.sh [--rounds 7] [--inner 5] [--seed 1] [--keep]
#
# --inner: rounds that each program makes by itself. Debian packages: gcc libc6-dev python3
# util-linux, and what ./trapline installs. Goal: every ratio from 0.8 to 1.25.

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
rounds=7 inner=5 seed=1
own_options=(inner)
read_options "$@"
need gcc:gcc python3:python3 taskset:util-linux
prepare_trapline
twin=$work/calibrate-twin
gcc -O2 -pthread -o "$twin" "$benchmarks/native/calibrate-twin.c" ||
  refuse "the twin does not compile." "apt-get install -y gcc libc6-dev"
gcc --version | head -n 1 >"$work/versions"

# The last two CPUs, as calibrate takes them.
mapfile -t cpus < <(python3 -c 'import os; print("\n".join(map(str, sorted(os.sched_getaffinity(0))[-2:])))')
cpu=${cpus[-1]} other=-1
[ "${#cpus[@]}" -gt 1 ] && other=${cpus[0]}

measure() {
  case "$1" in
  trapline)
    "$trapline" calibrate --no-keep --json --rounds "$inner" --seed "$seed" 2>"$work/errors" >"$work/json" ||
      refuse "trapline failed: $(tail -n 2 "$work/errors")" "$trapline calibrate --no-keep"
    python3 - "$work/json" <<'PYTHON'
import json, sys
costs = json.load(open(sys.argv[1]))
for name, cost in costs["costs"].items():
    print(name, cost["median"])
for name, sweep in costs["sweeps"].items():
    for point in sweep["points"]:
        print("%s@%d" % (name, point["at"]), point["median"])
PYTHON
    ;;
  c) "$twin" "$cpu" "$other" "$inner" || refuse "the twin failed." "run $twin alone" ;;
  esac
}

for ((round = 1; round <= rounds; round++)); do
  progress "round $round of $rounds"
  while read -r variant; do
    measure "$variant" >"$work/out"
    while read -r name nanos; do
      note "$variant:$name" "$nanos"
    done <"$work/out"
  done < <(shuffled $((seed * 1000 + round)) trapline c)
done
progress

grep -o '^c:[^ ]*' "$figures" | sort -u -V | sed 's/^c://' >"$work/names"
from_figures '
  printf "nanoseconds per call, medians of %d rounds\n\n", rounds
  printf "%-32s %11s %11s %7s  %-14s %s\n", "", "trapline", "C", "ratio", "95% interval", "0.8 to 1.25"
  while ((getline name < names) > 0) {
    t = "trapline:" name; c = "c:" name
    if (!count[t]) { printf "%-32s %11s %11.1f\n", name, "-", median(c); continue }
    interval(t, c)
    ratio = median(t) / median(c)
    all++
    if (ratio >= 0.8 && ratio <= 1.25) { inside++; word = "met" }
    else if (low <= 1.25 && high >= 0.8) word = "undecided"
    else word = "MISSED"
    printf "%-32s %11.1f %11.1f %7.2f  [%.2f, %.2f]   %s\n", name, median(t), median(c), ratio, low, high, word
  }
  printf "\n%d of %d ratios are from 0.8 to 1.25\n", inside, all
' "rounds=$rounds" "names=$work/names"
keep calibrate-against-c
