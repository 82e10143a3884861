// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.TraplineException;
import dev.trapline.host.Tool;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InitramfsTest {
  @TempDir Path folder;

  @Test
  void anImageHoldsWhatWasPutIn() throws IOException {
    Initramfs image = image(List.of(), Map.of("init", "#!/bin/sh\n", "/etc/motd", "hello"));
    Map<String, Entry> entries = entries(image.image());
    assertThat(entries.get("init")).isEqualTo(new Entry(0100755, "#!/bin/sh\n"));
    assertThat(entries.get("etc")).isEqualTo(new Entry(040755, ""));
    assertThat(entries.get("etc/motd")).isEqualTo(new Entry(0100644, "hello"));
    assertThat(entries.get("dev/console")).isEqualTo(new Entry(020600, ""));
    assertThat(entries).containsKeys("proc", "sys", "tmp", "run", "mnt", "dev/null");
  }

  @Test
  void theSystemsOwnCpioReadsIt() throws IOException {
    Optional<Path> busybox = Tool.find("busybox");
    assumeTrue(busybox.isPresent(), "skipped: no busybox; apt-get install busybox-static");
    Path file = folder.resolve("image.cpio");
    image(List.of(), Map.of("init", "x", "a/b/c", "y")).buildTo(file);
    Tool.Result listed =
        Tool.run(List.of(busybox.get().toString(), "cpio", "-t", "-F", file.toString()));
    assertThat(listed.output().lines()).contains("init", "a", "a/b", "a/b/c", "dev/console");
  }

  @Test
  void theSameContentMakesTheSameFileAndOtherContentAnother() {
    Path first = image(List.of(), Map.of("init", "one")).buildIn(folder);
    Path again = image(List.of(), Map.of("init", "one")).buildIn(folder);
    Path other = image(List.of(), Map.of("init", "two")).buildIn(folder);
    assertThat(again).isEqualTo(first);
    assertThat(other).isNotEqualTo(first);
  }

  @Test
  void aDamagedImageInTheCacheIsBuiltAgain() throws IOException {
    Initramfs image = image(List.of(), Map.of("init", "one"));
    Path file = image.buildIn(folder);
    byte[] right = Files.readAllBytes(file);
    Files.write(file, new byte[right.length]);
    assertThat(image.buildIn(folder)).isEqualTo(file).hasBinaryContent(right);
  }

  @Test
  void aProgramComesWithAllThatItNeeds() throws IOException {
    Path program = Path.of("/bin/ls");
    assumeTrue(Files.isRegularFile(program), "skipped: no /bin/ls");
    Map<String, Entry> entries = entries(image(List.of(program), Map.of("init", "")).image());
    assertThat(entry(entries, "bin/ls").mode()).isEqualTo(0100755);
    // ldd(1) is the dynamic linker's own answer.
    List<String> names =
        Tool.runOrFail(List.of("ldd", program.toString()))
            .lines()
            .filter(line -> line.contains("=>"))
            .map(line -> line.strip().split(" ", -1)[0])
            .toList();
    assertThat(names).isNotEmpty();
    assertThat(names)
        .allSatisfy(name ->
            assertThat(entries.keySet().stream().filter(path -> path.endsWith("/" + name)))
                .hasSize(1));
    assertThat(entries).containsKey("lib64/ld-linux-x86-64.so.2");
  }

  @Test
  void busyboxBringsItsCommandsButNotOverPrograms() throws IOException {
    Optional<Path> busybox = Tool.find("busybox");
    assumeTrue(busybox.isPresent(), "skipped: no busybox; apt-get install busybox-static");
    Path ls = Path.of("/bin/ls");
    Map<String, Entry> entries =
        entries(image(List.of(busybox.get(), ls), Map.of("init", "")).image());
    assertThat(entries.get("bin/sh")).isEqualTo(new Entry(0120777, "busybox"));
    assertThat(entry(entries, "bin/ls").mode()).isEqualTo(0100755);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "../etc/passwd", "a/../../b", "a//b", "./a", "TRAILER!!!", "a\0b"})
  void aPathThatLeavesOrEndsTheImageIsRefused(String path) {
    TraplineException failure =
        catchThrowableOfType(
            TraplineException.class, () -> image(List.of(), Map.of(path, "content")));
    assertThat(failure.code()).isEqualTo("IMAGE-NOT-BUILT");
  }

  @Test
  void aFileBelowAFileIsRefused() {
    Initramfs image = image(List.of(), Map.of("a", "file", "a/b", "file"));
    assertThat(catchThrowableOfType(TraplineException.class, image::image))
        .hasMessageContaining("a/b");
  }

  @Test
  void oddNamesOfFilesAreKept() throws IOException {
    Map<String, String> files = Map.of("init", "", "a b\nc", "1", "-rf", "2", "\u00fcber", "3");
    assertThat(entries(image(List.of(), files).image())).containsKeys("a b\nc", "-rf", "\u00fcber");
  }

  @Test
  void whatIsNoProgramIsRefused() throws IOException {
    Path script = Files.writeString(folder.resolve("script"), "#!/bin/sh\n");
    Initramfs image = image(List.of(script), Map.of("init", ""));
    assertThat(catchThrowableOfType(TraplineException.class, image::image).rendered())
        .startsWith("error[IMAGE-NOT-BUILT]: " + script + " is no ELF program");
  }

  @Test
  void aProgramForAnotherMachineIsRefused() throws IOException {
    Path program = Files.write(folder.resolve("program"), TinyElf.header(183));
    Initramfs image = image(List.of(program), Map.of("init", ""));
    assertThat(catchThrowableOfType(TraplineException.class, image::image).rendered())
        .contains("is a program for aarch64");
  }

  @Test
  void aMissingProgramIsToldWithItsPackage() {
    Initramfs image = image(List.of(folder.resolve("busybox")), Map.of("init", ""));
    TraplineException failure = catchThrowableOfType(TraplineException.class, image::image);
    assertThat(failure.code()).isEqualTo("IMAGE-NOT-BUILT");
    assertThat(failure.remedy()).isEqualTo("apt-get install busybox-static");
  }

  @Test
  void modulesComeBehindWhatTheyNeed() throws IOException {
    GuestKernel kernel = kernelWithModules();
    Initramfs image =
        new Initramfs(kernel, List.of("virtio-net", "tun"), List.of(), files(Map.of("init", "")));
    Map<String, Entry> entries = entries(image.image());
    assertThat(entry(entries, "modules.order").content().lines())
        .containsExactly(
            "/lib/modules/failover.ko",
            "/lib/modules/net_failover.ko",
            "/lib/modules/virtio_net.ko",
            "/lib/modules/tun.ko");
    assertThat(entries).containsKey("lib/modules/net_failover.ko");
  }

  @Test
  void aModuleThatTheKernelLacksIsNamed() throws IOException {
    Initramfs image =
        new Initramfs(kernelWithModules(), List.of("broken"), List.of(), files(Map.of("init", "")));
    TraplineException failure = catchThrowableOfType(TraplineException.class, image::image);
    assertThat(failure.code()).isEqualTo("GUEST-KERNEL");
    assertThat(failure)
        .hasMessageContaining("no module 'absent' that broken needs")
        .hasMessageContaining("9.9.9-test");
  }

  @Test
  void aModuleWithoutSenseInItIsToldByItsFile() throws IOException {
    GuestKernel kernel = kernelWithModules();
    Path file = folder.resolve("modules/kernel/drivers/net/tun.ko.xz");
    Files.delete(file);
    Files.write(file.resolveSibling("tun.ko"), new byte[100]);
    Initramfs image = new Initramfs(kernel, List.of("tun"), List.of(), files(Map.of("init", "")));
    assertThat(catchThrowableOfType(TraplineException.class, image::image).rendered())
        .contains("IMAGE-NOT-BUILT", "tun.ko");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../etc/passwd", "a b", "", "x\ny"})
  void whatIsNoModuleNameIsRefused(String name) throws IOException {
    Initramfs image =
        new Initramfs(kernelWithModules(), List.of(name), List.of(), files(Map.of("init", "")));
    assertThat(catchThrowableOfType(TraplineException.class, image::image).code())
        .isEqualTo("GUEST-KERNEL");
  }

  @Test
  void damagedElfFilesNeverEscapeAsOtherErrors() throws IOException {
    byte[] whole = Files.readAllBytes(Path.of("/bin/ls"));
    java.util.Random random = new java.util.Random(7);
    for (int round = 0; round < 300; round++) {
      byte[] damaged = java.util.Arrays.copyOf(whole, 64 + random.nextInt(whole.length - 64));
      for (int change = 0; change < 30; change++) {
        damaged[4 + random.nextInt(2000) % (damaged.length - 4)] = (byte) random.nextInt();
      }
      try {
        ElfFile.ask(java.nio.ByteBuffer.wrap(damaged), ElfFile::dynamic);
        ElfFile.ask(java.nio.ByteBuffer.wrap(damaged), ElfFile::interpreter);
        ElfFile.ask(java.nio.ByteBuffer.wrap(damaged), ElfFile::hasPvhEntry);
        ElfFile.ask(java.nio.ByteBuffer.wrap(damaged), elf -> elf.section(".modinfo"));
      } catch (IOException expected) {
        assertThat(expected).hasMessageContaining("ELF");
      }
    }
  }

  /// A kernel whose modules are of the forms that Debian's have: plain, xz, with dashes.
  private GuestKernel kernelWithModules() throws IOException {
    Path modules = folder.resolve("modules");
    Path net = Files.createDirectories(modules.resolve("kernel/drivers/net"));
    Path core = Files.createDirectories(modules.resolve("kernel/net/core"));
    Files.write(net.resolve("virtio_net.ko"), TinyElf.module("net_failover,virtio-ring"));
    Files.write(net.resolve("net_failover.ko"), TinyElf.module("failover"));
    Files.write(core.resolve("failover.ko"), TinyElf.module(""));
    Files.write(net.resolve("broken.ko"), TinyElf.module("absent"));
    try (var xz =
        new org.tukaani.xz.XZOutputStream(
            Files.newOutputStream(net.resolve("tun.ko.xz")), new org.tukaani.xz.LZMA2Options())) {
      xz.write(TinyElf.module(""));
    }
    Files.writeString(modules.resolve("modules.builtin"), "kernel/drivers/virtio/virtio_ring.ko\n");
    return new GuestKernel(folder.resolve("vmlinux"), "9.9.9-test", "test", modules);
  }

  private Initramfs image(List<Path> programs, Map<String, String> files) {
    GuestKernel kernel = new GuestKernel(folder.resolve("vmlinux"), "9.9.9-test", "test", null);
    return new Initramfs(kernel, List.of(), programs, files(files));
  }

  private static SortedMap<String, byte[]> files(Map<String, String> texts) {
    SortedMap<String, byte[]> files = new TreeMap<>();
    texts.forEach((path, text) -> files.put(path, text.getBytes(StandardCharsets.UTF_8)));
    return files;
  }

  private static Entry entry(Map<String, Entry> entries, String path) {
    return Objects.requireNonNull(entries.get(path), path);
  }

  private record Entry(long mode, String content) {}

  private static Map<String, Entry> entries(byte[] image) throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    try (CpioArchiveInputStream archive =
        new CpioArchiveInputStream(
            new ByteArrayInputStream(image), 512, StandardCharsets.UTF_8.name())) {
      CpioArchiveEntry entry;
      while ((entry = archive.getNextEntry()) != null) {
        String content = new String(archive.readAllBytes(), StandardCharsets.UTF_8);
        assertThat(entries.put(entry.getName(), new Entry(entry.getMode(), content))).isNull();
      }
    }
    assertFoldersComeFirst(entries);
    return entries;
  }

  /// The kernel makes no parents.
  private static void assertFoldersComeFirst(Map<String, Entry> entries) {
    List<String> order = List.copyOf(entries.keySet());
    for (String path : order) {
      int slash = path.lastIndexOf('/');
      if (slash > 0) {
        assertThat(Stream.of(order.indexOf(path.substring(0, slash))))
            .allMatch(index -> index >= 0 && index < order.indexOf(path));
      }
    }
  }
}
