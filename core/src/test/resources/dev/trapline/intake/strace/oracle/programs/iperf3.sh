# SPDX-License-Identifier: Apache-2.0
# needs: iperf3
# $1: a free port
iperf3 -s -1 -p "$1" &
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  if iperf3 -c 127.0.0.1 -p "$1" -n 2M -P 2; then
    break
  fi
  sleep 0.2
done
wait
