#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the tables of this folder anew, each with NAME.expected: its rows as "name calls errors",
# read by the dashes under the columns, which is not how StraceTableReader reads them.
# Debian packages: strace, mawk, python3 (the 32-bit program), locales (localedef).
set -eu
cd "$(dirname "$0")"
rm -f ./*.txt ./*.expected
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

# A few processes; calls with errors, without errors, and none but errors.
pipeline='cat /etc/passwd | sort | wc -l; cat /no/such/file; ls -R /usr/share/doc/strace; (sleep 0.02)'

# $1: file. Columns are cut where the dashes are; names are found by the headings.
expected() {
  awk '
    /^-+( -+)*$/ {
      n = 0
      at = 1
      while (match(substr($0, at), /-+/)) {
        n++
        from[n] = at + RSTART - 1
        size[n] = RLENGTH
        at = from[n] + size[n]
      }
      if (!inside) {
        for (i = 1; i <= n; i++) {
          heading = substr(header, from[i], size[i])
          gsub(/^ +| +$/, "", heading)
          where[heading] = i
        }
      }
      inside = !inside
      next
    }
    inside {
      name = value("syscall")
      calls[name] += value("calls")
      errors[name] += value("errors")
    }
    { header = $0 }
    function value(heading,   i, text) {
      if (!(heading in where)) {
        return 0
      }
      i = where[heading]
      # A name in the last column may be longer than its dashes.
      text = i == n ? substr($0, from[i]) : substr($0, from[i], size[i])
      gsub(/ /, "", text)
      return text
    }
    END {
      for (name in calls) {
        print name, calls[name] + 0, errors[name] + 0
      }
    }' "$1.txt" | sort > "$1.expected"
}

# $1: file; the rest: options.
table() {
  file=$1
  shift
  strace -o "$file.txt" "$@" -- sh -c "$pipeline" > "$work/out" 2>&1 || true
  expected "$file"
}

table plain -c
table follow -f -c
table wall -f -c -w
for order in time min-time max-time avg-time calls errors name nothing; do
  table "sorted-$order" -f -c -w -S "$order"
done
table columns-all -f -c -w \
  -U name,time-percent,total-time,min-time,max-time,avg-time,calls,errors
table columns-reversed -f -c -w \
  -U errors,calls,avg-time,max-time,min-time,total-time,time-percent,name
table columns-name-within -f -c -w -U calls,name,errors,time-total
table columns-name-added -f -c -U max-time,errors,calls
table columns-calls -f -c -U calls
table columns-without-errors -f -c -U name,calls
table columns-without-calls -f -c -U errors,name,time-total
table filtered -f -c -e trace=process
table none-matched -f -c -e trace=mount
rm columns-without-calls.expected none-matched.expected
table large-numbers -c -w -O 1ns -- sh -c 'exec dd if=/dev/zero of=/dev/null bs=1 count=150000' --

# The program's own words around the table.
strace -f -c sh -c "$pipeline" > stderr-mixed.txt 2>&1 || true
expected stderr-mixed

# Two runs, one behind the other.
strace -f -c -o two-runs.txt -- sh -c "$pipeline" > "$work/out" 2>&1 || true
strace -f -c -A -o two-runs.txt -- sh -c "$pipeline" > "$work/out" 2>&1 || true
expected two-runs

# A locale with a comma.
localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8"
LOCPATH=$work LC_ALL=de_DE.UTF-8 strace -f -c -w -o comma.txt -- sh -c "$pipeline" \
  > "$work/out" 2>&1 || true
expected comma

# A 64-bit shell and a 32-bit program: three getpid(2) and exit(2) by int 0x80.
python3 - "$work/32" <<'PYTHON'
import struct, sys
code = b"\xb8\x14\0\0\0\xcd\x80" * 3 + b"\xb8\x01\0\0\0\x31\xdb\xcd\x80"
base = 0x08048000
header = b"\x7fELF\1\1\1" + b"\0" * 9 + struct.pack(
    "<HHIIIIIHHHHHH", 2, 3, 1, base + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
segment = struct.pack("<IIIIIIII", 1, 0, base, base, 84 + len(code), 84 + len(code), 5, 4096)
open(sys.argv[1], "wb").write(header + segment + code)
PYTHON
chmod +x "$work/32"
strace -f -c -o two-modes.txt -- sh -c "$work/32; getent hosts localhost" > "$work/out" 2>&1 || true
expected two-modes
