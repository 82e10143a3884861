#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What does a node cost? Half a trial of a program that does nothing (begin, start, end, output
# home; and counted, with the counts home), on a node by ssh next to here; the half round trip of
# sockperf, with agents next to child processes of ours; and how long a connect takes.
#
#   benchmarks/remote-node.sh [--rounds 10] [--seed 1] [--seconds 2] [--keep]
#
# The nodes are two network namespaces of this machine, each with a real sshd, joined by a bridge;
# both ways of driving use the same namespaces, addresses and CPUs (server 0, client 1). On a real
# network a round trip is added for each of some eight requests of a half trial.
#
# Debian packages: openssh-server, openssh-client, sockperf, iproute2; a JDK 25. Goal: the ratio of the
# half round trips is at most 1.05.

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
rounds=10 seed=1 seconds=2
own_options=(seconds)
read_options "$@"
need_root
need sshd:openssh-server ssh:openssh-client sockperf:sockperf ip:iproute2
prepare_trapline

mkdir "$work/classes" "$work/state"
root="$benchmarks/.."
libraries=$(printf '%s:' "$root"/app/target/trapline-app-*.jar "$root"/core/target/trapline-core-*-tests.jar)"$root/app/target/lib/*"
"$jdk/bin/javac" -cp "$libraries" -d "$work/classes" "$benchmarks/java/RemoteNode.java" ||
  refuse "javac failed." "see above"
{
  "$jdk/bin/java" -version 2>&1 | sed -n 2p
  ssh -V 2>&1
} >"$work/versions"
progress "measuring"
TRAPLINE_STATE=$work/state "$jdk/bin/java" --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC \
  -XX:TieredStopAtLevel=1 -cp "$work/classes:$libraries" RemoteNode "$work" "$rounds" "$seed" "$seconds" \
  >"$figures" || refuse "a measurement failed." "see above"
progress

from_figures '
  printf "%d rounds; microseconds\n\n", rounds
  printf "%-36s %10s %10s %10s %8s\n", "", "median", "min", "max", "ratio"
  title["half"] = "half a trial, here"; title["half-node"] = "half a trial, on a node"
  title["counted"] = "counted, here"; title["counted-node"] = "counted, on a node"
  title["rtt"] = "half round trip, our children"; title["rtt-node"] = "half round trip, by agents"
  n = split("half half-node counted counted-node rtt rtt-node", names, " ")
  for (i = 1; i <= n; i++) {
    v = names[i]
    printf v ~ /^rtt/ ? "%-36s %10.2f %10.2f %10.2f" : "%-36s %10.0f %10.0f %10.0f", title[v], median(v), minimum(v), maximum(v)
    if (v ~ /-node$/) {
      below = substr(v, 1, length(v) - 5)
      interval(v, below)
      printf " %8.2f  [%.2f, %.2f]", median(v) / median(below), low, high
      if (v == "rtt-node") printf " %s", at_most(1.05)
    }
    print ""
  }
  printf "\nconnect (ssh, check of the image, start of the agent): %.0f ms; with sending it: %.0f ms\n", median("connect") / 1000, median("connect-first") / 1000
  print "\nratio: node to here, of medians, with its 95 % bootstrap interval"' \
  "rounds=$rounds"
keep remote-node
