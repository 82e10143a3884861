// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.environment.Environment;
import dev.trapline.environment.firecracker.FirecrackerDriver;
import dev.trapline.environment.guest.GuestImage;
import dev.trapline.environment.guest.MachineSettings;
import dev.trapline.environment.guest.VmEnvironment;
import dev.trapline.environment.qemu.KvmProbe;
import dev.trapline.environment.qemu.QemuDriver;
import dev.trapline.environment.vmm.VmmDriver;
import dev.trapline.host.EmulatedHost;
import dev.trapline.host.Tool;
import dev.trapline.run.EnvironmentFacts;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Environments by name, made of the options given, and which of them can be had here.
final class EnvironmentChooser {
  /// Every word of `--environment`.
  static final List<String> NAMES =
      List.of("netns", "loopback", "kvm", "kvm-vhost", "microvm", "firecracker");

  private final MachineOptions options;
  private final MachineSettings settings;
  private final Consumer<String> news;
  private final GuestImage image;
  private @Nullable Accelerator accelerator;

  /// @param unusable why it cannot be had though it was asked for; null if it can
  private record Accelerator(String name, @Nullable String unusable) {}

  /// What can be run in, and what cannot.
  record Chosen(List<Environment> environments, List<EnvironmentFacts> skipped) {}

  /// @param news told what is being waited for
  EnvironmentChooser(MachineOptions options, Consumer<String> news) {
    this.options = options;
    this.settings = options.settings();
    this.news = news;
    image = new GuestImage(settings, news);
  }

  /// What is kept of an environment in which trials ran; to be asked after them.
  static EnvironmentFacts facts(Environment environment) {
    return new EnvironmentFacts(
        environment.name(),
        environment.description(),
        environment.emulated() || EmulatedHost.isEmulated(),
        null,
        environment.settings());
  }

  /// @param names as given, repetitions and all
  /// @throws TraplineException `ENVIRONMENT-UNKNOWN`; `ENVIRONMENT-UNAVAILABLE`, or a code of its
  ///   own, if none of them can be had
  Chosen choose(List<String> names) throws InterruptedException {
    List<Environment> usable = new ArrayList<>();
    List<EnvironmentFacts> skipped = new ArrayList<>();
    TraplineException first = null;
    for (String name : new LinkedHashSet<>(names)) {
      Environment environment = named(name);
      Optional<VmmDriver.Missing> obstacle = obstacle(environment);
      if (obstacle.isEmpty()) {
        usable.add(environment);
        continue;
      }
      VmmDriver.Missing missing = obstacle.get();
      String reason = missing.reason() + "; " + missing.remedy();
      skipped.add(
          new EnvironmentFacts(
              name,
              environment.description(),
              environment.emulated(),
              reason,
              environment.settings()));
      if (first == null) {
        first =
            new TraplineException(
                missing.code(),
                "the environment " + name + " cannot be made: " + missing.reason() + ".",
                missing.remedy());
      }
    }
    if (usable.isEmpty() && first != null) {
      throw first;
    }
    for (EnvironmentFacts facts : skipped) {
      news.accept("skipping " + facts.name() + ": " + facts.skipped());
    }
    return new Chosen(usable, skipped);
  }

  private Optional<VmmDriver.Missing> obstacle(Environment environment)
      throws InterruptedException {
    if (environment instanceof VmEnvironment machines) {
      Optional<VmmDriver.Missing> missing = machines.missing();
      if (missing.isEmpty()) {
        missing = unusableAccelerator(machines);
      }
      return missing.isPresent() ? missing : unbuiltImage();
    }
    return environment
        .unavailable()
        .map(reason -> new VmmDriver.Missing("ENVIRONMENT-UNAVAILABLE", reason, "trapline doctor"));
  }

  /// Built before anything is begun. A file of the user's own that is of no use is his to correct;
  /// what cannot be fetched leaves the other environments.
  private Optional<VmmDriver.Missing> unbuiltImage() {
    try {
      image.build();
      return Optional.empty();
    } catch (TraplineException failure) {
      if (failure.code().equals("GUEST-KERNEL")) {
        throw failure;
      }
      String reason = String.valueOf(failure.getMessage());
      return Optional.of(
          new VmmDriver.Missing(
              failure.code(),
              reason.endsWith(".") ? reason.substring(0, reason.length() - 1) : reason,
              failure.remedy()));
    }
  }

  private Optional<VmmDriver.Missing> unusableAccelerator(VmEnvironment machines)
      throws InterruptedException {
    if ("firecracker".equals(machines.settings().get("vmm"))) {
      // It has no other accelerator. QEMU's guest finds out sooner than its own deadline does.
      return Tool.find(QemuDriver.PROGRAM).isEmpty()
          ? Optional.empty()
          : KvmProbe.obstacle(image, news)
              .map(reason ->
                  new VmmDriver.Missing(
                      "ENVIRONMENT-UNAVAILABLE",
                      "Firecracker runs on KVM only, and " + reason,
                      "--environment microvm --accelerator tcg"));
    }
    String unusable = accelerator().unusable();
    return Optional.ofNullable(unusable)
        .map(reason ->
            new VmmDriver.Missing(
                "ENVIRONMENT-UNAVAILABLE",
                reason,
                "--accelerator tcg, which is emulated and not representative"));
  }

  /// Whether the machines of an environment can be started here, and how; found out without booting
  /// a guest, for a check that must not take long.
  ///
  /// @return what to say if they can; throws nothing
  static Optional<VmmDriver.Missing> missing(String name) {
    MachineSettings settings = MachineSettings.DEFAULT;
    QemuDriver driver =
        new QemuDriver(
            "tcg",
            name.equals("microvm") ? QemuDriver.Machine.MICROVM : QemuDriver.Machine.PC,
            name.equals("kvm-vhost"));
    return new VmEnvironment(name, driver, settings, new GuestImage(settings, words -> {}), true)
        .missing();
  }

  /// One of them, whether it can be had here or not.
  Environment named(String name) throws InterruptedException {
    return switch (name) {
      case "netns" -> new Environment.NetnsPair();
      case "loopback" -> new Environment.Loopback();
      case "kvm" -> qemu(name, options.machine(), false);
      case "kvm-vhost" -> qemu(name, options.machine(), true);
      case "microvm" -> qemu(name, QemuDriver.Machine.MICROVM, false);
      case "firecracker" ->
          new VmEnvironment(
              name,
              new FirecrackerDriver(options.firecracker()),
              settings,
              image,
              EmulatedHost.isEmulated());
      default ->
          throw new TraplineException(
              "ENVIRONMENT-UNKNOWN",
              "there is no environment '" + name + "'.",
              "--environment " + String.join(", ", NAMES));
    };
  }

  private Environment qemu(String name, QemuDriver.Machine machine, boolean vhost)
      throws InterruptedException {
    // Without QEMU or root there is nothing to try.
    VmEnvironment looked = machines(name, new QemuDriver("tcg", machine, vhost));
    if (looked.missing().isPresent()) {
      return looked;
    }
    return machines(name, new QemuDriver(accelerator().name(), machine, vhost));
  }

  private VmEnvironment machines(String name, QemuDriver driver) {
    return new VmEnvironment(
        name,
        driver,
        settings,
        image,
        driver.accelerator().equals("tcg") || EmulatedHost.isEmulated());
  }

  /// Tried once for all of them.
  private Accelerator accelerator() throws InterruptedException {
    Accelerator known = accelerator;
    if (known == null) {
      known = tried();
      accelerator = known;
    }
    return known;
  }

  private Accelerator tried() throws InterruptedException {
    if (options.accelerator().equals("tcg")) {
      return new Accelerator("tcg", null);
    }
    Optional<String> obstacle = KvmProbe.obstacle(image, news);
    if (obstacle.isEmpty()) {
      return new Accelerator("kvm", null);
    }
    if (options.accelerator().equals("kvm")) {
      return new Accelerator("kvm", obstacle.get());
    }
    news.accept("guests are " + EnvironmentFacts.EMULATED + " (tcg), since " + obstacle.get());
    return new Accelerator("tcg", null);
  }
}
