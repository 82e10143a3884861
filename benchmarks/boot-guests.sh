#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How long does Trapline need for a guest's image, until a guest is ready for a workload, and for a
# trial in each environment? Next to QEMU alone, which boots the same kernel with an initramfs that
# only says a word and powers off.
#
#   benchmarks/boot-guests.sh [--rounds 5] [--seed 1] [--accelerator tcg] [--keep]
#
# Image: built in a new JVM ("image"; the kernel is in the cache) and a second time in it
# ("again"). Ready: from its start until the guest's agent has loaded the drivers, set up the
# network and said so; Trapline's own guest with iperf3 and sockperf. Trial: a whole `trapline bench`
# of one second per trial, start-up, boot and report included, divided by its trials.
#
# Debian packages: qemu-system-x86, busybox-static, iperf3, sockperf, iproute2; a JDK 25. Goals:
# image in less than 2 s; ready within 3 times QEMU alone.

set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
rounds=5 seed=1 accelerator=tcg
own_options=(accelerator)
read_options "$@"
need_root
need qemu-system-x86_64:qemu-system-x86 busybox:busybox-static iperf3:iperf3 sockperf:sockperf ip:iproute2
prepare_trapline

mkdir "$work/classes" "$work/state"
libraries="$benchmarks/../app/target/lib/*"
"$jdk/bin/javac" -cp "$libraries" -d "$work/classes" "$benchmarks/java/BootGuests.java" ||
  refuse "javac failed." "see above"
boot_guests() {
  "$jdk/bin/java" --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -cp "$work/classes:$libraries" BootGuests "$@"
}
{
  "$jdk/bin/java" -version 2>&1 | sed -n 2p
  qemu-system-x86_64 --version | head -n 1
} >"$work/versions"
mapfile -t plain < <(boot_guests plain "$work")
[ "${#plain[@]}" -eq 2 ] || refuse "no kernel for guests." "see above"
printf 'guest kernel: %s\n' "$(basename "$(dirname "${plain[0]}")")" >>"$work/versions"

# Milliseconds since some time, whatever the locale's decimal point.
now() {
  local micros=${EPOCHREALTIME//[!0-9]/}
  printf -v "$1" '%s' "$((micros / 1000))"
}

tsc=$(sed -n 's/^cpu MHz[^0-9]*\([0-9]*\)\.\([0-9]*\).*/\1\2/p' /proc/cpuinfo | head -n 1)
plain_boot() {
  local from to
  now from
  timeout 120 qemu-system-x86_64 -M "$1" -accel "$accelerator" -cpu max -m 256 -display none \
    -no-reboot -nodefaults -serial "file:$work/serial" -kernel "${plain[0]}" -initrd "${plain[1]}" \
    -append "console=ttyS0 quiet panic=-1 tsc_early_khz=$tsc tsc=reliable" </dev/null 2>"$work/said" &
  local qemu=$!
  background+=("$qemu")
  until grep -qs plain-guest-is-up "$work/serial"; do
    kill -0 "$qemu" 2>/dev/null || break
    sleep 0.02
  done
  now to
  kill "$qemu" 2>/dev/null
  wait "$qemu" 2>/dev/null
  background=()
  if grep -qs plain-guest-is-up "$work/serial"; then
    note "plain-$1" "$((to - from))"
  fi
  rm -f "$work/serial"
}

bench() {
  local from to
  now from
  TRAPLINE_STATE=$work/state "$trapline" bench --environment "$1" --duration 1 --repeats 1 \
    --accelerator "$accelerator" -o "$work/run" >"$work/bench" 2>&1 ||
    refuse "trapline bench --environment $1 failed: $(tail -n 2 "$work/bench")" "run it alone"
  now to
  rm -rf "$work/run"
  note "trial-$1" "$(((to - from) / 4))"
}

variants=(plain-pc plain-microvm ready-pc ready-microvm trial-netns trial-kvm trial-microvm)
for ((round = 1; round <= rounds; round++)); do
  while read -r variant; do
    progress "round $round of $rounds: $variant"
    case "$variant" in
    plain-*) plain_boot "${variant#plain-}" ;;
    ready-*)
      boot_guests "$accelerator" "${variant#ready-}" "$work" >"$work/printed" ||
        refuse "a guest of $variant did not boot." "see above"
      while read -r name value; do
        note "$name" "$value"
      done <"$work/printed"
      ;;
    trial-*) bench "${variant#trial-}" ;;
    esac
  done < <(shuffled $((seed * 1000 + round)) "${variants[@]}")
done
progress

from_figures '
  printf "accelerator %s, %d rounds; milliseconds\n\n", accelerator, rounds
  printf "%-34s %9s %9s %9s %8s\n", "", "median", "min", "max", "ratio"
  n = split("plain-pc ready-pc plain-microvm ready-microvm image image-again", names, " ")
  title["plain-pc"] = "QEMU alone, pc"; title["plain-microvm"] = "QEMU alone, microvm"
  title["ready-pc"] = "a guest ready, pc"; title["ready-microvm"] = "a guest ready, microvm"
  title["image"] = "image, new JVM"; title["image-again"] = "image again"
  for (i = 1; i <= n; i++) {
    v = names[i]; below = v ~ /microvm/ ? "plain-microvm" : "plain-pc"
    printf "%-34s %9.0f %9.0f %9.0f", title[v], median(v), minimum(v), maximum(v)
    if (v !~ /^plain/) {
      interval(v, below)
      printf " %8.2f  [%.2f, %.2f]", median(v) / median(below), low, high
      if (v ~ /^ready/) printf " %s", at_most(3)
    }
    print ""
  }
  goal = "undecided"
  if (maximum("image") < 2000) goal = "met"
  if (minimum("image") >= 2000) goal = "MISSED"
  printf "image in less than 2000 ms: %s\n", goal
  print "\nwhole benches, per trial of one second of traffic\n"
  printf "%-34s %9s %12s %8s\n", "", "ms/trial", "trials/min", "ratio"
  n = split("trial-netns trial-kvm trial-microvm", names, " ")
  for (i = 1; i <= n; i++) {
    v = names[i]
    interval(v, "plain-pc")
    printf "%-34s %9.0f %12.1f %8.2f  [%.2f, %.2f]\n", substr(v, 7), median(v), 60000 / median(v), median(v) / median("plain-pc"), low, high
  }
  print "\nratio: to QEMU alone (of the same machine type; pc where there is none), of medians,\nwith its 95 % bootstrap interval"' \
  "rounds=$rounds" "accelerator=$accelerator"
keep boot-guests
