#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What observing a network benchmark costs it: iperf3 -P 4 and sockperf ping-pong between two
# network namespaces, both sides traced or not, interleaved by `./trapline bench` itself.
#
#   benchmarks/observe-network.sh [--rounds 10] [--duration 3] [--levels full,light]
#                                 [--cpus split|any|0:0] [--seed 1] [--keep]
#
# --cpus is that of `trapline bench`: split (each side has half of the CPUs), any (the scheduler
# chooses), or SERVER:CLIENT; 0:0 has both on one CPU. README.md says why it matters.
#
# Debian packages: jq, and what ./trapline installs. Root. Goals: traced throughput at least
# 0.97 of untraced, traced latency at most 1.05 (ratios of medians).

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
rounds=10 duration=3 levels=full cpus=split seed=1
own_options=(duration levels cpus)
read_options "$@"
need jq:jq
need_root
prepare_trapline
need iperf3:iperf3 sockperf:sockperf
{
  iperf3 --version | head -n 1
  sockperf --version | head -n 1
} >"$work/versions"

bench() {
  (cd "$work" &&
    exec "$trapline" bench --capture ebpf --environment netns --cpus "$cpus" --level "$1" \
      --repeats "$rounds" --duration "$duration" --seed "$seed" --output "$work/run-$1" --json)
}

IFS=, read -r -a chosen <<<"$levels"
for level in "${chosen[@]}"; do
  bench "$level" >"$work/$level.json" || refuse "trapline bench --level $level failed." "run it alone"
  jq -r '.trials[] | select(.failure) | .id + ": " + .failure' "$work/$level.json" >"$work/failures" ||
    refuse "the JSON of trapline bench is not as expected." "run it alone"
  [ -s "$work/failures" ] && refuse "a trial failed: $(head -n 1 "$work/failures")" "run it again"
  # One line a trial: variant, figure. Repeats come in order, so that line N of the traced and
  # of the untraced trials make round N.
  jq -r --arg level "$level" '
    .trials | sort_by(.repeat)[]
    | [ $level,
        (if .outcome.type == "throughput" then "iperf3" else "sockperf" end),
        (if .traced then "traced" else "untraced" end) ] as $name
    | ($name | join("-")) + " " +
      (if .outcome.type == "throughput" then .outcome.goodputBitsPerSecond / 1e9
       else .outcome.meanNanos / 1000 end | tostring)' "$work/$level.json" >>"$figures"
  from_figures '
    split("iperf3 sockperf", tests, " ")
    what["iperf3"] = "iperf3 -P 4, Gbit/s received"
    what["sockperf"] = "sockperf ping-pong, mean half round trip of a trial, us"
    goal["iperf3"] = ">= 0.97"; goal["sockperf"] = "<= 1.05"
    printf "trapline --level %s, --cpus %s, rounds of %d s\n", level, cpus, duration
    for (t = 1; t <= 2; t++) {
      on = level "-" tests[t] "-traced"; off = level "-" tests[t] "-untraced"
      if (!count[on] || !count[off]) continue
      printf "\n  %s\n", what[tests[t]]
      printf "  %-10s %9s %9s %9s %9s\n", "round", "untraced", "traced", "ratio", ""
      for (i = 1; i <= count[on]; i++)
        printf "  %-10d %9.3f %9.3f %9.3f\n", i, value[off, i], value[on, i], value[on, i] / value[off, i]
      interval(on, off)
      r = median(on) / median(off)
      printf "  %-10s %9.3f %9.3f %9.3f   [%.3f, %.3f]  goal %s: %s\n", "median",
        median(off), median(on), r, low, high, goal[tests[t]],
        t == 1 ? at_least(0.97) : at_most(1.05)
    }
    print ""' "level=$level" "cpus=$cpus" "duration=$duration"
done
printf 'ratio: traced / untraced; in brackets its 95%% bootstrap interval\n' | say
suffix=
[ "$cpus" = split ] || suffix=-cpus-${cpus//[!a-z0-9]/-}
keep "observe-network$suffix"
