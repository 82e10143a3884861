// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureSource;
import dev.trapline.environment.Environment;
import dev.trapline.environment.guest.GuestImage;
import dev.trapline.environment.guest.MachineSettings;
import dev.trapline.environment.guest.VmEnvironment;
import dev.trapline.environment.image.GuestKernel;
import dev.trapline.environment.qemu.QemuDriver;
import dev.trapline.host.LibC;
import dev.trapline.host.Tool;

/// What a test needs of the machine. Without it the test is skipped, with the reason that `trapline
/// doctor` gives.
final class Needs {
  private Needs() {}

  static void root() {
    if (!LibC.isRoot()) {
      skip("effective uid is not 0");
    }
  }

  static void capture(String name) {
    for (CaptureSource source : CaptureChooser.SOURCES) {
      if (source.name().equals(name)) {
        source.unavailable().ifPresent(obstacle -> skip(obstacle.reason()));
        return;
      }
    }
    throw new AssertionError("no capture source is called " + name);
  }

  static void tool(String name) {
    if (Tool.find(name).isEmpty()) {
      skip(name + " is not on PATH: apt-get install " + Tool.packageOf(name));
    }
  }

  /// Both tools, and namespaces to run them in.
  static void benchmarks() {
    tool("iperf3");
    tool("sockperf");
    new Environment.NetnsPair().unavailable().ifPresent(Needs::skip);
  }

  /// Emulated ones, with what they boot: on first use Debian's kernel is fetched.
  static void virtualMachines() {
    benchmarks();
    capture("ebpf");
    tool("qemu-system-x86_64");
    tool("busybox");
    new VmEnvironment(
            "kvm",
            new QemuDriver("tcg", QemuDriver.Machine.PC, false),
            MachineSettings.DEFAULT,
            new GuestImage(MachineSettings.DEFAULT, System.out::println),
            true)
        .unavailable()
        .ifPresent(Needs::skip);
    try {
      GuestKernel.debian(GuestKernel.Flavour.CLOUD, System.out::println);
    } catch (TraplineException unfetched) {
      skip(unfetched.getMessage() + "");
    }
  }

  static void skip(String reason) {
    System.out.println("skipped: " + reason);
    abort(reason);
  }
}
