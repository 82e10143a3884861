#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the fixtures of this folder anew, in the current folder. Needs root, perf, iperf3, sockperf,
# curl, java and a C compiler. Run it in an empty folder.
set -eu
here=$(dirname "$(realpath "$0")")
cc -pthread -o oddities "$here/oddities.c"
trace='perf trace -S --errno-summary'

iperf3 -s -1 -p 5599 >/dev/null 2>&1 &
sleep 0.5
$trace -o iperf3.txt iperf3 -c 127.0.0.1 -p 5599 -n 20M >/dev/null
# Ends with an error: nobody answers.
$trace -o sockperf.txt sockperf ping-pong -i 127.0.0.1 -p 5598 -t 1 >/dev/null 2>&1 || true
$trace -o curl.txt curl -s -o /dev/null http://127.0.0.1:1/ || true
$trace -o pipeline.txt \
  sh -c 'ls / | sort | wc -l; for i in 1 2 3; do true | cat; done; exec cat /etc/hostname' >/dev/null
$trace -o jvm.txt java -Xint -version 2>/dev/null
$trace -o oddities.txt ./oddities >/dev/null

perf trace -T -F all --sched --syscalls -o faults.txt true
perf trace -e sched:sched_switch,read -o events.txt sh -c 'ls / | wc -l' >/dev/null
perf trace --no-comm -o no-comm.txt sh -c 'true | cat'
perf trace --call-graph fp -e read -o callchain.txt cat /etc/hostname >/dev/null
perf trace -s --sched -F all -o table-faults.txt true
perf trace -s -o table.txt true

perf record -q -o raw.data -R -c 1 -e raw_syscalls:sys_enter,raw_syscalls:sys_exit \
  ./oddities >/dev/null
perf script -i raw.data >script-raw.txt
perf script --ns -F +pid,+period --show-task-events -i raw.data >script-raw-full.txt
perf record -q -o named.data \
  -e 'syscalls:*futex,syscalls:*ioctl,syscalls:*rt_sigreturn,syscalls:*_read,syscalls:sys_enter_getppid' \
  -e sched:sched_switch ./oddities >/dev/null
perf script -i named.data >script-named.txt
perf record -q -g -o chain.data -e raw_syscalls:sys_enter,raw_syscalls:sys_exit true
perf script -i chain.data >script-callchain.txt
for large in pipeline jvm oddities script-raw script-raw-full script-named; do
  gzip -9n $large.txt
done
rm -f -- *.data *.data.old oddities
