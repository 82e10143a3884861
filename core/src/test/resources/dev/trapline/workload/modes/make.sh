#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes every file in this folder again that README.md does not call hand-made. Takes two minutes.
# Needs iperf3 3.12 and sockperf 3.7.
set -u
export LC_ALL=C
cd "$(dirname "$0")" || exit 1
PORT=5391
SOCKPERF_PORT=11391

# The machine's name and build are nobody's business; the rest is as iperf3 wrote it.
anonymous() {
  sed -i -E -e 's/(Linux )[^ "]+ [0-9][^ "]* [^"]*(x86_64|aarch64)/\1host 6.18.44 #1 SMP PREEMPT_DYNAMIC \2/' "$@"
}

# pair NAME SUFFIX SERVER-OPTIONS -- CLIENT-OPTIONS: one run, both sides kept.
pair() {
  local name=$1 suffix=$2 server=() client=()
  shift 2
  while [ "$1" != -- ]; do server+=("$1"); shift; done
  shift
  client=("$@")
  iperf3 -s -1 -B 127.0.0.1 -p $PORT "${server[@]}" >"iperf3-$name-server.$suffix" 2>&1 &
  local pid=$!
  sleep 0.4
  iperf3 -c 127.0.0.1 -p $PORT "${client[@]}" >"iperf3-$name-client.$suffix" 2>&1
  wait $pid
  anonymous "iperf3-$name-server.$suffix" "iperf3-$name-client.$suffix"
}

# Both forms of each kind of run. -b keeps the figures of what is not about speed small.
for form in json txt; do
  [ $form = json ] && j=(-J) || j=()
  pair tcp $form "${j[@]}" -- "${j[@]}" -P 2 -t 2
  pair single $form "${j[@]}" -- "${j[@]}" -t 1
  pair reverse $form "${j[@]}" -- "${j[@]}" -P 2 -t 1 -R
  pair bidirectional $form "${j[@]}" -- "${j[@]}" -P 2 -t 1 --bidir
  pair omit $form "${j[@]}" -- "${j[@]}" -t 2 -O 1
  # A socket buffer of 4 KiB and no pause between datagrams: the receiver loses some.
  pair udp $form "${j[@]}" -- "${j[@]}" -u -P 2 -t 1 -b 0 -l 1000 -w 4K
  pair udp-reverse $form "${j[@]}" -- "${j[@]}" -u -t 1 -b 0 -l 1000 -w 4K -R
  pair udp-bidirectional $form "${j[@]}" -- "${j[@]}" -u -t 1 -b 20M -l 1000 --bidir
  pair server-output $form "${j[@]}" -- "${j[@]}" -t 1 --get-server-output
done
# A server with -J and a client that asks for its output: JSON in text.
pair server-output-mixed txt -J -- -t 1 --get-server-output

# Units of -f, in text only.
for unit in k m g t K M G T; do
  pair unit-$unit txt -- -t 1 -b 100M -f $unit
  [ $unit = k ] || rm -f iperf3-unit-$unit-server.txt
done
pair verbose txt -V -- -t 1 -V
pair verbose-udp txt -V -- -u -b 10M -t 1 -V -P 2
pair timestamps txt --timestamps -- -t 1 --timestamps
pair title txt -- -t 1 -T left
pair forceflush txt -- -t 1 -b 10M -i 0.5 --forceflush
pair no-intervals txt -- -t 1 -i 0

# A server without -1 serves on: two runs in one log. It writes each JSON document at its run's end.
for form in json txt; do
  [ $form = json ] && j=(-J) || j=()
  iperf3 -s -B 127.0.0.1 -p $PORT "${j[@]}" >iperf3-two-runs-server.$form 2>&1 &
  pid=$!
  sleep 0.4
  iperf3 -c 127.0.0.1 -p $PORT -t 1 -b 10M >/dev/null
  sleep 0.2
  iperf3 -c 127.0.0.1 -p $PORT -t 1 -b 20M >/dev/null
  sleep 0.2
  kill -INT $pid
  wait $pid
  anonymous iperf3-two-runs-server.$form
done

# Ends before the end: an interrupted client, a killed client, a killed server.
for form in json txt; do
  [ $form = json ] && j=(-J) || j=()
  iperf3 -s -1 -B 127.0.0.1 -p $PORT "${j[@]}" >iperf3-interrupted-server.$form 2>&1 &
  server=$!
  sleep 0.4
  iperf3 -c 127.0.0.1 -p $PORT -t 9 "${j[@]}" >iperf3-interrupted-client.$form 2>&1 &
  client=$!
  sleep 2.5
  kill -INT $client
  wait $client $server
  iperf3 -s -1 -B 127.0.0.1 -p $PORT "${j[@]}" >iperf3-server-killed-server.$form 2>&1 &
  server=$!
  sleep 0.4
  iperf3 -c 127.0.0.1 -p $PORT -t 9 "${j[@]}" >iperf3-server-killed-client.$form 2>&1 &
  client=$!
  sleep 2.5
  kill -KILL $server
  wait $client $server
  rm -f iperf3-server-killed-server.$form
  iperf3 -s -1 -B 127.0.0.1 -p $PORT "${j[@]}" >iperf3-client-killed-server.$form 2>&1 &
  server=$!
  sleep 0.4
  iperf3 -c 127.0.0.1 -p $PORT -t 9 "${j[@]}" --forceflush >iperf3-killed-client.$form 2>&1 &
  client=$!
  sleep 2.5
  kill -KILL $client
  wait $client $server
  anonymous iperf3-interrupted-*.$form iperf3-server-killed-client.$form iperf3-client-killed-server.$form
done
rm -f iperf3-killed-client.json
iperf3 -c 127.0.0.1 -p $PORT >iperf3-refused.txt 2>&1

# sock NAME SERVER-OPTIONS -- MODE CLIENT-OPTIONS
sock() {
  local name=$1 server=()
  shift
  while [ "$1" != -- ]; do server+=("$1"); shift; done
  shift
  sockperf server "${server[@]}" >"sockperf-$name-server.txt" 2>&1 &
  local pid=$!
  sleep 0.4
  sockperf "$@" >"sockperf-$name-client.txt" 2>&1
  sleep 0.3
  kill -INT $pid
  wait $pid
}
at=(-i 127.0.0.1 -p $SOCKPERF_PORT)
sock ping-pong "${at[@]}" -- ping-pong "${at[@]}" -m 64 -t 1
sock full-rtt "${at[@]}" -- ping-pong "${at[@]}" -m 64 -t 1 --full-rtt
sock burst "${at[@]}" -- ping-pong "${at[@]}" -m 64 -t 1 -b 4
sock full-rtt-burst "${at[@]}" -- ping-pong "${at[@]}" -m 64 -t 1 -b 4 --full-rtt
sock paced "${at[@]}" -- ping-pong "${at[@]}" -m 64 -t 1 --mps 500
sock under-load "${at[@]}" -- under-load "${at[@]}" -m 64 -t 1 --mps 2000
sock under-load-tcp "${at[@]}" --tcp -- under-load "${at[@]}" --tcp -m 64 -t 1 --mps 2000 --reply-every 10
# As fast as it goes with a reply to each: the server's socket overflows.
sock under-load-loss "${at[@]}" -- under-load "${at[@]}" -m 1400 -t 1 --mps max --reply-every 1
sock throughput "${at[@]}" -- throughput "${at[@]}" -m 1472 -t 1
sock throughput-tcp "${at[@]}" --tcp -- throughput "${at[@]}" --tcp -m 4096 -t 1
sock throughput-giga "${at[@]}" -- throughput "${at[@]}" -m 1472 -t 1 --giga-size
sock throughput-precise "${at[@]}" -- throughput "${at[@]}" -m 64 -t 1 --mps 1000 --increase_output_precision
for i in $(seq 1 200); do echo "$((i / 100)).$(printf %02d $((i % 100)))0000, 64"; done >playback.csv
sock playback "${at[@]}" -- playback "${at[@]}" --data-file playback.csv --reply-every 1
sock full-log "${at[@]}" -- ping-pong "${at[@]}" -m 64 -t 1 --mps 100 --full-log full-log.csv
mv full-log.csv sockperf-full-log.csv
printf 'U:127.0.0.1:11391\nU:127.0.0.1:11392\n' >feed.txt
sock feed -f feed.txt -- ping-pong -f feed.txt -F s -m 64 -t 1
rm -f feed.txt playback.csv
