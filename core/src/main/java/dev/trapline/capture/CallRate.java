// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import java.util.List;

/// How many syscalls one role made in each interval of a capture, in order.
///
/// The last interval ends with the capture and is as long as the others or shorter.
///
/// @param intervalNanos length of an interval as measured, on average
/// @param calls by interval, from the start of the capture
public record CallRate(long intervalNanos, List<Long> calls) {
  /// Keeps a copy.
  public CallRate {
    calls = List.copyOf(calls);
  }
}
