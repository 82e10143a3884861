#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How fast is a log of strace read? Against `wc -l` and `grep -c`, which only look for newlines and
# a word, and against mawk, which does the job that people do by hand: calls and time per syscall.
#
#   benchmarks/read-strace-log.sh [--rounds 7] [--seed 1] [--repetitions 30] [--keep]
#
# The log: two iperf3 servers and two clients (TCP, and UDP with four streams) for five seconds
# under `strace -f -ttt -T -yy`, about 40 MB with half of the calls in two lines (unfinished,
# resumed); repeated to more than a gigabyte, each repetition with process numbers and times of its
# own. All of it is in the page cache. Rounds are shuffled; a figure is a median.
#
# Trapline is measured as a process from start to end, on a Java machine that knows nothing
# ("process") and on one with an AOT cache that was trained by reading a tenth of the log, as
# ./trapline has one for its other commands ("trained"); and in a process that has read the log three
# times before ("warm"). All use all CPUs; the other programs use one.
#
# Debian packages: strace, iperf3, mawk, grep, coreutils; a JDK 25. Goals: a process at least twice as
# fast as mawk; warm at least as fast as `grep -c`.

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
rounds=7 seed=1 repetitions=30
own_options=(repetitions)
read_options "$@"
need strace:strace iperf3:iperf3 mawk:mawk grep:grep
prepare_trapline

mkdir "$work/classes"
"$jdk/bin/javac" -cp "$benchmarks/../app/target/lib/*" -d "$work/classes" \
  "$benchmarks/java/ReadStraceLog.java" || refuse "javac failed." "see above"
# An AOT cache takes no folders.
"$jdk/bin/jar" cf "$work/read.jar" -C "$work/classes" .
class_path="$work/read.jar:$benchmarks/../app/target/lib/*"
{
  "$jdk/bin/java" -version 2>&1 | sed -n 2p
  strace -V | head -n 1
  iperf3 --version | head -n 1
  mawk -W version 2>&1 | head -n 1
  grep --version | head -n 1
} >"$work/versions"

progress "recording"
cat >"$work/traffic.sh" <<'SH'
iperf3 -s -1 -p 5381 &
iperf3 -s -1 -p 5382 &
sleep 0.5
iperf3 -c 127.0.0.1 -p 5381 -t 5 &
iperf3 -c 127.0.0.1 -p 5382 -t 5 -P 4 -u -b 0 &
wait
SH
strace -f -ttt -T -yy -o "$work/one" sh "$work/traffic.sh" >/dev/null 2>&1
[ "$(wc -l <"$work/one")" -gt 10000 ] || refuse "the traced iperf3 did nothing." "sh -x $work/traffic.sh"

# Process numbers, at the begin of a line and returned by a clone, and times are moved on.
cat >"$work/repeat.awk" <<'AWK'
{
  blank = index($0, " ")
  pid = substr($0, 1, blank - 1) + pids
  rest = substr($0, blank)
  if (match(rest, /[0-9]+\.[0-9]+ /)) {
    stamp = substr(rest, RSTART, RLENGTH)
    point = index(stamp, ".")
    rest = substr(rest, 1, RSTART - 1) (substr(stamp, 1, point - 1) + seconds) substr(stamp, point) substr(rest, RSTART + RLENGTH)
  }
  if (rest ~ /(clone|clone3|vfork|fork)(\(| resumed)/ && match(rest, /\) += [0-9]+/)) {
    result = substr(rest, RSTART, RLENGTH)
    number = result
    sub(/.*= /, "", number)
    sub(/[0-9]+$/, number + pids, result)
    rest = substr(rest, 1, RSTART - 1) result substr(rest, RSTART + RLENGTH)
  }
  print pid rest
}
AWK
log=$work/log
for ((repetition = 0; repetition < repetitions; repetition++)); do
  progress "repeating: $repetition of $repetitions"
  mawk -v pids=$((repetition * 200)) -v seconds=$((repetition * 10)) -f "$work/repeat.awk" "$work/one"
done >"$log"
bytes=$(stat -c %s "$log")

# Calls and microseconds, per syscall and in sum.
cat >"$work/sum.awk" <<'AWK'
$NF == "...>" { next }
{
  if ($3 == "<...") name = $4
  else {
    open = index($3, "(")
    if (open < 2) next
    name = substr($3, 1, open - 1)
  }
  calls[name]++
  if (substr($NF, 1, 1) == "<") seconds[name] += substr($NF, 2)
}
END {
  for (name in calls) { all += calls[name]; time += seconds[name] }
  printf "%d %.0f\n", all, time * 1000000
}
AWK

run() {
  case "$1" in
  wc) wc -l <"$log" ;;
  grep) grep -c resumed "$log" ;;
  mawk) mawk -f "$work/sum.awk" "$log" ;;
  process) "$jdk/bin/java" -cp "$class_path" ReadStraceLog "$log" ;;
  trained) "$jdk/bin/java" -XX:AOTCache="$work/aot" -cp "$class_path" ReadStraceLog "$log" ;;
  esac
}

now() {
  printf -v "$1" '%s' "${EPOCHREALTIME//[!0-9]/}"
}

progress "training"
head -c "$((bytes / 10))" "$log" >"$work/part"
"$jdk/bin/java" -XX:AOTCacheOutput="$work/aot" -cp "$class_path" ReadStraceLog "$work/part" >/dev/null 2>&1
[ -r "$work/aot" ] || refuse "java made no AOT cache." "run it alone"

coproc WARM { "$jdk/bin/java" -cp "$class_path" ReadStraceLog "$log" warm; }
background+=("$WARM_PID")
warm() {
  echo go >&"${WARM[1]}"
  read -r nanos lines <&"${WARM[0]}"
}

progress "warming up"
for _ in 1 2 3; do warm; done
by_mawk=$(run mawk)
by_trapline=$(run process 2>"$work/skipped")
{
  printf 'log: %s bytes, %s lines, %s of them ends of calls that began in another line\n' \
    "$bytes" "$lines" "$(run grep)"
  printf 'calls and microseconds by mawk:     %s\n' "$by_mawk"
  printf 'calls and microseconds by Trapline: %s (%s)\n\n' "$by_trapline" "$(cat "$work/skipped")"
} | say
[ "${by_mawk% *}" = "${by_trapline% *}" ] || refuse "the two do not count the same." "see above"

variants=(wc grep mawk process trained warm)
for ((round = 1; round <= rounds; round++)); do
  while read -r variant; do
    progress "round $round of $rounds: $variant"
    if [ "$variant" = warm ]; then
      warm
      note warm "$((nanos / 1000000))e-3"
    else
      now from
      # Not to /dev/null itself: grep sees that and stops at the first line.
      run "$variant" 2>/dev/null | cat >/dev/null
      now to
      note "$variant" "$(((to - from) / 1000))e-3"
    fi
  done < <(shuffled $((seed * 1000 + round)) "${variants[@]}")
done
progress

from_figures '
  n = split("wc grep mawk process trained warm", names, " ")
  title["wc"] = "wc -l"
  title["grep"] = "grep -c resumed"
  title["mawk"] = "mawk, calls and time per syscall"
  title["process"] = "Trapline, the whole process"
  title["trained"] = "Trapline, the process, trained"
  title["warm"] = "Trapline, warm"
  printf "%d rounds\n\n%-34s %10s %8s %8s %8s\n", rounds, "", "MB/s", "seconds", "min", "max"
  for (i = 1; i <= n; i++) {
    v = names[i]
    printf "%-34s %10.0f %8.2f %8.2f %8.2f\n", title[v], bytes / 1e6 / median(v), median(v), minimum(v), maximum(v)
  }
  interval("mawk", "process")
  printf "\nprocess, times as fast as mawk:   %5.2f  [%.2f, %.2f] goal 2: %s\n", median("mawk") / median("process"), low, high, at_least(2)
  interval("mawk", "trained")
  printf "trained, times as fast as mawk:   %5.2f  [%.2f, %.2f] goal 2: %s\n", median("mawk") / median("trained"), low, high, at_least(2)
  interval("grep", "warm")
  printf "warm, times as fast as grep -c:   %5.2f  [%.2f, %.2f] goal 1: %s\n", median("grep") / median("warm"), low, high, at_least(1)
  print "\nratios of medians of time, each with its 95 % bootstrap interval"' "rounds=$rounds" "bytes=$bytes"
# It waits for more, and need not be killed.
exec {WARM[1]}>&-
keep read-strace-log
