// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.guest;

import dev.trapline.TraplineException;
import dev.trapline.environment.GuestMachine;
import dev.trapline.environment.GuestProgram;
import dev.trapline.environment.HostThread;
import dev.trapline.environment.vmm.MachinePlan;
import dev.trapline.environment.vmm.RunningVmm;
import dev.trapline.environment.vmm.VmmDriver;
import dev.trapline.host.ScratchFolder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A machine that can be started again: the monitor, and the agent in its guest.
public final class VmMachine implements GuestMachine, AutoCloseable {
  private final VmmDriver driver;
  private final String name;
  private final Function<Path, MachinePlan> plan;
  private final Path console;
  private final Duration readyWithin;
  private @Nullable Standing standing;

  private record Standing(ScratchFolder scratch, RunningVmm monitor, GuestAgent agent) {}

  /// @param plan given the scratch folder
  /// @param console file that the guest's serial port is kept in
  public VmMachine(
      VmmDriver driver,
      String name,
      Function<Path, MachinePlan> plan,
      Path console,
      Duration readyWithin) {
    this.driver = driver;
    this.name = name;
    this.plan = plan;
    this.console = console;
    this.readyWithin = readyWithin;
  }

  /// Starts it; [#awaitReady] tells whether it boots.
  public void boot() throws InterruptedException {
    ScratchFolder scratch = ScratchFolder.create("vm");
    boolean started = false;
    try {
      Path folder = java.util.Objects.requireNonNull(scratch.file("x").getParent());
      RunningVmm monitor = driver.start(plan.apply(folder));
      standing =
          new Standing(
              scratch,
              monitor,
              new GuestAgent(name, monitor.fromGuest(), monitor.toGuest(), console));
      started = true;
    } finally {
      if (!started) {
        scratch.close();
      }
    }
  }

  /// Waits until the guest can be asked for something.
  ///
  /// @throws TraplineException `GUEST-NOT-READY`, `GUEST-PANIC` or `VMM-DIED`
  public void awaitReady() throws InterruptedException {
    Standing now = standing();
    now.agent().awaitReady(readyWithin, now.monitor()::lastWords);
  }

  /// Whether a program can be started in it.
  boolean isUsable() {
    Standing now = standing;
    return now != null && now.monitor().isAlive() && now.agent().isAlive();
  }

  private Standing standing() {
    Standing now = standing;
    if (now == null) {
      throw new TraplineException(
          "VMM-DIED", "the virtual machine " + name + " does not run.", "see " + console);
    }
    return now;
  }

  void pause() {
    if (standing != null) {
      standing().monitor().pause();
    }
  }

  void resume() {
    standing().monitor().resume();
  }

  @Override
  public List<String> command() {
    return standing().monitor().command();
  }

  @Override
  public int pid() {
    return standing().monitor().pid();
  }

  @Override
  public List<HostThread> threads() {
    return standing().monitor().threads();
  }

  @Override
  public @Nullable SortedMap<String, Long> networkCounters() {
    Standing now = standing;
    return now == null ? null : now.monitor().networkCounters();
  }

  @Override
  public GuestProgram arm(List<String> command, Listening listening) throws InterruptedException {
    return standing().agent().arm(command, listening);
  }

  @Override
  public void close() {
    Standing now = standing;
    standing = null;
    if (now != null) {
      now.monitor().close();
      now.scratch().close();
    }
  }
}
