// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.firecracker;

import dev.trapline.TraplineException;
import dev.trapline.environment.vmm.MachinePlan;
import dev.trapline.environment.vmm.RunningVmm;
import dev.trapline.environment.vmm.VmmDriver;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.Tool;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Machines of firecracker(1), written from the project's published description of its API
/// (1.17.0-dev). Firecracker has one virtio-net queue pair on a tap, moves packets itself (it has
/// no vhost-net), and runs on KVM only. The guest's serial port is the process's standard input and
/// output.
///
/// @param binary as given by the user; null for `firecracker` on PATH
public record FirecrackerDriver(@Nullable Path binary) implements VmmDriver {
  /// The program.
  public static final String PROGRAM = "firecracker";

  private static final Duration SOCKET_WITHIN = Duration.ofSeconds(20);
  private static final Duration SOCKET_POLL = Duration.ofMillis(20);

  /// Reading kernel and initial file system into the guest's memory is part of an answer.
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);

  @Override
  public String name() {
    return "Firecracker";
  }

  /// The program that would be started.
  private Optional<Path> program() {
    return binary == null
        ? Tool.find(PROGRAM)
        : Optional.of(binary.toAbsolutePath()).filter(Files::isExecutable);
  }

  @Override
  public Optional<Missing> missing() {
    if (!System.getProperty("os.arch").equals("amd64")) {
      return Optional.of(
          new Missing(
              "ENVIRONMENT-UNAVAILABLE",
              "guests are x86-64 here, and this machine is " + System.getProperty("os.arch"),
              "use an x86-64 machine, or --environment netns"));
    }
    if (program().isEmpty()) {
      return Optional.of(
          new Missing(
              "FIRECRACKER-MISSING",
              binary == null
                  ? PROGRAM + " is not on PATH"
                  : binary + " is not a program that can be executed",
              "take the release for this machine from"
                  + " https://github.com/firecracker-microvm/firecracker/releases and name it:"
                  + " --firecracker PATH"));
    }
    if (!Files.isWritable(Path.of("/dev/kvm"))) {
      return Optional.of(
          new Missing(
              "ENVIRONMENT-UNAVAILABLE",
              "Firecracker runs on KVM only, and /dev/kvm is missing or may not be used",
              "modprobe kvm_intel or kvm_amd, or --environment microvm --accelerator tcg"));
    }
    return Optional.empty();
  }

  @Override
  public SortedMap<String, String> settings() {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put("vmm", "firecracker");
    settings.put("accelerator", "kvm");
    settings.put("machine", "firecracker");
    settings.put("vhost", "off");
    program().ifPresent(path -> settings.put("binary", path.toString()));
    return settings;
  }

  /// Firecracker tells the guest where its devices are by itself. `reboot=k` makes a guest that
  /// reboots press the keyboard controller's reset line, upon which Firecracker ends. The words for
  /// `i8042` are Firecracker's own: only the reset and Ctrl-Alt-Del are there.
  @Override
  public String kernelArguments() {
    return "console=ttyS0 reboot=k panic=-1 i8042.noaux i8042.nomux i8042.dumbkbd";
  }

  @Override
  public RunningVmm start(MachinePlan plan) throws InterruptedException {
    if (plan.queues() > 1) {
      throw notStarted(
          "a network card of Firecracker's has one queue pair, not " + plan.queues(), "", null);
    }
    Path program = program().orElseThrow(() -> notStarted("it is not there any more", "", null));
    Path socket = plan.scratch().resolve("api");
    Path input = fifo(plan.scratch().resolve("input"));
    Path output = fifo(plan.scratch().resolve("output"));
    Path words = plan.scratch().resolve("stderr");
    List<String> command =
        List.of(program.toString(), "--api-sock", socket.toString(), "--id", plan.name());
    ChildProcess process = null;
    boolean started = false;
    // While this is open neither end of the pipe waits for the other to be opened.
    try (RandomAccessFile _ = new RandomAccessFile(output.toFile(), "rw")) {
      Path log = Files.createFile(fresh(plan, "firecracker-log"));
      Path metrics = Files.createFile(fresh(plan, "firecracker-metrics"));
      process =
          ChildProcess.start(
              Launch.background(command, output, words, plan.networkNamespace(), plan.leaseId())
                  .withInput(input)
                  .onCpus(plan.cpus()));
      FileInputStream fromGuest = new FileInputStream(output.toFile());
      FileOutputStream toGuest = new FileOutputStream(input.toFile());
      awaitSocket(socket, process, words);
      ApiSocket api = new ApiSocket(socket, ANSWER_WITHIN);
      String bootArguments = (kernelArguments() + " " + plan.kernelArguments()).strip();
      for (ApiRequest request : ApiRequest.configuration(plan, bootArguments, log, metrics)) {
        api.send(request);
      }
      api.send(ApiRequest.start());
      started = true;
      return new RunningFirecracker(command, process, api, fromGuest, toGuest, metrics, words);
    } catch (IOException failure) {
      throw notStarted(
          String.valueOf(failure.getMessage()), RunningFirecracker.endOf(words), failure);
    } finally {
      if (!started && process != null) {
        process.kill();
      }
    }
  }

  /// A machine that is started again keeps what the one before it left.
  private static Path fresh(MachinePlan plan, String kind) {
    Path file = plan.kept().resolve(plan.name() + "." + kind);
    for (int number = 2; Files.exists(file); number++) {
      file = plan.kept().resolve(plan.name() + "-" + number + "." + kind);
    }
    return file;
  }

  private static Path fifo(Path path) {
    Tool.runOrFail(List.of("mkfifo", path.toString()));
    return path;
  }

  private static void awaitSocket(Path socket, ChildProcess process, Path words)
      throws InterruptedException {
    long deadline = System.nanoTime() + SOCKET_WITHIN.toNanos();
    while (!Files.exists(socket)) {
      if (process.await(SOCKET_POLL).isPresent()) {
        throw notStarted("it ended at once", RunningFirecracker.endOf(words), null);
      }
      if (System.nanoTime() > deadline) {
        throw notStarted(
            "it did not open its API socket within " + SOCKET_WITHIN.toSeconds() + " s",
            RunningFirecracker.endOf(words),
            null);
      }
    }
  }

  private static TraplineException notStarted(String why, String said, @Nullable Throwable cause) {
    return new TraplineException(
        "VMM-NOT-STARTED",
        "Firecracker is of no use: " + why + (said.isEmpty() ? "." : ". It said: " + said),
        "see the .firecracker-log files in the run's raw folder; --queues 1; 'trapline doctor' tries"
            + " the machines that work here",
        cause);
  }
}
