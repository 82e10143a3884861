// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.trapline.TraplineException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The smallest guest that KVM can run: one page of memory, one vCPU in 16-bit real mode, seven
/// bytes of code that write to a port as often as they are told to, and halt. Each write is one
/// return of KVM_RUN to user space, so a run makes exactly one more than was asked for.
///
/// It shows what a return costs, and proves what counts returns. It is no way to run anything: it
/// has no devices, no interrupts and no firmware. x86-64 only.
///
/// Numbers and structures are those of include/uapi/linux/kvm.h and
/// arch/x86/include/uapi/asm/kvm.h. Not safe for use by two threads at once; KVM wants all calls on
/// a vCPU from the thread that made it.
public final class TinyGuest implements AutoCloseable {
  private static final Path DEVICE = Path.of("/dev/kvm");

  private static final int O_RDWR = 2;
  private static final int EINTR = 4;
  private static final long PAGE = 4096;

  private static final long KVM_GET_API_VERSION = 0xae00;
  private static final long KVM_CREATE_VM = 0xae01;
  private static final long KVM_GET_VCPU_MMAP_SIZE = 0xae04;
  private static final long KVM_CREATE_VCPU = 0xae41;
  private static final long KVM_SET_USER_MEMORY_REGION = 0x4020ae46;
  private static final long KVM_RUN = 0xae80;
  private static final long KVM_SET_REGS = 0x4090ae82;
  private static final long KVM_GET_SREGS = 0x8138ae83L;
  private static final long KVM_SET_SREGS = 0x4138ae84;
  private static final int API_VERSION = 12;

  private static final int KVM_EXIT_IO = 2;
  private static final int KVM_EXIT_HLT = 5;

  /// In `struct kvm_run`.
  private static final long EXIT_REASON = 8;

  private static final long REGISTERS_BYTES = 0x90;
  private static final long RCX = 0x10;
  private static final long RFLAGS = 0x88;
  private static final long RFLAGS_ALWAYS_SET = 2;

  private static final long SEGMENTS_BYTES = 0x138;
  private static final long CODE_BASE = 0;
  private static final long CODE_SELECTOR = 12;

  private static final byte[] CODE = {
    (byte) 0xe6,
    0x10, // out 0x10, al
    0x66,
    0x49, // dec ecx
    0x75,
    (byte) 0xfa, // jnz to the first line
    (byte) 0xf4 // hlt
  };

  private final Arena arena = Arena.ofConfined();
  private final int system;
  private final int machine;
  private final int processor;
  private final MemorySegment state;
  private final MemorySegment registers;
  private final LibC.RepeatedIoctl run;

  /// What a run did.
  ///
  /// @param ioReturns KVM_RUN calls that came back because of the port
  /// @param haltReturns because the guest halted: one
  /// @param interruptedReturns because a signal was pending for this thread, with EINTR; not part
  ///   of what the guest asked for
  /// @param nanos of the whole run, from before the first KVM_RUN to after the last
  public record Run(long ioReturns, long haltReturns, long interruptedReturns, long nanos) {
    /// Nanoseconds per return, whatever its reason: there and back, and the few instructions
    /// between.
    public double nanosPerReturn() {
      return (double) nanos / (ioReturns + haltReturns + interruptedReturns);
    }
  }

  private TinyGuest() throws LibC.Failure {
    int openedSystem = -1;
    int openedMachine = -1;
    int openedProcessor = -1;
    try {
      openedSystem = LibC.open(DEVICE.toString(), O_RDWR);
      if (LibC.ioctl(openedSystem, KVM_GET_API_VERSION, 0) != API_VERSION) {
        throw refused("it does not speak version 12 of the API.");
      }
      openedMachine = LibC.ioctl(openedSystem, KVM_CREATE_VM, 0);
      MemorySegment memory = LibC.mapAnonymous(PAGE, arena);
      memory.copyFrom(MemorySegment.ofArray(CODE));
      MemorySegment region = arena.allocate(32, 8);
      region.set(JAVA_LONG, 16, PAGE);
      region.set(JAVA_LONG, 24, memory.address());
      LibC.ioctl(openedMachine, KVM_SET_USER_MEMORY_REGION, region.address());
      openedProcessor = LibC.ioctl(openedMachine, KVM_CREATE_VCPU, 0);
      state =
          LibC.mapShared(
              openedProcessor, LibC.ioctl(openedSystem, KVM_GET_VCPU_MMAP_SIZE, 0), arena);
      MemorySegment segments = arena.allocate(SEGMENTS_BYTES, 8);
      LibC.ioctl(openedProcessor, KVM_GET_SREGS, segments.address());
      segments.set(JAVA_LONG, CODE_BASE, 0);
      segments.set(JAVA_SHORT, CODE_SELECTOR, (short) 0);
      LibC.ioctl(openedProcessor, KVM_SET_SREGS, segments.address());
      registers = arena.allocate(REGISTERS_BYTES, 8);
      run = new LibC.RepeatedIoctl(openedProcessor, KVM_RUN, arena);
    } catch (LibC.Failure | RuntimeException failure) {
      close(arena, openedProcessor, openedMachine, openedSystem);
      throw failure;
    }
    system = openedSystem;
    machine = openedMachine;
    processor = openedProcessor;
  }

  /// Why there can be no guest here, found by running one; empty if there can.
  public static Optional<String> unavailable() {
    if (!System.getProperty("os.arch").equals("amd64")) {
      return Optional.of("the tiny guest is written for x86-64");
    }
    if (!Files.exists(DEVICE)) {
      return Optional.of("there is no " + DEVICE + ": this kernel offers no KVM");
    }
    try (TinyGuest guest = open()) {
      guest.run(1);
      return Optional.empty();
    } catch (TraplineException failure) {
      return Optional.of(String.valueOf(failure.getMessage()));
    }
  }

  /// Makes the guest.
  ///
  /// @throws TraplineException `KVM-REFUSED`
  public static TinyGuest open() {
    try {
      return new TinyGuest();
    } catch (LibC.Failure failure) {
      throw refused(failure.getMessage() + ".");
    }
  }

  /// Runs it once from the start to its halt.
  ///
  /// @param writes how often it writes to the port, at least once
  /// @throws TraplineException `KVM-REFUSED` if KVM cannot run it
  public Run run(int writes) {
    if (writes < 1) {
      throw new IllegalArgumentException("the guest writes at least once, not " + writes);
    }
    registers.fill((byte) 0);
    registers.set(JAVA_LONG, RCX, writes);
    registers.set(JAVA_LONG, RFLAGS, RFLAGS_ALWAYS_SET);
    try {
      LibC.ioctl(processor, KVM_SET_REGS, registers.address());
    } catch (LibC.Failure failure) {
      throw refused(failure.getMessage() + ".");
    }
    long io = 0;
    long interrupted = 0;
    long start = System.nanoTime();
    while (true) {
      int result = run.call();
      if (result == -EINTR) {
        interrupted++;
        continue;
      }
      int reason = state.get(JAVA_INT, EXIT_REASON);
      if (result == 0 && reason == KVM_EXIT_IO) {
        io++;
      } else if (result == 0 && reason == KVM_EXIT_HLT) {
        break;
      } else {
        throw refused(
            result < 0
                ? "KVM_RUN: " + LibC.errorText(-result) + "."
                : "KVM_RUN came back for reason " + reason + " of linux/kvm.h.");
      }
    }
    long nanos = System.nanoTime() - start;
    if (io != writes) {
      throw refused("of " + writes + " writes to a port, " + io + " came back.");
    }
    return new Run(io, 1, interrupted, nanos);
  }

  private static TraplineException refused(String what) {
    return new TraplineException(
        "KVM-REFUSED",
        DEVICE + " does not run a guest of seven bytes: " + what,
        "load the module for this processor: modprobe kvm_intel, or kvm_amd; see dmesg | grep kvm");
  }

  private static void close(Arena arena, int... descriptors) {
    for (int descriptor : descriptors) {
      if (descriptor >= 0) {
        LibC.close(descriptor);
      }
    }
    arena.close();
  }

  @Override
  public void close() {
    close(arena, processor, machine, system);
  }
}
