#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the logs of this folder anew: `strace -C` of the programs beside it.
# Debian packages: strace, iperf3, sockperf, curl, python3, default-jdk-headless, xz-utils. As root.
# Usage: ./make.sh [FIRST_PORT]
set -eu
if test "${MAKING:-no}" = no; then
  # Nothing of the machine that they were made on shall be in them: no environment, no host's name.
  exec env -i MAKING=yes LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    unshare --uts -- sh -c 'hostname host && exec "$@"' sh "$0" "$@"
fi
unset MAKING
folder=$(cd "$(dirname "$0")" && pwd)
port=${1:-15300}
work=/tmp/trapline-oracle
mkdir "$work"
trap 'rm -rf "$work"' EXIT
cp -r "$folder/programs" "$work"
cd "$work"
unset OLDPWD

# $1: file
keep() {
  sed "s/$(uname -r)/6.18.0/g; s/nameserver [0-9.]*/nameserver 192.0.2.1/" "$work/$1.log" | xz -9 -c > "$folder/$1.log.xz"
}

# $1: file, $2: program; the rest: options of strace.
trace() {
  name=$1
  program=$2
  shift 2
  port=$((port + 1))
  mkdir "$work/$name"
  strace -C -o "$work/$name.log" "$@" -- \
    sh "programs/$program.sh" "$port" "$work/$name" > "$work/$name.out" 2>&1 || true
  keep "$name"
}

rm -f "$folder"/*.log.xz
trace iperf3 iperf3 -f
trace iperf3-decorated iperf3 -f -yy -T --decode-pids=comm -ttt
trace sockperf sockperf -f
trace sockperf-decorated sockperf -f -yy --syscall-times=ns -r
trace curl curl -f
trace curl-wall curl -f -w -y -t
trace pipeline pipeline -f
trace pipeline-alone pipeline
trace pipeline-decorated pipeline -f -yy -T -v -x
trace signals signals -f
trace signals-wall signals -f -w -T -yy
trace jvm jvm -f
trace jvm-decorated jvm -f -yy -T -q

# strace attaches to a loop of sh with a child asleep, and lets go of both at SIGINT.
sh -c 'while :; do sleep 0.01; done & exec sleep 20' &
target=$!
sleep 0.2
loop=$(cat "/proc/$target/task/$target/children")
strace -C -f -o "$work/attached.log" -p "$target" $(printf ' -p %s' $loop) 2> "$work/out" &
tracer=$!
sleep 0.5
kill -INT $tracer
wait $tracer || true
kill $loop $target
keep attached
