// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import com.github.luben.zstd.ZstdInputStream;
import dev.trapline.TraplineException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.SingleXZInputStream;

/// Tells what a kernel file is, and takes the kernel proper out of a `vmlinuz`.
///
/// Offsets are those of Documentation/arch/x86/boot.rst.
final class KernelFile {
  private static final int SETUP_SECTORS = 0x1f1;
  private static final int HEADER_MAGIC = 0x202;
  private static final int PROTOCOL = 0x206;
  private static final int VERSION_POINTER = 0x20e;
  private static final int LOAD_FLAGS = 0x236;
  private static final int PAYLOAD_OFFSET = 0x248;
  private static final int PAYLOAD_LENGTH = 0x24c;
  private static final int SECTOR_BYTES = 512;

  /// "HdrS".
  private static final int MAGIC = 0x53726448;

  /// The first protocol with the payload's place.
  private static final int PROTOCOL_2_08 = 0x0208;

  /// The first protocol that tells whether the kernel is a 64-bit one.
  private static final int PROTOCOL_2_12 = 0x020c;

  /// The format of `lz4 -l`, which kernels are packed with.
  private static final int LZ4_LEGACY = 0x184c2102;

  /// "ARM\x64" at 56 of an arm64 `Image`, by Documentation/arch/arm64/booting.rst.
  private static final int ARM64_IMAGE = 0x644d5241;

  private static final int GZIP = 0x8b1f;
  private static final int XZ = 0x587a37fd;
  private static final int ZSTD = 0xfd2fb528;
  private static final String REMEDY =
      "name an x86-64 kernel: an uncompressed vmlinux with a PVH entry, or a bzImage (vmlinuz)";

  private KernelFile() {}

  /// What a kernel file is.
  ///
  /// @param compressed whether it is a bzImage, not an uncompressed ELF kernel
  /// @param release such as `6.1.0-56-amd64`; null if the file does not tell
  record Facts(boolean compressed, @Nullable String release) {}

  /// Looks at a file.
  ///
  /// @throws TraplineException `GUEST-KERNEL` if it is missing, no kernel, or one of another
  ///   architecture
  static Facts inspect(Path file) {
    if (!Files.exists(file)) {
      throw ImageFailure.kernel("there is no kernel file " + file + ".", REMEDY);
    }
    if (!Files.isRegularFile(file)) {
      throw ImageFailure.kernel(file + " is not a regular file, so it is no kernel.", REMEDY);
    }
    try {
      ByteBuffer content = map(file);
      if (ElfFile.isElf(content)) {
        return inspectElf(file, content);
      }
      if (content.limit() > PAYLOAD_LENGTH + 4 && content.getInt(HEADER_MAGIC) == MAGIC) {
        return inspectBzImage(file, content);
      }
      throw notAKernel(file, content);
    } catch (IOException failure) {
      throw new TraplineException(
          "GUEST-KERNEL",
          file + " cannot be used as a kernel: " + ImageFailure.reason(failure) + ".",
          REMEDY,
          failure);
    }
  }

  private static TraplineException notAKernel(Path file, ByteBuffer content) {
    if (content.limit() > 64 && content.getInt(56) == ARM64_IMAGE) {
      return ImageFailure.kernel(
          file + " is a kernel for aarch64, and guests here are x86-64.", REMEDY);
    }
    StringBuilder seen = new StringBuilder();
    for (int index = 0; index < Math.min(4, content.limit()); index++) {
      seen.append(index == 0 ? "" : " ").append(String.format("%02x", content.get(index)));
    }
    return ImageFailure.kernel(
        file
            + " is not a kernel: "
            + (content.limit() == 0
                ? "it is empty"
                : "it begins with the bytes " + seen + " and has neither an ELF nor a boot header")
            + ".",
        REMEDY);
  }

  private static Facts inspectElf(Path file, ByteBuffer content) throws IOException {
    int machine = ElfFile.ask(content, ElfFile::machine);
    if (machine != ElfFile.EM_X86_64) {
      throw ImageFailure.kernel(
          file
              + " is an ELF file for "
              + ElfFile.machineName(machine)
              + ", and guests here are x86-64.",
          REMEDY);
    }
    if (!ElfFile.ask(content, ElfFile::hasPvhEntry)) {
      throw ImageFailure.kernel(
          file
              + " is an x86-64 ELF file without a PVH entry: a program, or a kernel built without"
              + " CONFIG_PVH. QEMU and Firecracker cannot enter it.",
          REMEDY);
    }
    return new Facts(false, null);
  }

  private static Facts inspectBzImage(Path file, ByteBuffer content) {
    int protocol = Short.toUnsignedInt(content.getShort(PROTOCOL));
    if (protocol >= PROTOCOL_2_12 && (content.getShort(LOAD_FLAGS) & 1) == 0) {
      throw ImageFailure.kernel(
          file + " is a bzImage for 32-bit x86, and guests here are x86-64.", REMEDY);
    }
    int pointer = Short.toUnsignedInt(content.getShort(VERSION_POINTER));
    return new Facts(true, pointer == 0 ? null : firstWord(content, pointer + SECTOR_BYTES));
  }

  private static @Nullable String firstWord(ByteBuffer content, int offset) {
    StringBuilder word = new StringBuilder();
    for (int at = offset; at < content.limit() && word.length() < 100; at++) {
      byte letter = content.get(at);
      if (letter <= ' ' || letter > '~') {
        break;
      }
      word.append((char) letter);
    }
    return word.isEmpty() ? null : word.toString();
  }

  /// Takes the uncompressed kernel out of a bzImage.
  ///
  /// @return empty if it is packed in a way that is not read here (bzip2, LZMA, LZO)
  /// @throws IOException if the file is damaged, or the target cannot be written
  static Optional<Path> uncompress(Path bzImage, Path target) throws IOException {
    ByteBuffer content = map(bzImage);
    if (Short.toUnsignedInt(content.getShort(PROTOCOL)) < PROTOCOL_2_08) {
      return Optional.empty();
    }
    int sectors = Byte.toUnsignedInt(content.get(SETUP_SECTORS));
    byte[] payload;
    try {
      int start =
          Math.addExact(
              ((sectors == 0 ? 4 : sectors) + 1) * SECTOR_BYTES, content.getInt(PAYLOAD_OFFSET));
      payload = new byte[Math.min(content.getInt(PAYLOAD_LENGTH), content.limit() - start)];
      content.get(start, payload);
    } catch (IndexOutOfBoundsException | NegativeArraySizeException | ArithmeticException damage) {
      throw new IOException("its boot header points outside the file", damage);
    }
    ByteBuffer packed = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    if (payload.length < 8) {
      return Optional.empty();
    }
    try (OutputStream output = Files.newOutputStream(target)) {
      if (packed.getInt(0) == LZ4_LEGACY) {
        uncompressLz4(payload, output);
      } else {
        try (InputStream input = unpacked(packed, payload)) {
          if (input == null) {
            Files.deleteIfExists(target);
            return Optional.empty();
          }
          input.transferTo(output);
        }
      }
    }
    return Optional.of(target);
  }

  private static @Nullable InputStream unpacked(ByteBuffer packed, byte[] payload)
      throws IOException {
    // Behind the packed kernel stands its size, which is no part of the stream.
    InputStream input = new ByteArrayInputStream(payload, 0, payload.length - 4);
    int magic = packed.getInt(0);
    if (magic == XZ) {
      return new SingleXZInputStream(input);
    }
    if (magic == ZSTD) {
      return new ZstdInputStream(input);
    }
    return (magic & 0xffff) == GZIP ? new GZIPInputStream(input) : null;
  }

  /// Blocks, each behind its packed size, until the four bytes of the whole's size.
  private static void uncompressLz4(byte[] payload, OutputStream output) throws IOException {
    ByteBuffer packed = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    int at = 4;
    while (at + 8 <= packed.limit()) {
      int size = packed.getInt(at);
      at += 4;
      if (size == LZ4_LEGACY) {
        continue;
      }
      if (size <= 0 || size > packed.limit() - at) {
        throw new IOException("its LZ4 stream is damaged");
      }
      try (InputStream block =
          new BlockLZ4CompressorInputStream(new ByteArrayInputStream(payload, at, size))) {
        block.transferTo(output);
      }
      at += size;
    }
  }

  private static ByteBuffer map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw new IOException("it has " + channel.size() + " bytes, more than any kernel");
      }
      return channel
          .map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
          .order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /// The release that an uncompressed kernel tells of itself, by its banner. Slow: reads all of it.
  static Optional<String> releaseInBanner(Path file) throws IOException {
    byte[] banner = "Linux version ".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer content = map(file);
    byte first = banner[0];
    for (int at = 0; at < content.limit() - banner.length; at++) {
      if (content.get(at) == first
          && content.slice(at, banner.length).equals(ByteBuffer.wrap(banner))) {
        String release = firstWord(content, at + banner.length);
        if (release != null && Character.isDigit(release.charAt(0))) {
          return Optional.of(release);
        }
      }
    }
    return Optional.empty();
  }
}
