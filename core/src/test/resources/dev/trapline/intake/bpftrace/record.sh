#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the fixtures of this folder anew, beside itself. Needs root, bpftrace, cc, dd and iperf3.
# Counts of known programs come out the same each time; ids, times and the counts of iperf3 do not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O1 -pthread -o "$work/known" known.c

GETS='tracepoint:syscalls:sys_enter_getppid, tracepoint:syscalls:sys_enter_getuid'

# both NAME SCRIPT COMMAND: the script over the command, as text and as JSON.
both() {
  printf '%s\n' "$2" > "$work/script.bt"
  bpftrace "$work/script.bt" -c "$3" > "$1.txt" 2> "$work/stderr" || { cat "$work/stderr"; exit 1; }
  bpftrace -f json "$work/script.bt" -c "$3" > "$1.json" 2> "$work/stderr"
}

both comm-probe "$GETS"' /pid == cpid/ { @[comm, probe] = count(); }' "$work/known"
both tid-comm-probe "$GETS"' /pid == cpid/ { @calls[tid, comm, probe] = count(); }' "$work/known"
both pid-tid-probe "$GETS"' /pid == cpid/ { @calls[pid, tid, probe] = count(); }' "$work/known"
both comm-number 'tracepoint:raw_syscalls:sys_enter /pid == cpid && (args->id == 110 || args->id == 102)/ { @[comm, args->id] = count(); }' "$work/known"
both raw-probe 'tracepoint:raw_syscalls:sys_enter /pid == cpid && (args->id == 110 || args->id == 102)/ { @[probe, args->id, tid] = count(); }' "$work/known"

# dd reads and writes 500 blocks of 1000 bytes: with times by stats, sum and hist, and bytes.
cat > "$work/dd.txt" <<'B'
tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_write
/pid == cpid/
{ @calls[comm, probe] = count(); @start[tid] = nsecs; }
tracepoint:syscalls:sys_exit_read, tracepoint:syscalls:sys_exit_write
/comm == "dd" && @start[tid]/
{
  @returned[comm, probe] = count();
  @stats_ns[comm, probe] = stats(nsecs - @start[tid]);
  @hist_ns[comm, probe] = hist(nsecs - @start[tid]);
  @lat[comm, probe] = sum(nsecs - @start[tid]);
  if (args->ret > 0) { @bytes[comm, probe] = sum(args->ret); }
  delete(@start[tid]);
}
B
both dd-joined "$(cat "$work/dd.txt")" '/usr/bin/dd if=/dev/zero of=/dev/null bs=1000 count=500 status=none'
cat > "$work/dd.txt" <<'B'
tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_write
/pid == cpid/ { @[comm, probe] = count(); @start[tid] = nsecs; }
tracepoint:syscalls:sys_exit_read, tracepoint:syscalls:sys_exit_write
/comm == "dd" && @start[tid]/ { @us[comm, probe] = sum((nsecs - @start[tid]) / 1000); }
END { clear(@start); }
B
both dd-sum-us "$(cat "$work/dd.txt")" '/usr/bin/dd if=/dev/zero of=/dev/null bs=1000 count=500 status=none'
both dd-hist-only 'tracepoint:syscalls:sys_exit_read, tracepoint:syscalls:sys_exit_write /comm == "dd"/ { @[probe] = hist(args->ret); }' '/usr/bin/dd if=/dev/zero of=/dev/null bs=1000 count=500 status=none'

# Prints every 200 ms, of a program that calls in bursts: growing, and emptied each time.
cat > "$work/bursts.sh" <<'B'
#!/bin/sh
for burst in 100 200 50 30; do
  dd if=/dev/zero of=/dev/null bs=1000 count=$burst status=none
  sleep 0.4
done
B
READS='tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @[comm, probe] = count(); }'
both prints-growing "$READS"' interval:ms:200 { time("%H:%M:%S\n"); print(@); }' "/bin/sh $work/bursts.sh"
both prints-cleared "$READS"' interval:ms:200 { time("%H:%M:%S\n"); print(@); clear(@); }' "/bin/sh $work/bursts.sh"
both prints-zeroed "$READS"' interval:ms:200 { print(@); zero(@); }' "/bin/sh $work/bursts.sh"
both prints-cleared-end "$READS"' interval:ms:200 { print(@); clear(@); } END { print(@); }' "/bin/sh $work/bursts.sh"
both printed-at-end "$GETS"' /pid == cpid/ { @[comm, probe] = count(); } END { print(@); }' "$work/known"

# Maps that are not counts of syscalls, with keys and values of all sorts.
cat > "$work/odd.txt" <<'B'
tracepoint:syscalls:sys_enter_getppid
/pid == cpid/
{
  @calls[comm, probe] = count(); @k[kstack(3)] = count(); @mixed[kstack(2), comm] = hist(4);
  @plain = 5; @word[comm] = "hello"; @tuple = (1, "a", 3); @avg_ns[probe] = avg(3);
  @max[probe] = max(4); @linear[comm] = lhist(7, 0, 20, 2); @stats = stats(4); @seen[pid, tid] = 1;
  @h = hist(-4);
}
END { printf("done with it\n"); print((1, 2)); }
B
both odd-maps "$(cat "$work/odd.txt")" "$work/known"

# A map of 5 keys that gets 1300, with warnings (-k) and without.
printf '%s\n' 'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @n++; @[comm, probe, @n] = count(); }' > "$work/full.bt"
export BPFTRACE_MAP_KEYS_MAX=5
bpftrace -k "$work/full.bt" -c "$work/known" > "$work/full.txt" 2>&1
(grep -v RLIMIT "$work/full.txt" | head -n 10; echo; echo; grep '^@' "$work/full.txt") | sed "s#$work/##" > map-full.txt
bpftrace -k -f json "$work/full.bt" -c "$work/known" 2> /dev/null > "$work/full.json"
(head -n 4 "$work/full.json"; echo; echo; grep '"map"' "$work/full.json") > map-full.json
unset BPFTRACE_MAP_KEYS_MAX

# iperf3 over loopback: client and server, every syscall by its number and by its probe.
iperf3 -s -1 > /dev/null &
sleep 0.5
printf '%s\n' 'tracepoint:syscalls:sys_enter_* /comm == "iperf3"/ { @[pid, tid, comm, probe] = count(); }' > "$work/iperf3.bt"
BPFTRACE_MAX_PROBES=2000 bpftrace "$work/iperf3.bt" -c '/usr/bin/iperf3 -c 127.0.0.1 -t 1' 2> /dev/null > "$work/iperf3.txt"
wait
grep -v '^ *$' "$work/iperf3.txt" | grep -E '^(@|Attaching)' > iperf3-text.txt
iperf3 -s -1 > /dev/null &
sleep 0.5
printf '%s\n' 'tracepoint:raw_syscalls:sys_enter /comm == "iperf3"/ { @[comm, args->id] = count(); }' > "$work/iperf3.bt"
bpftrace -f json "$work/iperf3.bt" -c '/usr/bin/iperf3 -c 127.0.0.1 -t 1' 2> /dev/null | grep '^{"type"' > iperf3-numbers.json
wait
