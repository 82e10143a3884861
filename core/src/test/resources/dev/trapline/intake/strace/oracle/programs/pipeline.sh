# SPDX-License-Identifier: Apache-2.0
# needs: sh
# Processes in rows, errors, one that outlives its parent, and an end by a signal.
ls -R /usr/share/doc/strace /proc/self/fd | sort | head -3
for round in 1 2 3; do
  cat /etc/passwd | wc -l
done
yes | head -1
(sleep 0.05 &)
cat /no/such/file
kill -TERM $$
