// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import dev.trapline.workload.UnitOfWork;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Where the time of one message, or the CPU time of one GiB, went. The parts add up to the total.
///
/// Of a message it is its whole round trip (twice the half-RTT that sockperf prints), from one
/// message's sending to the next one's, over the whole traced run, warm-up included: the same
/// messages that the calls were counted for. Every instant of it is charged once: to work if any
/// party works, else to waiting for a CPU if any party waits for one, else to the remainder. Of a
/// GiB it is CPU time, which no waiting is in and which may exceed the time that passed.
///
/// See `docs/concepts/time-account.md`.
///
/// @param unit what it is the account of
/// @param basis whether the parts are shares of elapsed time or CPU time
/// @param trials traced trials that it is over
/// @param totalNanos per unit: the sum of all parts
/// @param totalSource where the total is from, in words
/// @param halfRoundTripNanos of the untraced trials, median of means, for comparison: what the
///   account would halve to if nothing were traced; null of a GiB or without control trials
/// @param parts largest first, the remainder last; parts of 0 are left out
/// @param beside figures that were measured and are in no part, or in one already, and why
/// @param notes what cannot be told apart here, and assumptions
public record TimeAccount(
    String environment,
    String test,
    UnitOfWork unit,
    Basis basis,
    int trials,
    double totalNanos,
    String totalSource,
    @Nullable Double halfRoundTripNanos,
    List<Part> parts,
    List<Beside> beside,
    List<String> notes) {
  /// The remainder's name.
  public static final String UNEXPLAINED = "unexplained";

  /// What is split.
  public enum Basis {
    /// Elapsed time of one round trip.
    ROUND_TRIP,
    /// CPU time, of all parties.
    CPU;

    /// `round-trip`, `cpu`.
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /// What a part's time was spent on. Colours of a chart go by it.
  public enum Kind {
    /// On a CPU inside syscalls.
    KERNEL_WORK,
    /// On a CPU outside of them.
    USER,
    /// Inside a guest.
    GUEST,
    /// KVM handling exits, and the virtual machine monitor's vCPU threads besides.
    VCPU_HOST,
    /// The virtual machine monitor's other threads.
    VMM,
    /// vhost workers, which move packets in the kernel.
    VHOST,
    /// Other threads of the kernel on the path, such as ksoftirqd.
    KERNEL_THREAD,
    /// Softirqs outside of the observed threads.
    SOFTIRQ,
    /// Woken, waiting for a CPU, while nobody on the path works.
    RUNNABLE,
    /// Measured by nothing.
    UNEXPLAINED;

    /// `kernel-work`, `vcpu-host` and so on.
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /// One share.
  ///
  /// @param name for people, unique in its account, such as `client kernel work`
  /// @param party `server`, `client` or `kernel`; null of the remainder
  /// @param nanos per unit, more than 0
  /// @param source how it was measured, in words
  public record Part(String name, @Nullable String party, Kind kind, double nanos, String source) {}

  /// A figure that stands beside the account.
  ///
  /// @param nanos per unit
  /// @param remark why it is no part of the sum
  public record Beside(String name, double nanos, String remark) {}

  /// Keeps copies.
  public TimeAccount {
    parts = List.copyOf(parts);
    beside = List.copyOf(beside);
    notes = List.copyOf(notes);
  }

  /// What no part explains, per unit; 0 if all is explained.
  public double unexplainedNanos() {
    return nanosOf(Kind.UNEXPLAINED);
  }

  /// The sum of all parts of a kind.
  public double nanosOf(Kind kind) {
    return parts.stream().filter(part -> part.kind() == kind).mapToDouble(Part::nanos).sum();
  }

  /// A part's share of the total, 0 to 1.
  public double shareOf(Part part) {
    return totalNanos == 0 ? 0 : part.nanos() / totalNanos;
  }
}
