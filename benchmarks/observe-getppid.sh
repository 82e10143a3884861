#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What observing one syscall costs: a loop of getppid(2) untraced, under Trapline, bpftrace,
# perf and strace, in one interleaved session of shuffled rounds. The figure is the loop's own
# nanoseconds per call, so nothing that starts or ends an observer is in it.
#
#   benchmarks/observe-getppid.sh [--rounds 7] [--calls 5000000] [--slow-calls 20000]
#                                 [--seed 1] [--keep]
#
# Debian packages: gcc libc6-dev bpftrace linux-perf strace, and what ./trapline installs.
# Root. Goals: full adds at most half of what bpftrace count+hist adds; light adds less than
# bpftrace count.

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
rounds=7 calls=5000000 slow_calls=20000 seed=1
own_options=(calls slow_calls)
read_options "$@"
need gcc:gcc bpftrace:bpftrace perf:linux-perf strace:strace
need_root
prepare_trapline
loop=$work/getppid-loop
gcc -O2 -o "$loop" "$benchmarks/native/getppid-loop.c" || refuse "the loop does not compile." "apt-get install -y gcc libc6-dev"
{
  bpftrace --version | head -n 1
  perf --version
  strace --version | head -n 1 | sed 's/ -- / /'
} >"$work/versions"

# The way of bpftrace: a hash keyed by syscall, counted by every CPU for itself.
by_count='tracepoint:raw_syscalls:sys_enter /WHO/ { @calls[args->id] = count(); }'
by_histogram='
tracepoint:raw_syscalls:sys_enter /WHO/ { @began[tid] = nsecs; }
tracepoint:raw_syscalls:sys_exit /@began[tid]/ {
  @calls[args->id] = count();
  @nanos[args->id] = hist(nsecs - @began[tid]);
  delete(@began[tid]);
}
END { clear(@began); }'

# under_bpftrace PROGRAM: the loop while a bpftrace observes it by its name.
under_bpftrace() {
  local program="BEGIN { printf(\"attached\\n\"); } ${1/WHO/comm == \"getppid-loop\"}" observer
  bpftrace -e "$program" >"$work/bpftrace.out" 2>&1 &
  observer=$!
  background+=("$observer")
  for _ in {1..200}; do
    grep -q attached "$work/bpftrace.out" && break
    sleep 0.05
  done
  grep -q attached "$work/bpftrace.out" || refuse "bpftrace does not attach: $(head -n 2 "$work/bpftrace.out")" "bpftrace -e 'BEGIN { exit(); }'"
  "$loop" "$calls"
  kill -INT "$observer"
  wait "$observer" 2>/dev/null
  background=()
}

measure() {
  case "$1" in
  untraced) "$loop" "$calls" ;;
  trapline-light) "$trapline" record --capture ebpf --level light -- "$loop" "$calls" ;;
  trapline-full) "$trapline" record --capture ebpf --level full -- "$loop" "$calls" ;;
  bpftrace-count) under_bpftrace "$by_count" ;;
  bpftrace-hist) under_bpftrace "$by_histogram" ;;
  perf-stat) perf stat -e raw_syscalls:sys_enter -o "$work/perf.out" -- "$loop" "$calls" ;;
  perf-trace) perf trace -s -o "$work/perf.out" -- "$loop" "$slow_calls" ;;
  strace) strace -c -f -o "$work/strace.out" -- "$loop" "$slow_calls" ;;
  esac 2>"$work/errors"
}

variants=(untraced trapline-light trapline-full bpftrace-count bpftrace-hist perf-stat strace perf-trace)
for ((round = 1; round <= rounds; round++)); do
  progress "round $round of $rounds"
  while read -r variant; do
    measure "$variant" >"$work/out" </dev/null
    nanos=$(grep -E '^[0-9]+\.[0-9]+$' "$work/out" | head -n 1)
    [ -n "$nanos" ] || refuse "$variant gave no figure: $(tail -n 2 "$work/errors")" "run it alone"
    note "$variant" "$nanos"
  done < <(shuffled $((seed * 1000 + round)) "${variants[@]}")
done
progress

from_figures '
  n = split("untraced trapline-light trapline-full bpftrace-count bpftrace-hist perf-stat strace perf-trace", names, " ")
  title["untraced"] = "untraced"
  title["trapline-light"] = "trapline --level light"
  title["trapline-full"] = "trapline --level full"
  title["bpftrace-count"] = "bpftrace count"
  title["bpftrace-hist"] = "bpftrace count+hist"
  title["perf-stat"] = "perf stat, one event"
  title["strace"] = "strace -c -f"
  title["perf-trace"] = "perf trace -s"
  base = median("untraced"); least = minimum("untraced")
  printf "ns per getppid, %d rounds\n\n", rounds
  printf "%-24s %10s %10s %10s %10s\n", "", "median", "min", "max", "added"
  for (i = 1; i <= n; i++) {
    v = names[i]
    printf "%-24s %10.1f %10.1f %10.1f %10s\n", title[v], median(v), minimum(v), maximum(v),
      v == "untraced" ? "-" : sprintf("%.1f", median(v) - base)
  }
  full = (median("trapline-full") - base) / (median("bpftrace-hist") - base)
  light = (median("trapline-light") - base) / (median("bpftrace-count") - base)
  fullest = (minimum("trapline-full") - least) / (minimum("bpftrace-hist") - least)
  lightest = (minimum("trapline-light") - least) / (minimum("bpftrace-count") - least)
  printf "\n%-40s %8s %8s %8s\n", "ratio of what is added", "medians", "minima", "goal"
  printf "%-40s %8.2f %8.2f %8s  %s\n", "full / bpftrace count+hist", full, fullest, "<= 0.5", full <= 0.5 ? "met" : "MISSED"
  printf "%-40s %8.2f %8.2f %8s  %s\n", "light / bpftrace count", light, lightest, "< 1", light < 1 ? "met" : "MISSED"
' "rounds=$rounds"
keep observe-getppid
