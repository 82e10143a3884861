// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.lab;

import dev.trapline.TraplineException;
import dev.trapline.environment.image.GuestKernel;
import dev.trapline.environment.image.ImageCache;
import dev.trapline.environment.image.Initramfs;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.Lease;
import dev.trapline.host.ScratchFolder;
import dev.trapline.host.Tool;
import dev.trapline.host.TscFrequency;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/// A lab host: QEMU emulates a machine whose CPU has AMD's virtualization, Debian's generic kernel
/// runs on it, and in it Trapline with real KVM, vhost-net and tracepoints. Slow, and every figure
/// is one of an emulated CPU; counts and their order are those of the real code paths.
///
/// The lab sees this machine's `/usr` and `/etc`, the JDK, Trapline and the cached kernels
/// read-only, and one folder of ours to write to. It has no network.
public final class NestedLab {
  /// One CPU: QEMU 7.2 emulates SVM on several at once with errors (the guest's kernel panics now
  /// and then with two, not with one).
  private static final int CPUS = 1;

  private static final int MEMORY_MIB = 3072;

  /// Nothing on the serial port for so long is a hang: QEMU 7.2's nested SVM stops now and then
  /// with its thread busy.
  private static final Duration LONGEST_SILENCE = Duration.ofMinutes(5);

  /// One hang is no news; a second one may be something else.
  private static final int ATTEMPTS = 2;

  private static final String SILENT = "LAB-SILENT";
  private static final String SERIAL_LOG = "serial.log";

  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration GRACE = Duration.ofSeconds(5);

  /// What the lab's kernel needs beyond what is built in: its file systems, KVM with vhost, and the
  /// networks that environments are made of. Modules for KVM on other CPUs are not wanted.
  private static final List<String> MODULES =
      List.of("virtio_pci", "9pnet_virtio", "9p", "kvm_amd", "vhost_net", "tun", "bridge", "veth");

  /// Programs that the lab has from this machine's `/usr`.
  private static final List<String> NEEDED = List.of("qemu-system-x86_64", "busybox", "bash", "ip");

  private final Path directory;
  private final List<String> classPath;
  private final List<String> arguments;
  private final Consumer<String> news;
  private final Duration longestSilence;

  /// @param directory where the run is brought to; exists and is empty
  /// @param classPath of Trapline itself: jars and folders of classes
  /// @param arguments main class and arguments, in the lab
  /// @param news told what is being waited for, and each line that Trapline in the lab says
  public NestedLab(
      Path directory, List<String> classPath, List<String> arguments, Consumer<String> news) {
    this(directory, classPath, arguments, news, LONGEST_SILENCE);
  }

  NestedLab(
      Path directory,
      List<String> classPath,
      List<String> arguments,
      Consumer<String> news,
      Duration longestSilence) {
    this.longestSilence = longestSilence;
    this.directory = directory.toAbsolutePath();
    this.classPath = List.copyOf(classPath);
    this.arguments = List.copyOf(arguments);
    this.news = news;
  }

  /// Why no lab can be started here, with the remedy; empty if it can.
  public static Optional<String> unavailable() {
    for (String program : NEEDED) {
      if (Tool.find(program).isEmpty()) {
        return Optional.of(program + " is not on PATH; apt-get install " + Tool.packageOf(program));
      }
    }
    if (!System.getProperty("os.arch").equals("amd64")) {
      return Optional.of("it is for x86-64, and this is " + System.getProperty("os.arch"));
    }
    if (!Files.isSymbolicLink(Path.of("/lib"))) {
      return Optional.of("/lib is no link to /usr/lib here; Debian has that from 12 on");
    }
    return Optional.empty();
  }

  /// Where the run will be in the lab, for `-o`.
  public static String outputInLab() {
    return "/tmp/run";
  }

  /// Boots the lab, runs Trapline in it and brings what it wrote to the directory. A lab that hangs
  /// is ended and begun again, once. All processes are ended then, however it went.
  ///
  /// @return the exit code of Trapline in the lab
  /// @throws TraplineException `LAB-UNAVAILABLE`, `LAB-FAILED` or `LAB-SILENT`, with the end of
  ///   what the serial port said
  public int run(Lease lease) throws InterruptedException {
    unavailable()
        .ifPresent(obstacle -> {
          throw new TraplineException(
              "LAB-UNAVAILABLE",
              "the nested lab cannot be started: " + obstacle + ".",
              "apt-get install qemu-system-x86 busybox-static iproute2");
        });
    GuestKernel kernel = GuestKernel.debian(GuestKernel.Flavour.GENERIC, news);
    // For guests within; the lab has no network to fetch it.
    GuestKernel.debian(GuestKernel.Flavour.CLOUD, news);
    Path initramfs = initramfs(kernel);
    try (ScratchFolder program = ScratchFolder.create("lab")) {
      stage(program);
      Path log = Files.createDirectories(directory.resolve("raw/lab"));
      String share = String.valueOf(program.file("arguments").toAbsolutePath().getParent());
      for (int attempt = 1; ; attempt++) {
        try {
          return boot(kernel, initramfs, share, log, lease);
        } catch (TraplineException failure) {
          if (attempt == ATTEMPTS || !failure.code().equals(SILENT)) {
            throw failure;
          }
          setAside(log);
          news.accept(
              "the lab has said nothing for "
                  + longestSilence.toMinutes()
                  + " minutes, a hang of QEMU's emulation: beginning again, this once");
        }
      }
    } catch (IOException failure) {
      throw new TraplineException(
          "LAB-FAILED",
          "the lab could not be set up: " + failure.getMessage() + ".",
          "make room in the temporary folder and in " + directory,
          failure);
    }
  }

  private int boot(GuestKernel kernel, Path initramfs, String share, Path log, Lease lease)
      throws IOException, InterruptedException {
    Path serial = log.resolve(SERIAL_LOG);
    news.accept("booting the lab, an emulated machine; this takes half a minute and more");
    ChildProcess qemu =
        ChildProcess.start(
            Launch.background(
                command(kernel, initramfs, share, serial),
                log.resolve("qemu.stdout"),
                log.resolve("qemu.stderr"),
                null,
                lease.id()));
    try {
      return follow(qemu, new SerialConsole(serial, news), log);
    } finally {
      endQuietly(qemu);
    }
  }

  /// What a lab that hung had said stays beside what the next one says.
  private static void setAside(Path log) throws IOException {
    Path serial = log.resolve(SERIAL_LOG);
    if (Files.exists(serial)) {
      Files.move(serial, log.resolve("serial-silent.log"), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /// Even if this thread is interrupted meanwhile.
  private static void endQuietly(ChildProcess qemu) {
    boolean interrupted = Thread.interrupted();
    try {
      qemu.end(GRACE);
    } catch (InterruptedException again) {
      qemu.kill();
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private int follow(ChildProcess qemu, SerialConsole serial, Path log)
      throws IOException, InterruptedException {
    while (qemu.await(POLL).isEmpty()) {
      serial.poll();
      if (serial.silentNanos() > longestSilence.toNanos()) {
        throw failed(
            SILENT,
            "the lab has said nothing for "
                + longestSilence.toMinutes()
                + " minutes"
                + (serial.hasBooted() ? "" : " and has not booted")
                + ", so it was ended.",
            "start it again: QEMU's emulation of nested virtualization stops now and then",
            serial,
            log);
      }
    }
    serial.poll();
    if (serial.failure() != null || serial.exitCode().isEmpty()) {
      throw failed(
          "LAB-FAILED",
          serial.failure() == null
              ? "the lab ended before Trapline in it had ended (exit code "
                  + ChildProcess.exitCode(qemu.await())
                  + " of QEMU)."
              : "the lab failed: " + serial.failure() + ".",
          "see the words above, and start it again",
          serial,
          log);
    }
    return serial.exitCode().getAsInt();
  }

  private static TraplineException failed(
      String code, String fact, String remedy, SerialConsole serial, Path log) throws IOException {
    String said = Files.readString(log.resolve("qemu.stderr"), StandardCharsets.ISO_8859_1).strip();
    return new TraplineException(
        code,
        fact
            + " The serial port said last:\n"
            + serial.tail()
            + (said.isEmpty() ? "" : "\nQEMU said: " + said),
        remedy + "; all of it is in " + log);
  }

  private static Path initramfs(GuestKernel kernel) {
    SortedMap<String, byte[]> files = new TreeMap<>();
    files.put("init", LabScripts.INIT.getBytes(StandardCharsets.UTF_8));
    files.put("second", LabScripts.SECOND.getBytes(StandardCharsets.UTF_8));
    Path busybox = Tool.find("busybox").orElseThrow();
    return new Initramfs(kernel, MODULES, List.of(busybox), files).build();
  }

  private List<String> command(GuestKernel kernel, Path initramfs, String program, Path serial) {
    List<String> command = new ArrayList<>();
    command.add("qemu-system-x86_64");
    command.addAll(List.of("-name", "trapline-lab,debug-threads=on"));
    command.addAll(List.of("-M", "q35", "-accel", "tcg,thread=multi,tb-size=512"));
    command.addAll(List.of("-cpu", "max", "-smp", Integer.toString(CPUS)));
    command.addAll(List.of("-m", Integer.toString(MEMORY_MIB)));
    command.addAll(List.of("-display", "none", "-no-reboot", "-nodefaults"));
    command.addAll(List.of("-serial", "file:" + serial));
    command.addAll(List.of("-kernel", kernel.file().toString()));
    command.addAll(List.of("-initrd", initramfs.toString()));
    command.addAll(
        List.of("-append", "console=ttyS0 quiet panic=-1" + TscFrequency.asKernelArguments()));
    share(command, "usr", "/usr", true);
    share(command, "etc", "/etc", true);
    share(command, "jdk", System.getProperty("java.home"), true);
    share(command, "program", program, true);
    share(command, "kernels", ImageCache.defaultFolder().resolve("kernels").toString(), true);
    share(command, "out", directory.toString(), false);
    return command;
  }

  /// QEMU takes a doubled comma for one.
  private static void share(List<String> command, String tag, String path, boolean readOnly) {
    command.add("-virtfs");
    command.add(
        "local,path="
            + path.replace(",", ",,")
            + ",mount_tag="
            + tag
            + ",security_model=none,multidevs=remap"
            + (readOnly ? ",readonly=on" : ""));
  }

  /// Puts Trapline's jars and the arguments into the folder that the lab sees as `/program`.
  private void stage(ScratchFolder program) throws IOException {
    List<String> staged = new ArrayList<>();
    for (String entry : classPath) {
      Path source = Path.of(entry);
      String name = String.format(Locale.ROOT, "%03d.jar", staged.size());
      if (Files.isDirectory(source)) {
        jar(source, program.file(name));
      } else if (Files.isRegularFile(source)) {
        copy(source, program.file(name));
      } else {
        continue;
      }
      staged.add("/program/" + name);
    }
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx768m",
            "-cp",
            String.join(":", staged)));
    command.addAll(arguments);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String argument : command) {
      bytes.write(argument.getBytes(StandardCharsets.UTF_8));
      bytes.write(0);
    }
    Files.write(program.file("arguments"), bytes.toByteArray());
  }

  private static void copy(Path source, Path target) throws IOException {
    try {
      Files.createLink(target, source.toRealPath());
    } catch (IOException | UnsupportedOperationException otherFileSystem) {
      Files.copy(source, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void jar(Path folder, Path target) throws IOException {
    try (OutputStream output = Files.newOutputStream(target);
        JarOutputStream jar = new JarOutputStream(output);
        Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        jar.putNextEntry(new JarEntry(folder.relativize(file).toString()));
        Files.copy(file, jar);
        jar.closeEntry();
      }
    }
  }
}
