# SPDX-License-Identifier: Apache-2.0
# needs: sockperf
# $1: a free port
sockperf server --tcp -i 127.0.0.1 -p "$1" &
server=$!
# A client that is refused ends as if all were well; so wait until the port listens (state 0A).
listening=$(printf ' 0100007F:%04X 00000000:0000 0A ' "$1")
attempts=0
until grep -q "$listening" /proc/net/tcp || test $attempts = 100; do
  attempts=$((attempts + 1))
  sleep 0.1
done
sockperf ping-pong --tcp -i 127.0.0.1 -p "$1" -t 1 --mps 300
kill -INT $server
wait
