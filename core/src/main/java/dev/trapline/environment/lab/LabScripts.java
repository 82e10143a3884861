// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.lab;

/// What runs in the lab before and after Trapline. Words for us go to the serial port in lines that
/// begin with a mark.
final class LabScripts {
  /// Begins the lines that are told to [SerialConsole].
  static final String MARK = "trapline-lab: ";

  static final String BOOTED = "booted ";
  static final String ENDED = "ended ";

  /// Busybox's, from the initramfs: the machine's own `/usr` and `/etc` become the lab's.
  static final String INIT =
      """
      #!/bin/sh
      export PATH=/bin
      say() { echo "trapline-lab: $*"; }
      die() { say "failed $*"; sync; echo o > /proc/sysrq-trigger; sleep 60; }
      mount -t proc proc /proc
      mount -t sysfs sys /sys
      mount -t devtmpfs dev /dev
      while read module; do insmod $module || say "warning: insmod $module"; done < /modules.order
      mkdir /new
      mount -t tmpfs -o mode=755,size=75% root /new
      cd /new
      mkdir -p proc sys dev tmp run root mnt usr etc jdk program out var/cache/trapline/kernels
      chmod 1777 tmp
      share() {
        mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,$3 $1 $2 || die "mount $1"
      }
      for folder in usr etc jdk program; do share $folder /new/$folder ro,cache=loose; done
      share kernels /new/var/cache/trapline/kernels ro,cache=loose
      share out /new/out rw,cache=none
      for folder in bin sbin lib lib64; do ln -s usr/$folder $folder; done
      ln -s /run var/run
      cp /second /new/second
      for folder in proc sys dev; do mount -o move /$folder /new/$folder; done
      exec switch_root /new /usr/bin/bash /second
      """;

  /// The host's own shell, in the lab's final root. Arguments come in a file, each ended by a zero
  /// byte, so that no shell reads them.
  static final String SECOND =
      """
      export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LC_ALL=C
      export TRAPLINE_CACHE=/var/cache/trapline TRAPLINE_STATE=/run/trapline
      say() { printf 'trapline-lab: %s\\n' "$*"; }
      mount -t tracefs tracefs /sys/kernel/tracing
      mount -t bpf bpf /sys/fs/bpf
      mount -t cgroup2 cgroup2 /sys/fs/cgroup
      mkdir -p /dev/shm && mount -t tmpfs shm /dev/shm
      ip link set lo up
      say "booted $(cat /proc/sys/kernel/osrelease)"
      cd /tmp
      mapfile -d '' -t arguments < /program/arguments
      /jdk/bin/java "${arguments[@]}" < /dev/null > /tmp/stdout
      code=$?
      if [ -e /tmp/run ]; then
        copied=yes
        for path in /tmp/run/*; do
          [ "${path##*/}" = run.json ] || cp -r "$path" /out/ || copied=no
        done
        # What makes a run of it comes last.
        if [ "$copied" = yes ] && [ -e /tmp/run/run.json ]; then
          cp /tmp/run/run.json /out/.run.json.unfinished &&
            mv /out/.run.json.unfinished /out/run.json || copied=no
        fi
        [ "$copied" = yes ] || say "failed the run could not be brought out of the lab"
      fi
      sync
      say "ended $code"
      echo o > /proc/sysrq-trigger
      sleep 60
      """;

  private LabScripts() {}
}
