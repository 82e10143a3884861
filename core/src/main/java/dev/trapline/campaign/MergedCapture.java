// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.capture.CallRate;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureResult.ContextSwitches;
import dev.trapline.capture.KernelActivity;
import dev.trapline.capture.KvmActivity;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Captures of one trial on several nodes as one.
final class MergedCapture {
  private MergedCapture() {}

  /// A capture and where it was made.
  ///
  /// @param machine the same for two captures on one machine
  record Part(String machine, CaptureResult result) {}

  /// Calls, losses and context switches are added, role by role. What the kernel did on the whole
  /// machine is added over machines: of two captures on one machine the first one's is taken.
  /// io_uring operations are of the observed tasks, and added over all. Calls over time are kept
  /// where one capture has the role: intervals of two captures do not begin together.
  ///
  /// @param parts at least one
  static CaptureResult of(List<Part> parts) {
    if (parts.size() == 1) {
      return parts.getFirst().result();
    }
    SortedMap<String, Tally> byRole = new TreeMap<>();
    SortedMap<String, ContextSwitches> switches = new TreeMap<>();
    SortedMap<String, KvmActivity> kvm = new TreeMap<>();
    SortedMap<String, CallRate> rates = new TreeMap<>();
    Set<String> severalRates = new HashSet<>();
    Set<String> machines = new HashSet<>();
    Completeness completeness = Completeness.COMPLETE;
    KernelActivity activity = parts.getFirst().result().activity();
    boolean knowsSwitches = true;
    boolean first = true;
    for (Part part : parts) {
      CaptureResult result = part.result();
      for (var entry : result.byRole().entrySet()) {
        byRole.merge(entry.getKey(), entry.getValue(), Tally::plus);
      }
      completeness = completeness.plus(result.completeness());
      boolean another = machines.add(part.machine());
      activity = first ? activity : sum(activity, result.activity(), another);
      first = false;
      Map<String, ContextSwitches> own = result.contextSwitches();
      knowsSwitches &= own != null;
      if (own != null) {
        for (var entry : own.entrySet()) {
          switches.merge(entry.getKey(), entry.getValue(), MergedCapture::sum);
        }
      }
      kvm.putAll(result.kvm());
      for (var entry : result.rates().entrySet()) {
        if (rates.put(entry.getKey(), entry.getValue()) != null) {
          severalRates.add(entry.getKey());
        }
      }
    }
    rates.keySet().removeAll(severalRates);
    return new CaptureResult(
        byRole, completeness, activity, knowsSwitches ? switches : null, kvm, rates);
  }

  private static ContextSwitches sum(ContextSwitches one, ContextSwitches other) {
    return new ContextSwitches(
        one.voluntary() + other.voluntary(), one.involuntary() + other.involuntary());
  }

  private static KernelActivity sum(
      KernelActivity one, KernelActivity other, boolean ofAnotherMachine) {
    return new KernelActivity(
        sum(one.netReceiveSoftirqNanos(), other.netReceiveSoftirqNanos(), ofAnotherMachine),
        sum(one.netReceiveSoftirqs(), other.netReceiveSoftirqs(), ofAnotherMachine),
        sum(one.netTransmitSoftirqNanos(), other.netTransmitSoftirqNanos(), ofAnotherMachine),
        sum(one.netTransmitSoftirqs(), other.netTransmitSoftirqs(), ofAnotherMachine),
        sum(one.tcpRetransmissions(), other.tcpRetransmissions(), ofAnotherMachine),
        sum(one.ioUringOperations(), other.ioUringOperations()));
  }

  private static @Nullable Long sum(
      @Nullable Long one, @Nullable Long other, boolean ofAnotherMachine) {
    if (!ofAnotherMachine) {
      return one;
    }
    return one == null || other == null ? null : Long.valueOf(one + other);
  }

  private static @Nullable SortedMap<String, Long> sum(
      @Nullable SortedMap<String, Long> one, @Nullable SortedMap<String, Long> other) {
    if (one == null || other == null) {
      return null;
    }
    SortedMap<String, Long> sum = new TreeMap<>(one);
    other.forEach((operation, count) -> sum.merge(operation, count, Long::sum));
    return sum;
  }
}
