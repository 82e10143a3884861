#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the logs in this folder anew: every option of strace(1) that changes how a line looks.
# Needs strace, xz-utils, binutils. Run it in this folder; see README.md for what each log is for.

set -eu
if [ "${CLEAN:-no}" = no ]; then
  exec env -i CLEAN=yes PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$0"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$PWD
yes | head -c 150000 >"$work/input"
cd "$work"

# A shell with children, a pipe, a program with threads (xz), an error, and a signal at the end.
program='xz -T2 --block-size=65536 -k -c input | cat >/dev/null; (sleep 0.05 &); cat missing 2>/dev/null; kill -TERM $$'
# Some calls only: a log of all is ten times as long and tells no more.
calls='trace=read,write,execve,clone,clone3,vfork,fork,exit,exit_group,futex,wait4,close,kill,getppid,dup2,poll,restart_syscall,ioctl,rt_sigreturn,clock_nanosleep'

log() {
  name=$1
  shift
  strace -f -C -s 8 -e "$calls" -o "$here/$name.strace" "$@" -- sh -c "$program" 2>/dev/null || true
}

log plain
log t -t
log tt -tt -T
log ttt -ttt -T
log r -r -T
log y -ttt -T -y
log yy -ttt -T -yy
log comm -ttt --syscall-times=ns -yy --decode-pids=comm
log number-and-address -tt -T -n -i -v
log quiet -qq -tt
log hex -T -x -ttt -yy

# Stacks of a shorter program: they are long.
strace -f -C -k -e trace=write,getppid,exit_group -o "$here/stack.strace" -- sh -c 'echo; echo' >/dev/null

# To a terminal or standard error: no number while there is one thread, lines broken by messages.
strace -f -C -s 8 -e "$calls" -T -tt -- sh -c "$program" 2>"$here/terminal.strace" >/dev/null || true

# Calls through the 32-bit entry.
cat >call32.s <<'S'
.globl _start
.code32
_start:
  movl $20, %eax
  int $0x80
  movl $2, %eax
  int $0x80
  movl $999, %eax
  int $0x80
  movl $1, %eax
  xorl %ebx, %ebx
  int $0x80
S
as --32 call32.s -o call32.o
ld -m elf_i386 call32.o -o call32
strace -f -C -- sh -c './call32; true' 2>"$here/32-bit.strace" >/dev/null

# A file per thread.
mkdir -p "$here/per-thread"
rm -f "$here/per-thread"/*
strace -ff -s 8 -e "$calls" -ttt -T -yy -o "$here/per-thread/log" -- sh -c "$program" 2>/dev/null || true

# A second thread that calls execve.
cat >exec.c <<'S'
#include <pthread.h>
#include <unistd.h>
static void *run(void *unused) { usleep(10000); execl("/bin/true", "true", (char *)0); return unused; }
int main(void) { pthread_t thread; pthread_create(&thread, 0, run, 0); pause(); return 0; }
S
cc -o exec exec.c -pthread
strace -f -ttt -T -o "$here/exec-by-thread.strace" -- ./exec
mkdir -p "$here/exec-by-thread"
rm -f "$here/exec-by-thread"/*
strace -ff -ttt -T -o "$here/exec-by-thread/log" -- ./exec

# Attached, then detached.
sh -c 'while :; do sleep 0.02; done' &
loop=$!
strace -f -tt -T -e "$calls" -o "$here/attached.strace" -p "$loop" 2>/dev/null &
tracer=$!
sleep 0.2
kill -TERM "$tracer"
wait "$tracer" || true
kill "$loop"

# The tracer killed amid the calls: the log stops anywhere.
strace -f -tt -T -s 8 -e "$calls" -o "$here/killed.strace" -- sh -c 'cat missing; sleep 1 & sleep 1' 2>/dev/null &
tracer=$!
sleep 0.5
kill -KILL "$tracer"
