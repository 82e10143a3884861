// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.TraplineException;
import dev.trapline.host.LibC;
import dev.trapline.host.Tool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class GuestKernelTest {
  @TempDir Path folder;

  @Test
  void aMissingKernelIsToldByItsPath() {
    Path file = folder.resolve("absent");
    assertThat(refusalOf(file)).isEqualTo("there is no kernel file " + file + ".");
  }

  @Test
  void aFolderIsNoKernel() {
    assertThat(refusalOf(folder)).contains("is not a regular file");
  }

  @Test
  void whatIsNoKernelIsToldByItsFirstBytes() throws IOException {
    Path text = Files.writeString(folder.resolve("readme"), "hello, world".repeat(100));
    assertThat(refusalOf(text)).contains("is not a kernel: it begins with the bytes 68 65 6c 6c");
    Path empty = Files.createFile(folder.resolve("empty"));
    assertThat(refusalOf(empty)).contains("is not a kernel: it is empty");
  }

  @Test
  void aKernelForAnotherArchitectureIsToldByItsName() throws IOException {
    Path arm = Files.write(folder.resolve("arm"), TinyElf.kernel(183, true));
    assertThat(refusalOf(arm)).contains("is an ELF file for aarch64, and guests here are x86-64");
    byte[] image = new byte[100];
    System.arraycopy("ARMd".getBytes(StandardCharsets.US_ASCII), 0, image, 56, 4);
    Path raw = Files.write(folder.resolve("Image"), image);
    assertThat(refusalOf(raw)).contains("is a kernel for aarch64");
    byte[] old = bzImage(new byte[10]);
    old[0x236] = 0;
    Path x86 = Files.write(folder.resolve("bzImage"), old);
    assertThat(refusalOf(x86)).contains("32-bit x86");
  }

  @Test
  void aProgramIsNoKernel() {
    assertThat(refusalOf(Path.of("/bin/ls"))).contains("without a PVH entry");
  }

  @Test
  void anElfKernelAndABzImageAreTaken() throws IOException {
    byte[] kernel = TinyElf.kernel(ElfFile.EM_X86_64, true);
    byte[] banner = "Linux version 9.9.9-own (x)".getBytes(StandardCharsets.US_ASCII);
    byte[] both = java.util.Arrays.copyOf(kernel, kernel.length + banner.length);
    System.arraycopy(banner, 0, both, kernel.length, banner.length);
    Path elf = Files.write(folder.resolve("vmlinux"), both);
    assertThat(GuestKernel.ofFile(elf))
        .isEqualTo(new GuestKernel(elf, "9.9.9-own", elf.toString(), null));
    Path packed = Files.write(folder.resolve("vmlinuz"), bzImage(new byte[10]));
    assertThat(GuestKernel.ofFile(packed).release()).isEqualTo("9.9.9-packed");
  }

  @Test
  void aKernelIsTakenOutOfWhateverItIsPackedWith() throws IOException {
    byte[] kernel = new byte[100_000];
    new java.util.Random(3).nextBytes(kernel);
    List<byte[]> packed = List.of(lz4(kernel), gzip(kernel), xz(kernel), zstd(kernel));
    for (byte[] payload : packed) {
      Path file = Files.write(folder.resolve("vmlinuz"), bzImage(payload));
      Path target = folder.resolve("vmlinux");
      assertThat(KernelFile.uncompress(file, target)).hasValue(target);
      assertThat(target).hasBinaryContent(kernel);
    }
    Path unknown = Files.write(folder.resolve("vmlinuz"), bzImage(new byte[200]));
    assertThat(KernelFile.uncompress(unknown, folder.resolve("none"))).isEmpty();
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void theConcretePackageIsFoundInWhatAptShows() {
    String shown =
        "Package: linux-image-cloud-amd64\n"
            + "Depends: linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)\nSize: 1\n";
    assertThat(DebianKernels.concreteIn(shown)).hasValue("linux-image-6.1.0-56-cloud-amd64");
    assertThat(DebianKernels.concreteIn("N: Unable to locate package x")).isEmpty();
  }

  /// The real thing; fetched once, then from the cache of the machine.
  @Test
  void debiansKernelForGuestsHasTheVirtioModules() throws IOException {
    GuestKernel kernel = debianKernelOrSkip();
    assertThat(kernel.release()).endsWith("-cloud-amd64");
    assertThat(kernel.origin()).startsWith("linux-image-" + kernel.release() + " ");
    assertThat(KernelFile.inspect(kernel.file()).compressed()).isFalse();
    List<String> order =
        new ArrayList<>(
            KernelModules.of(kernel)
                .inLoadOrder(List.of("virtio_pci", "virtio_mmio", "virtio_net"))
                .keySet());
    assertThat(order).contains("virtio_net").doesNotHaveDuplicates();
    assertThat(order.indexOf("net_failover")).isLessThan(order.indexOf("virtio_net"));
  }

  @Test
  void aCacheWithoutRoomIsToldAndNothingHalfWrittenIsLeft() throws IOException {
    assumeTrue(LibC.isRoot(), "skipped: mounting a small file system needs root");
    Path disk = Files.createDirectories(folder.resolve("disk"));
    Tool.Result mounted =
        Tool.run(
            List.of("mount", "-t", "tmpfs", "-o", "size=1m", "trapline-test", disk.toString()));
    assumeTrue(mounted.exitCode() == 0, "skipped: mount says " + mounted.output());
    try {
      TreeMap<String, byte[]> files = new TreeMap<>();
      files.put("init", new byte[2 << 20]);
      GuestKernel kernel = new GuestKernel(folder.resolve("vmlinux"), "x", "test", null);
      Initramfs image = new Initramfs(kernel, List.of(), List.of(), files);
      TraplineException failure =
          catchThrowableOfType(TraplineException.class, () -> image.buildIn(disk));
      assertThat(failure.rendered())
          .startsWith("error[IMAGE-NOT-BUILT]: no guest can be booted, since " + disk)
          .contains("No space left on device", "KiB free of 1024 KiB there", "TRAPLINE_CACHE");
      try (Stream<Path> left = Files.walk(disk).filter(Files::isRegularFile)) {
        assertThat(left).isEmpty();
      }
    } finally {
      Tool.run(List.of("umount", disk.toString()));
    }
  }

  private static GuestKernel debianKernelOrSkip() {
    try {
      return GuestKernel.debian(GuestKernel.Flavour.CLOUD, news -> {});
    } catch (TraplineException unavailable) {
      String reason = "skipped: " + unavailable.getMessage();
      System.out.println(reason);
      assumeTrue(!unavailable.code().equals("GUEST-KERNEL-DOWNLOAD"), reason);
      throw unavailable;
    }
  }

  private static String refusalOf(Path file) {
    TraplineException failure =
        catchThrowableOfType(TraplineException.class, () -> GuestKernel.ofFile(file));
    assertThat(failure.code()).isEqualTo("GUEST-KERNEL");
    return String.valueOf(failure.getMessage());
  }

  private static byte[] bzImage(byte[] payload) {
    ByteBuffer bytes =
        ByteBuffer.allocate(1024 + 0x100 + payload.length + 4).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(0x1f1, (byte) 1).putInt(0x202, 0x53726448).putShort(0x206, (short) 0x20f);
    bytes.putShort(0x20e, (short) 0x100).putShort(0x236, (short) 1);
    bytes.put(0x300, "9.9.9-packed (x) #1".getBytes(StandardCharsets.US_ASCII));
    bytes.putInt(0x248, 0x100).putInt(0x24c, payload.length + 4);
    byte[] content = new byte[bytes.capacity()];
    bytes.put(0x500, payload).get(0, content);
    return content;
  }

  private static byte[] lz4(byte[] content) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write(little(0x184c2102));
    for (int at = 0; at < content.length; at += 60_000) {
      ByteArrayOutputStream block = new ByteArrayOutputStream();
      try (OutputStream output = new BlockLZ4CompressorOutputStream(block)) {
        output.write(content, at, Math.min(60_000, content.length - at));
      }
      whole.write(little(block.size()));
      block.writeTo(whole);
    }
    return whole.toByteArray();
  }

  private static byte[] little(int value) {
    return new byte[] {
      (byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)
    };
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream output = new GZIPOutputStream(packed)) {
      output.write(content);
    }
    return packed.toByteArray();
  }

  private static byte[] xz(byte[] content) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream output = new XZOutputStream(packed, new LZMA2Options())) {
      output.write(content);
    }
    return packed.toByteArray();
  }

  private static byte[] zstd(byte[] content) {
    return com.github.luben.zstd.Zstd.compress(content);
  }
}
