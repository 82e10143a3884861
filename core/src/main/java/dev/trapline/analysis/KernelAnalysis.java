// SPDX-License-Identifier: Apache-2.0
package dev.trapline.analysis;

import dev.trapline.run.Trial;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the kernel did on its own account in the trials of a test, on the whole machine, per unit
/// of work: other programs' share is in it.
///
/// @param netReceiveNanosPerUnit NET_RX softirq in the traced trials; null if the capture does not
///   see it
/// @param netTransmitNanosPerUnit NET_TX softirq likewise
/// @param contextSwitchesPerUnit of all tasks in the control trials
/// @param kernelThreadNanosPerUnit in the control trials, by name of the thread
/// @param tcpRetransmissions in all traced trials; null if the capture does not see them
/// @param ioUringOperations in all traced trials; null if the capture cannot count them
public record KernelAnalysis(
    @Nullable Double netReceiveNanosPerUnit,
    @Nullable Double netTransmitNanosPerUnit,
    @Nullable Double contextSwitchesPerUnit,
    SortedMap<String, Double> kernelThreadNanosPerUnit,
    @Nullable Long tcpRetransmissions,
    @Nullable SortedMap<String, Long> ioUringOperations) {
  static KernelAnalysis of(List<Trial> traced, List<Trial> control) {
    double tracedUnits = units(traced);
    List<Trial> quiet = control.isEmpty() ? traced : control;
    double quietUnits = units(quiet);
    Double receive = null;
    Double transmit = null;
    Long retransmissions = null;
    SortedMap<String, Long> operations = null;
    for (Trial trial : traced) {
      Long receiveNanos = trial.kernelActivity().netReceiveSoftirqNanos();
      Long transmitNanos = trial.kernelActivity().netTransmitSoftirqNanos();
      if (receiveNanos != null && transmitNanos != null) {
        receive = (receive == null ? 0 : receive) + receiveNanos / tracedUnits;
        transmit = (transmit == null ? 0 : transmit) + transmitNanos / tracedUnits;
      }
      Long again = trial.kernelActivity().tcpRetransmissions();
      if (again != null) {
        retransmissions = (retransmissions == null ? 0 : retransmissions) + again;
      }
      SortedMap<String, Long> submitted = trial.kernelActivity().ioUringOperations();
      if (submitted != null) {
        operations = operations == null ? new TreeMap<>() : operations;
        for (Map.Entry<String, Long> entry : submitted.entrySet()) {
          operations.merge(entry.getKey(), entry.getValue(), Long::sum);
        }
      }
    }
    Double switches = null;
    SortedMap<String, Double> threads = new TreeMap<>();
    for (Trial trial : quiet) {
      if (trial.machine().contextSwitches() != null) {
        switches =
            (switches == null ? 0 : switches) + trial.machine().contextSwitches() / quietUnits;
      }
      for (Map.Entry<String, Long> entry : trial.machine().kernelThreadCpuNanos().entrySet()) {
        threads.merge(entry.getKey(), entry.getValue() / quietUnits, Double::sum);
      }
    }
    return new KernelAnalysis(receive, transmit, switches, threads, retransmissions, operations);
  }

  private static double units(List<Trial> trials) {
    double sum = 0;
    for (Trial trial : trials) {
      sum += RoleAnalysis.workDone(trial);
    }
    return sum;
  }
}
