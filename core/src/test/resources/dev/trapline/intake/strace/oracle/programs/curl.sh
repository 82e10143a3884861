# SPDX-License-Identifier: Apache-2.0
# needs: curl python3
# $1: a free port, $2: an empty folder
# The python of Debian, if it is there: others look for theirs in many files first.
python=/usr/bin/python3
test -x $python || python=python3
echo hello > "$2/file"
$python -I -m http.server --bind 127.0.0.1 --directory "$2" "$1" &
server=$!
curl -s --retry 20 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$1/file" \
  "http://127.0.0.1:$1/no/such/file" "file://$2/file"
kill $server
wait
