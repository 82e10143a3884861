// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.capture.KernelActivity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/// What the kernel did besides, in sentences; nothing is said of what did not happen, but what
/// hides work is always told.
public final class KernelWords {
  private KernelWords() {}

  /// Sentences about one capture's kernel activity.
  public static List<String> about(KernelActivity activity) {
    List<String> sentences = new ArrayList<>();
    Long receive = activity.netReceiveSoftirqNanos();
    Long transmit = activity.netTransmitSoftirqNanos();
    if (receive != null && transmit != null && receive + transmit > 0) {
      sentences.add(
          "Network softirqs, whole machine: NET_RX "
              + Quantity.nanos(receive)
              + ", NET_TX "
              + Quantity.nanos(transmit)
              + " (what ran inside a syscall is in its work too).");
    }
    Long retransmissions = activity.tcpRetransmissions();
    if (retransmissions != null && retransmissions > 0) {
      sentences.add(
          "TCP retransmissions, whole machine: " + Quantity.count(retransmissions) + " segments.");
    }
    SortedMap<String, Long> operations = activity.ioUringOperations();
    if (operations == null) {
      sentences.add(
          "io_uring operations are not counted here: if the program uses io_uring, its work is not"
              + " in these syscalls.");
    } else if (!operations.isEmpty()) {
      List<String> counted = new ArrayList<>();
      for (Map.Entry<String, Long> entry : operations.entrySet()) {
        counted.add(entry.getKey() + " " + Quantity.count(entry.getValue()));
      }
      sentences.add(
          "io_uring did work that no syscall count shows: " + String.join(", ", counted) + ".");
    }
    return sentences;
  }
}
