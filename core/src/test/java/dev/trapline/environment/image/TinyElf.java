// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// The smallest ELF files that serve.
final class TinyElf {
  private static final int HEADER = 64;
  private static final int SECTION = 64;

  private TinyElf() {}

  /// A header alone.
  static byte[] header(int machine) {
    return content(start(HEADER, machine));
  }

  /// A relocatable file with a `.modinfo` section, as a kernel module has.
  static byte[] module(String depends) {
    byte[] information =
        ("license=GPL\0depends=" + depends + "\0name=x\0").getBytes(StandardCharsets.UTF_8);
    byte[] names = "\0.modinfo\0.shstrtab\0".getBytes(StandardCharsets.UTF_8);
    int table = HEADER + information.length + names.length;
    ByteBuffer bytes = start(table + 3 * SECTION, ElfFile.EM_X86_64);
    bytes.put(HEADER, information).put(HEADER + information.length, names);
    bytes.putLong(0x28, table).putShort(0x3a, (short) SECTION);
    bytes.putShort(0x3c, (short) 3).putShort(0x3e, (short) 2);
    section(bytes, table + SECTION, 1, HEADER, information.length);
    section(bytes, table + 2 * SECTION, 10, HEADER + information.length, names.length);
    return content(bytes);
  }

  /// A kernel as far as its header and a note go.
  static byte[] kernel(int machine, boolean pvh) {
    ByteBuffer bytes = start(HEADER + 56 + 24, machine);
    bytes.putLong(0x20, HEADER).putShort(0x36, (short) 56).putShort(0x38, (short) 1);
    bytes.putInt(HEADER, 4).putLong(HEADER + 8, HEADER + 56).putLong(HEADER + 32, 24);
    bytes.putInt(HEADER + 56, 4).putInt(HEADER + 60, 4).putInt(HEADER + 64, pvh ? 18 : 6);
    bytes.put(HEADER + 68, "Xen\0".getBytes(StandardCharsets.UTF_8));
    return content(bytes);
  }

  private static void section(ByteBuffer bytes, int at, int name, long offset, long size) {
    bytes.putInt(at, name).putInt(at + 4, 1).putLong(at + 24, offset).putLong(at + 32, size);
  }

  private static byte[] content(ByteBuffer bytes) {
    byte[] content = new byte[bytes.capacity()];
    bytes.get(0, content);
    return content;
  }

  private static ByteBuffer start(int size, int machine) {
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(0, new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    return bytes.putShort(18, (short) machine);
  }
}
