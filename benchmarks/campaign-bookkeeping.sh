#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a campaign costs beside its trials: planning, keeping each trial on the disk, going on, putting
# the run together with its report, reading it again, and writing the report in every form. The
# workload is made up and takes no time; that is allowed here and in no other place.
#
#   benchmarks/campaign-bookkeeping.sh [--trials 500] [--seed 1] [--keep]
#
# Each traced trial has two sides of 60 kinds of call with their histograms. Beside it, as the peer in
# the same run, is a tenth as many trials: a cost per trial that grows with their number is none that
# scales. The heap is held to 160 MiB, of which the Parquet reader's buffers take 80 and more. Goal:
# under 100 ms per trial in all, a heap after the trials that does not grow with them, and one with the
# report that grows by less than 4 KiB a trial: what run.json has of it, and its figures.

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
trials=500 seed=1 rounds=1
own_options=(trials)
read_options "$@"
prepare_trapline

mkdir "$work/classes"
"$jdk/bin/javac" -cp "$benchmarks/../app/target/lib/*:$benchmarks/../app/target/*" -d "$work/classes" \
  "$benchmarks/java/CampaignBookkeeping.java" || refuse "javac failed." "see above"
class_path="$work/classes:$benchmarks/../app/target/lib/*:$benchmarks/../app/target/*"

measure() { # NUMBER: with so many trials
  "$jdk/bin/java" -Xmx160m -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED -cp "$class_path" \
    CampaignBookkeeping "$work/run-$1" "$(($1 / 10))" "$seed"
}

measure "$((trials / 10))" >"$work/few" || refuse "it failed." "see above"
measure "$trials" >"$work/many" || refuse "it failed." "see above"
{
echo "| what | $((trials / 10)) trials | $trials trials |"
echo "|---|---|---|"
while read -r what value; do
  other=$(awk -v what="$what" '$1 == what { print $2 }' "$work/few")
  case $what in
  heap*) echo "| $what | $other | $value |" ;;
  *) echo "| $what, ms per trial | $other | $value |" ;;
  esac
done <"$work/many"
} | say
awk '
  FNR == NR { few[$1] = $2; next }
  !/^heap/ && $1 !~ /-cpu$/ { wall += $2 }
  $1 ~ /-cpu$/ { cpu += $2 }
  $1 == "heap-MiB-with-the-report" { grown = ($2 - few[$1]) * 1024 }
  END {
    printf "\n%.1f ms per trial in all (%.1f ms of CPU time); goal 100: %s\n", wall, cpu, wall <= 100 ? "met" : "MISSED"
    printf "the report grows by %.1f KiB a trial; goal 4: %s\n", grown / more, grown / more <= 4 ? "met" : "MISSED"
  }' more="$((trials - trials / 10))" "$work/few" "$work/many" | say
cat "$work/many" >>"$figures"
keep campaign-bookkeeping
