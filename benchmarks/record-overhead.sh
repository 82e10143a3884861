#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What observing short-lived processes costs: a shell that starts one program after another,
# as make and configure do, alone and under `trapline record`, strace, perf trace. Most of
# the work of an observer here is in forks, execs and exits. The figure is the shell's own
# time from its first program to its last, so nothing that starts or ends an observer is in it.
#
#   benchmarks/record-overhead.sh [--rounds 5] [--processes 1000] [--seed 1] [--keep]
#
# Debian packages: linux-perf strace, and what ./trapline installs. Root.

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
rounds=5 processes=1000 seed=1
own_options=(processes)
read_options "$@"
need perf:linux-perf strace:strace
need_root
prepare_trapline
{
  perf --version
  strace --version | head -n 1 | sed 's/ -- / /'
} >"$work/versions"
cat >"$work/workload" <<'SHELL'
from=${EPOCHREALTIME//[!0-9]/}
for ((at = 0; at < $1; at++)); do
  /bin/true
done
to=${EPOCHREALTIME//[!0-9]/}
printf 'micros %d\n' $((to - from))
SHELL
workload=(bash "$work/workload" "$processes")

measure() {
  case "$1" in
  alone) "${workload[@]}" ;;
  trapline-light) "$trapline" record --capture ebpf --level light -- "${workload[@]}" ;;
  trapline-full) "$trapline" record --capture ebpf --level full -- "${workload[@]}" ;;
  strace) strace -c -f -o "$work/strace.out" -- "${workload[@]}" ;;
  perf-trace) perf trace -s -o "$work/perf.out" -- "${workload[@]}" ;;
  esac 2>"$work/errors"
}

variants=(alone trapline-light trapline-full strace perf-trace)
for ((round = 1; round <= rounds; round++)); do
  progress "round $round of $rounds"
  while read -r variant; do
    measure "$variant" >"$work/out" </dev/null
    micros=$(sed -n 's/^micros //p' "$work/out")
    [ -n "$micros" ] || refuse "$variant gave no figure: $(tail -n 2 "$work/errors")" "run it alone"
    note "$variant" "$micros"
  done < <(shuffled $((seed * 1000 + round)) "${variants[@]}")
done
progress

from_figures '
  n = split("alone trapline-light trapline-full strace perf-trace", names, " ")
  title["alone"] = "alone"
  title["trapline-light"] = "trapline --level light"
  title["trapline-full"] = "trapline --level full"
  title["strace"] = "strace -c -f"
  title["perf-trace"] = "perf trace -s"
  printf "us per process (fork, exec, wait), %d processes, %d rounds\n\n", processes, rounds
  printf "%-24s %9s %9s %9s %9s %7s\n", "", "median", "min", "max", "added", "ratio"
  base = median("alone")
  for (i = 1; i <= n; i++) {
    v = names[i]; m = median(v)
    printf "%-24s %9.0f %9.0f %9.0f %9s %7.2f", title[v], m / processes,
      minimum(v) / processes, maximum(v) / processes,
      i == 1 ? "-" : sprintf("%.0f", (m - base) / processes), m / base
    if (i > 1) { interval(v, "alone"); printf "  [%.2f, %.2f]", low, high }
    print ""
  }
  print "\nratio: to alone, of medians, with its 95 % bootstrap interval"' "rounds=$rounds" "processes=$processes"
keep record-overhead
