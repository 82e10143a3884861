#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How good the gains are that `trapline findings` predicts: programs with a fault are recorded,
# and the same programs mended as the advice says. What the finding of the faulty one says can
# be saved, as a share of the work time in syscalls, is set against what the mended one saved.
# The share of the elapsed time that was saved stands beside it: it is not predicted.
#
#   benchmarks/predicted-gains.sh [--rounds 5] [--seed 1] [--keep]
#
# Debian packages: gcc libc6-dev jq, and what ./trapline installs. Root.

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
rounds=5 seed=1
read_options "$@"
need gcc:"gcc libc6-dev" jq:jq
need_root
prepare_trapline
gcc --version | head -n 1 >"$work/versions"
gcc -O1 -static -pthread -o "$work/faults" "$benchmarks/../app/src/test/c/faults.c" ||
  refuse "faults.c does not compile." "apt-get install -y gcc libc6-dev"

rules=(small-unvectored-io unbatched-udp socket-options-in-data-path clock-calls-in-data-path
  identity-calls-in-data-path wait-per-io eagain-spinning poll-of-many-descriptors
  futex-contention copy-between-descriptors interrupt-by-syscall)

# record RULE MODE: sets work_nanos and elapsed_nanos of one run, in $work/run.
record() {
  rm -rf "$work/run"
  "$trapline" record --capture ebpf -o "$work/run" -- "$work/faults" "$1" "$2" 2>"$work/errors" </dev/null
  [ -r "$work/run/run.json" ] || return 1
  read -r work_nanos elapsed_nanos < <("$trapline" show "$work/run" --json |
    jq -r '[([.tallies[].workNanos] | add), .trials[0].durationNanos] | @tsv')
}

for ((round = 1; round <= rounds; round++)); do
  while read -r rule; do
    progress "round $round of $rounds: $rule"
    record "$rule" faulty || { echo "$rule cannot run here: $(tail -n 1 "$work/errors")" >&2; continue; }
    before=$work_nanos before_elapsed=$elapsed_nanos
    read -r low high < <("$trapline" findings "$work/run" --json |
      jq -r --arg id "$rule" '[.findings[] | select(.id == $id)][0].gain
        | if . == null then "none none" else "\(.low / .of * 100) \(.high / .of * 100)" end')
    record "$rule" mended || continue
    note "$rule.rounds" 1
    if [ "$low" = none ]; then
      note "$rule.missed" 1
      continue
    fi
    note "$rule.low" "$low"
    note "$rule.high" "$high"
    saved=$(awk -v a="$before" -v b="$work_nanos" 'BEGIN { print (a - b) / a * 100 }')
    note "$rule.saved" "$saved"
    note "$rule.elapsed" "$(awk -v a="$before_elapsed" -v b="$elapsed_nanos" 'BEGIN { print (a - b) / a * 100 }')"
    # What the counts cannot resolve: one percent of the work.
    note "$rule.inside" "$(awk -v s="$saved" -v l="$low" -v h="$high" 'BEGIN { print (s >= l - 1 && s <= h + 1) }')"
  done < <(shuffled $((seed * 1000 + round)) "${rules[@]}")
done
progress

from_figures '
  n = split(list, rules, " ")
  printf "Work time in syscalls saved by mending, %% of the faulty program, %d rounds\n\n", rounds
  printf "%-29s %15s %24s %9s %9s\n", "", "predicted", "measured [min, max]", "inside", "elapsed"
  for (i = 1; i <= n; i++) {
    r = rules[i]
    if (!count[r ".saved"]) { printf "%-29s %15s\n", r, count[r ".rounds"] ? "not found" : "not run"; continue }
    hits = 0
    for (k = 1; k <= count[r ".inside"]; k++) hits += value[r ".inside", k]
    all += count[r ".inside"]; inside += hits
    m = median(r ".saved"); l = median(r ".low"); h = median(r ".high")
    held += m >= l - 1 && m <= h + 1; tried++
    printf "%-29s %6.1f to %5.1f %8.1f [%6.1f, %5.1f] %5d of %d %8.1f\n", r, l, h, m,
      minimum(r ".saved"), maximum(r ".saved"), hits, count[r ".inside"], median(r ".elapsed")
  }
  printf "\nThe median saving lies in the predicted interval for %d of %d rules; of single rounds,\n", held, tried
  printf "%d of %d (within one percent). elapsed: of the time from start to end, which is not\npredicted; negative is slower.\n", inside, all' \
  "rounds=$rounds" "list=${rules[*]}"
keep predicted-gains
