#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How long a look-up takes, from the start of the process to its end: `trapline explain` and
# `--help` against a plain Java hello world on the same JDK with default flags.
#
#   benchmarks/start-up.sh [--rounds 15] [--seed 1] [--keep]
#
# Debian packages: what ./trapline installs; a JDK 25. Goal: at most 5 times hello world
# (ratio of medians).

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
rounds=15 seed=1
read_options "$@"
prepare_trapline
cat >"$work/Hello.java" <<'JAVA'
public final class Hello {
  public static void main(String[] arguments) {
    System.out.println("Hello, world");
  }
}
JAVA
"$jdk/bin/javac" -d "$work" "$work/Hello.java" || refuse "javac failed." "see above"
"$jdk/bin/java" -version 2>&1 | sed -n 2p >"$work/versions"
if [ -r "$benchmarks/../.build/trapline.aot" ]; then
  printf 'AOT cache: in use\n'
else
  printf 'AOT cache: NONE was made (see ./trapline), which costs start-up time\n'
fi | tee -a "$work/versions" | say

start() {
  case "$1" in
  hello) "$jdk/bin/java" -cp "$work" Hello ;;
  help) "$trapline" --help ;;
  explain-readv) "$trapline" explain readv ;;
  explain-list) "$trapline" explain --list ;;
  explain-json) "$trapline" explain --json readv ;;
  doctor-help) "$trapline" doctor --help ;;
  esac
}

# Microseconds since some time, whatever the locale's decimal point.
now() {
  printf -v "$1" '%s' "${EPOCHREALTIME//[!0-9]/}"
}

variants=(hello help explain-readv explain-list explain-json doctor-help)
for variant in "${variants[@]}"; do
  start "$variant" >/dev/null || refuse "$variant does not run." "run it alone"
done
for ((round = 1; round <= rounds; round++)); do
  progress "round $round of $rounds"
  while read -r variant; do
    now from
    start "$variant" >/dev/null </dev/null
    now to
    note "$variant" "$(((to - from) / 100))e-1"
  done < <(shuffled $((seed * 1000 + round)) "${variants[@]}")
done
progress

from_figures '
  n = split("hello help explain-readv explain-list explain-json doctor-help", names, " ")
  title["hello"] = "java Hello"
  title["help"] = "trapline --help"
  title["explain-readv"] = "trapline explain readv"
  title["explain-list"] = "trapline explain --list"
  title["explain-json"] = "trapline explain --json readv"
  title["doctor-help"] = "trapline doctor --help (picocli)"
  printf "ms from start to end of the process, %d rounds\n\n", rounds
  printf "%-34s %8s %8s %8s %8s\n", "", "median", "min", "max", "ratio"
  for (i = 1; i <= n; i++) {
    v = names[i]; r = median(v) / median("hello")
    printf "%-34s %8.1f %8.1f %8.1f %8.2f", title[v], median(v), minimum(v), maximum(v), r
    if (i > 1 && i < n) { interval(v, "hello"); printf "  [%.2f, %.2f] %s", low, high, at_most(5) }
    print ""
  }
  print "\nratio: to hello, of medians, with its 95 % bootstrap interval; goal at most 5"' "rounds=$rounds"
keep start-up
