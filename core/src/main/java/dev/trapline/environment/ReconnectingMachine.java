// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.host.MachineSample;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A machine that may go and come back. What was under way when it went has failed; whoever asks
/// next connects again, which is tried for so long as the patience lasts, with longer and longer
/// pauses. After that the machine counts as gone: whoever asks gets the last failure at once, and
/// one more try is made once in so long a time as the patience is.
public final class ReconnectingMachine implements RemoteMachine {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
  private static final String CHANGED = "NODE-CHANGED";

  private final String name;
  private final Way way;
  private final Duration patience;
  private Consumer<String> news = words -> {};
  private SortedMap<String, String> facts = Collections.emptySortedMap();
  private @Nullable RemoteMachine machine;
  private @Nullable TraplineException lastFailure;
  private long lostAt;
  private long nextTry = System.nanoTime();
  private boolean everReached;

  /// How it is reached.
  @FunctionalInterface
  public interface Way {
    /// Connects.
    ///
    /// @throws TraplineException if it cannot be reached or does not do
    RemoteMachine open() throws InterruptedException;
  }

  /// Not connected yet.
  ReconnectingMachine(String name, Way way, Duration patience) {
    this.name = name;
    this.way = way;
    this.patience = patience;
  }

  /// @param listener told in one line each that the machine was lost, and that it is back
  public void tell(Consumer<String> listener) {
    news = listener;
  }

  @Override
  public String name() {
    return name;
  }

  /// Connects if it is not connected. It is tried once.
  ///
  /// @throws TraplineException as the way does; `NODE-CHANGED` if another kernel runs there than
  ///   before
  public void connect() throws InterruptedException {
    if (isReachable()) {
      return;
    }
    drop();
    try {
      RemoteMachine opened = way.open();
      try {
        checkSame(opened.facts());
      } catch (TraplineException other) {
        opened.close();
        throw other;
      }
      machine = opened;
      facts = Collections.unmodifiableSortedMap(new TreeMap<>(opened.facts()));
    } catch (TraplineException failure) {
      if (lastFailure == null) {
        lostAt = System.nanoTime();
      }
      lastFailure = failure;
      throw failure;
    }
    if (lastFailure != null && everReached) {
      news.accept("node " + name + " is back");
    }
    everReached = true;
    lastFailure = null;
  }

  /// Figures of two kernels in one environment would be compared as if they were of one.
  private void checkSame(SortedMap<String, String> now) {
    for (String fact : new String[] {"kernel", "architecture", "cpus", "cpu"}) {
      String before = facts.get(fact);
      if (before != null && !before.equals(now.get(fact))) {
        throw new TraplineException(
            CHANGED,
            "node "
                + name
                + " has come back as another machine: its "
                + fact
                + " was "
                + before
                + ", is "
                + now.get(fact)
                + ".",
            "bring that back, or start a new run");
      }
    }
  }

  private void drop() {
    RemoteMachine old = machine;
    machine = null;
    if (old != null) {
      if (lastFailure == null) {
        lostAt = System.nanoTime();
        lastFailure =
            new TraplineException(
                "NODE-LOST",
                "the connection to node " + name + " was lost.",
                "look at the machine; its trials go on when it is back");
        news.accept("node " + name + " was lost; it is tried again");
      }
      old.close();
    }
  }

  /// The machine, connected anew if need be.
  private RemoteMachine connected() throws InterruptedException {
    RemoteMachine known = machine;
    if (known != null && known.isReachable()) {
      return known;
    }
    drop();
    TraplineException failed = lastFailure;
    if (failed != null && System.nanoTime() < nextTry) {
      throw again(failed);
    }
    for (Duration pause = FIRST_PAUSE; ; pause = longer(pause)) {
      try {
        connect();
        nextTry = System.nanoTime();
        return Objects.requireNonNull(machine);
      } catch (TraplineException failure) {
        long left = patience.toNanos() - (System.nanoTime() - lostAt);
        if (!everReached || left <= 0 || failure.code().equals(CHANGED)) {
          nextTry = System.nanoTime() + patience.toNanos();
          throw failure;
        }
        Thread.sleep(Duration.ofNanos(Math.min(pause.toNanos(), left)));
      }
    }
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
  }

  /// The same failure, as of now.
  private static TraplineException again(TraplineException failure) {
    return new TraplineException(
        failure.code(), String.valueOf(failure.getMessage()), failure.remedy(), failure);
  }

  /// As of the last time that it was connected; empty if it never was.
  @Override
  public SortedMap<String, String> facts() {
    return facts;
  }

  @Override
  public SortedMap<String, String> examine(String address, List<String> peers)
      throws InterruptedException {
    return connected().examine(address, peers);
  }

  @Override
  public ClockReading clock() throws InterruptedException {
    return connected().clock();
  }

  @Override
  public MachineSample sample() throws InterruptedException {
    return connected().sample();
  }

  @Override
  public RemoteTrial begin(@Nullable String captureSource, @Nullable CaptureLevel level)
      throws InterruptedException {
    return connected().begin(captureSource, level);
  }

  @Override
  public boolean isReachable() {
    RemoteMachine known = machine;
    return known != null && known.isReachable();
  }

  @Override
  public void close() {
    RemoteMachine old = machine;
    machine = null;
    if (old != null) {
      old.close();
    }
  }
}
