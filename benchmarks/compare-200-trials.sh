#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How long `trapline compare` and `trapline report` take for a run with 200 trials, from the start
# of the process to its end, next to `trapline show` of the same run and a plain Java hello world.
#
#   benchmarks/compare-200-trials.sh [--rounds 11] [--seed 1] [--trials 200] [--keep]
#
# The run is made up by the generator of the tests (ComparableRuns: three environments, both tests,
# half of the trials traced): its figures mean nothing, its size is that of a real one. Debian
# packages: what ./trapline installs; a JDK 25. Goal: compare and report in less than 3 s.

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
rounds=11 seed=1 trials=200
own_options=(trials)
read_options "$@"
prepare_trapline
root=$benchmarks/..
generator=$(ls "$root"/core/target/trapline-core-*-tests.jar 2>/dev/null | head -n 1)
[ -n "$generator" ] || refuse "the classes of core's tests are not built." "mvn -DskipTests -pl core package"
run=$work/run
"$jdk/bin/java" --enable-native-access=ALL-UNNAMED -cp "$generator:$root/app/target/lib/*" \
  dev.trapline.comparison.ComparableRuns "$run" "$trials" "$seed" ||
  refuse "the run could not be made." "see above"
cat >"$work/Hello.java" <<'JAVA'
public final class Hello {
  public static void main(String[] arguments) {
    System.out.println("Hello, world");
  }
}
JAVA
"$jdk/bin/javac" -d "$work" "$work/Hello.java" || refuse "javac failed." "see above"
"$jdk/bin/java" -version 2>&1 | sed -n 2p >"$work/versions"
made=$(grep -c '"order"' "$run/run.json")
printf 'run: %s trials, tallies of %s bytes\n' "$made" "$(stat -c %s "$run/tallies.parquet")" |
  tee -a "$work/versions" | say

start() {
  case "$1" in
  hello) "$jdk/bin/java" -cp "$work" Hello ;;
  show) "$trapline" show "$run" ;;
  compare) "$trapline" compare "$run" ;;
  compare-json) "$trapline" compare "$run" --json ;;
  report-html)
    rm -f "$work/report.html"
    "$trapline" report "$run" --format html -o "$work/report.html"
    ;;
  esac
}

# Microseconds since some time, whatever the locale's decimal point.
now() {
  printf -v "$1" '%s' "${EPOCHREALTIME//[!0-9]/}"
}

variants=(hello show compare compare-json report-html)
for variant in "${variants[@]}"; do
  start "$variant" >/dev/null || refuse "$variant does not run." "run it alone"
done
for ((round = 1; round <= rounds; round++)); do
  progress "round $round of $rounds"
  while read -r variant; do
    now from
    TIMEFORMAT='%3U %3S'
    { time start "$variant" >/dev/null 2>&1 </dev/null; } 2>"$work/cpu"
    now to
    note "$variant" "$(((to - from) / 100))e-1"
    note "$variant-cpu" "$(awk '{ print ($1 + $2) * 1000 }' "$work/cpu")"
  done < <(shuffled $((seed * 1000 + round)) "${variants[@]}")
done
progress

from_figures '
  n = split("hello show compare compare-json report-html", names, " ")
  title["hello"] = "java Hello"
  title["show"] = "trapline show RUN"
  title["compare"] = "trapline compare RUN"
  title["compare-json"] = "trapline compare RUN --json"
  title["report-html"] = "trapline report RUN --format html"
  printf "ms from start to end of the process, and ms of CPU time, %d rounds\n\n", rounds
  printf "%-34s %8s %8s %8s %8s %6s\n", "", "median", "min", "max", "CPU", "ratio"
  for (i = 1; i <= n; i++) {
    v = names[i]; r = median(v "-cpu") / median("show-cpu")
    printf "%-34s %8.0f %8.0f %8.0f %8.0f %6.2f", title[v], median(v), minimum(v), maximum(v), median(v "-cpu"), r
    if (i > 2) { interval(v "-cpu", "show-cpu"); printf "  [%.2f, %.2f] %s", low, high, (maximum(v) < 3000) ? "met" : ((minimum(v) >= 3000) ? "MISSED" : "undecided") }
    print ""
  }
  print "\nratio: to show, of medians of CPU time, with its 95 % bootstrap interval\ngoal: each round less than 3000 ms from start to end"' "rounds=$rounds"
keep compare-200-trials
