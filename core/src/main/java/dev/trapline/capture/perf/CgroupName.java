// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.perf;

import dev.trapline.TraplineException;
import dev.trapline.host.ProcFs;
import java.nio.file.Files;
import java.nio.file.Path;

/// The name by which perf knows a cgroup of version 2: its path below the place where the file
/// system is mounted.
final class CgroupName {
  private CgroupName() {}

  static String of(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    for (String line : ProcFs.read("self/mounts").orElse("").split("\n", -1)) {
      String[] fields = line.split(" ", -1);
      if (fields.length > 2 && fields[2].equals("cgroup2")) {
        Path mount = Path.of(fields[1]);
        if (absolute.startsWith(mount) && Files.isDirectory(absolute)) {
          String name = mount.relativize(absolute).toString();
          return name.isEmpty() ? "/" : name;
        }
      }
    }
    throw new TraplineException(
        "CGROUP-MISSING",
        path + " is not a cgroup of version 2.",
        "name a folder below /sys/fs/cgroup, as systemd-cgls shows them");
  }
}
