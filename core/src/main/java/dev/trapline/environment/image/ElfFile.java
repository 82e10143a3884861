// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// The few facts that are needed of an ELF file: whom a program needs, what a kernel module says of
/// itself, whether a kernel can be started without firmware. 64-bit little-endian files only.
///
/// Field offsets are those of elf(5), `Elf64_Ehdr`, `Elf64_Phdr`, `Elf64_Shdr` and `Elf64_Dyn`.
final class ElfFile {
  /// x86-64, by elf.h.
  static final int EM_X86_64 = 62;

  private static final int MAGIC = 0x464c457f;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int HEADER_BYTES = 64;

  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_INTERP = 3;
  private static final int PT_NOTE = 4;

  private static final int DT_NEEDED = 1;
  private static final int DT_STRTAB = 5;
  private static final int DT_RPATH = 15;
  private static final int DT_RUNPATH = 29;

  /// `XEN_ELFNOTE_PHYS32_ENTRY` of include/xen/interface/elfnote.h: the entry that PVH boot uses.
  private static final int PVH_ENTRY = 18;

  private final ByteBuffer bytes;

  private ElfFile(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /// Whether the first bytes are those of an ELF file of any kind.
  static boolean isElf(ByteBuffer content) {
    ByteBuffer bytes = content.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    return bytes.limit() >= HEADER_BYTES && bytes.getInt(0) == MAGIC;
  }

  /// Asks a file something. Its offsets are not trusted.
  ///
  /// @throws IOException if the file is of another kind, or damaged
  static <T> T ask(ByteBuffer content, Function<ElfFile, T> question) throws IOException {
    if (!isElf(content)) {
      throw new IOException("it is no ELF file");
    }
    ByteBuffer bytes = content.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.get(4) != CLASS_64 || bytes.get(5) != LITTLE_ENDIAN) {
      throw new IOException("it is not a 64-bit little-endian ELF file");
    }
    try {
      return question.apply(new ElfFile(bytes));
    } catch (IndexOutOfBoundsException | IllegalArgumentException | ArithmeticException damage) {
      throw new IOException("it is a damaged ELF file", damage);
    }
  }

  /// The machine that it is for, as elf.h numbers them.
  int machine() {
    return Short.toUnsignedInt(bytes.getShort(18));
  }

  /// A machine in words.
  static String machineName(int machine) {
    return switch (machine) {
      case 3 -> "i386";
      case 8 -> "MIPS";
      case 21 -> "ppc64";
      case 22 -> "s390";
      case 40 -> "arm";
      case EM_X86_64 -> "x86-64";
      case 183 -> "aarch64";
      case 243 -> "riscv64";
      default -> "ELF machine " + machine;
    };
  }

  private record Segment(int type, int offset, long address, int size) {}

  private List<Segment> segments() {
    int table = Math.toIntExact(bytes.getLong(0x20));
    int entryBytes = Short.toUnsignedInt(bytes.getShort(0x36));
    int count = Short.toUnsignedInt(bytes.getShort(0x38));
    List<Segment> segments = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      int at = Math.addExact(table, index * entryBytes);
      segments.add(
          new Segment(
              bytes.getInt(at),
              Math.toIntExact(bytes.getLong(at + 8)),
              bytes.getLong(at + 16),
              Math.toIntExact(bytes.getLong(at + 32))));
    }
    return segments;
  }

  /// The dynamic linker that it asks for; empty for a static program or a library.
  Optional<String> interpreter() {
    return segments().stream()
        .filter(segment -> segment.type() == PT_INTERP)
        .findFirst()
        .map(segment -> text(segment.offset()));
  }

  /// What a program or library asks of the dynamic linker.
  ///
  /// @param needed names of libraries, in order
  /// @param searchPath `DT_RUNPATH`, or the older `DT_RPATH`; empty if it has none
  record Dynamic(List<String> needed, Optional<String> searchPath) {}

  /// See [Dynamic]; all empty for a static program.
  Dynamic dynamic() {
    List<Long> needed = new ArrayList<>();
    long strings = 0;
    Long runPath = null;
    Long rPath = null;
    List<Segment> segments = segments();
    for (Segment segment : segments) {
      if (segment.type() != PT_DYNAMIC) {
        continue;
      }
      for (int at = segment.offset(); at < segment.offset() + segment.size(); at += 16) {
        long value = bytes.getLong(at + 8);
        long tag = bytes.getLong(at);
        if (tag == 0) {
          break;
        } else if (tag == DT_NEEDED) {
          needed.add(value);
        } else if (tag == DT_STRTAB) {
          strings = value;
        } else if (tag == DT_RUNPATH) {
          runPath = value;
        } else if (tag == DT_RPATH) {
          rPath = value;
        }
      }
    }
    if (needed.isEmpty()) {
      return new Dynamic(List.of(), Optional.empty());
    }
    int table = fileOffset(segments, strings);
    Long path = runPath == null ? rPath : runPath;
    return new Dynamic(
        needed.stream().map(offset -> text(table + Math.toIntExact(offset))).toList(),
        path == null ? Optional.empty() : Optional.of(text(table + Math.toIntExact(path))));
  }

  private static int fileOffset(List<Segment> segments, long address) {
    for (Segment segment : segments) {
      if (segment.type() == PT_LOAD
          && address >= segment.address()
          && address < segment.address() + segment.size()) {
        return Math.toIntExact(segment.offset() + address - segment.address());
      }
    }
    throw new IllegalArgumentException("no segment holds address " + address);
  }

  /// The content of a section.
  Optional<ByteBuffer> section(String name) {
    int table = Math.toIntExact(bytes.getLong(0x28));
    int entryBytes = Short.toUnsignedInt(bytes.getShort(0x3a));
    int count = Short.toUnsignedInt(bytes.getShort(0x3c));
    int names = table + Short.toUnsignedInt(bytes.getShort(0x3e)) * entryBytes;
    int namesOffset = Math.toIntExact(bytes.getLong(names + 24));
    for (int index = 0; index < count; index++) {
      int at = table + index * entryBytes;
      if (text(namesOffset + bytes.getInt(at)).equals(name)) {
        return Optional.of(
            bytes.slice(
                Math.toIntExact(bytes.getLong(at + 24)), Math.toIntExact(bytes.getLong(at + 32))));
      }
    }
    return Optional.empty();
  }

  /// Whether a kernel can be entered directly, as QEMU enters an uncompressed one.
  boolean hasPvhEntry() {
    for (Segment segment : segments()) {
      if (segment.type() == PT_NOTE && holdsPvhNote(segment)) {
        return true;
      }
    }
    return false;
  }

  private boolean holdsPvhNote(Segment segment) {
    int end = segment.offset() + segment.size();
    int at = segment.offset();
    while (at + 12 <= end) {
      int nameBytes = bytes.getInt(at);
      int contentBytes = bytes.getInt(at + 4);
      if (nameBytes < 0 || contentBytes < 0) {
        return false;
      }
      if (bytes.getInt(at + 8) == PVH_ENTRY && nameBytes == 4 && text(at + 12).equals("Xen")) {
        return true;
      }
      at = Math.addExact(at, 12 + roundedUp(nameBytes) + roundedUp(contentBytes));
    }
    return false;
  }

  private static int roundedUp(int count) {
    return Math.addExact(count, 3) & ~3;
  }

  private String text(int offset) {
    int end = offset;
    while (bytes.get(end) != 0) {
      end++;
    }
    byte[] content = new byte[end - offset];
    bytes.get(offset, content);
    return new String(content, StandardCharsets.UTF_8);
  }
}
