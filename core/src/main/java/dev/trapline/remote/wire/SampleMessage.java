// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.wire;

import dev.trapline.host.MachineSample;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A [MachineSample] as a message and back.
public final class SampleMessage {
  private SampleMessage() {}

  /// Writes it.
  public static Message of(MachineSample sample) {
    return Message.empty()
        .with("contextSwitches", orNull(sample.contextSwitches()))
        .with("stealNanos", orNull(sample.stealNanos()))
        .withNumbers("kernelThreadNanos", named(sample.kernelThreadNanos()))
        .withTexts("kernelThreadNames", named(sample.kernelThreadNames()))
        .with("busyNanos", orNull(sample.busyNanos()))
        .with("ownNanos", orNull(sample.ownNanos()))
        .with("lowestKilohertz", orNull(sample.lowestKilohertz()))
        .with("highestKilohertz", orNull(sample.highestKilohertz()));
  }

  /// Reads it.
  public static MachineSample read(Message message) throws ProtocolFailure {
    return new MachineSample(
        optional(message, "contextSwitches"),
        optional(message, "stealNanos"),
        numbered(message.numbersByName("kernelThreadNanos")),
        numbered(message.textsByName("kernelThreadNames")),
        optional(message, "busyNanos"),
        optional(message, "ownNanos"),
        optional(message, "lowestKilohertz"),
        optional(message, "highestKilohertz"));
  }

  private static @Nullable Long orNull(OptionalLong value) {
    return value.isPresent() ? Long.valueOf(value.getAsLong()) : null;
  }

  private static OptionalLong optional(Message message, String name) throws ProtocolFailure {
    Long value = message.numberOrNull(name);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  private static <T> Map<String, T> named(Map<Integer, T> values) {
    Map<String, T> named = new TreeMap<>();
    values.forEach((number, value) -> named.put(Integer.toString(number), value));
    return named;
  }

  private static <T> Map<Integer, T> numbered(Map<String, T> values) throws ProtocolFailure {
    Map<Integer, T> numbered = new HashMap<>();
    for (Map.Entry<String, T> entry : values.entrySet()) {
      try {
        numbered.put(Integer.valueOf(entry.getKey()), entry.getValue());
      } catch (NumberFormatException malformed) {
        throw new ProtocolFailure("sent a process id that is no number");
      }
    }
    return numbered;
  }
}
