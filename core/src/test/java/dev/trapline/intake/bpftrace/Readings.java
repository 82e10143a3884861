// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import dev.trapline.reading.TallyReading;
import dev.trapline.syscall.Architecture;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// Fixtures, described in the README beside them, and lines made up for a test, as they are read.
final class Readings {
  private Readings() {}

  static byte[] fixture(String name) {
    try (InputStream stream =
        Objects.requireNonNull(Readings.class.getResourceAsStream(name), name)) {
      return stream.readAllBytes();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  static TallyReading ofFixture(String name) {
    return of(fixture(name));
  }

  static TallyReading ofLines(String... lines) {
    return of((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  static TallyReading of(byte[] file) {
    try {
      return new BpftraceMapsReader(Architecture.X86_64).read(new ByteArrayInputStream(file));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /// Calls by the thread's name and the syscall: `iperf3 read`.
  static Map<String, Long> callsByName(Tally tally) {
    Map<String, Long> calls = new TreeMap<>();
    for (Map.Entry<Key, Count> entry : tally.counts().entrySet()) {
      Key key = entry.getKey();
      String name = (key.thread().thread() + " " + key.syscall()).strip();
      calls.merge(name, entry.getValue().calls(), Long::sum);
    }
    return calls;
  }

  /// The count of a syscall over all threads.
  static Count of(Tally tally, String syscall) {
    return Objects.requireNonNull(tally.groupedBy(Key::syscall).get(syscall), syscall);
  }

  static Key key(int pid, int tid, String thread, String syscall) {
    return new Key(new ThreadKey(pid, "", tid, thread), syscall, null, null);
  }
}
