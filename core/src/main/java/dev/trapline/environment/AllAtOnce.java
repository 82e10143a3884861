// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import dev.trapline.TraplineException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Asks several machines at once, so that eight take no longer than the slowest of them.
public final class AllAtOnce {
  private AllAtOnce() {}

  /// What is done with each.
  @FunctionalInterface
  public interface Task<T> {
    /// In a thread of its own, unless there is only one.
    ///
    /// @throws TraplineException if it cannot be done
    void on(T each) throws InterruptedException;
  }

  /// Does something with each, and comes back when all are done.
  ///
  /// @param all different from each other
  /// @return why it could not be done, by whom it was to be done with, in their order
  /// @throws InterruptedException when those that were under way have been interrupted and ended
  public static <T> SequencedMap<T, TraplineException> on(Collection<T> all, Task<T> task)
      throws InterruptedException {
    SequencedMap<T, TraplineException> failures = new LinkedHashMap<>();
    if (all.size() <= 1) {
      for (T only : all) {
        try {
          task.on(only);
        } catch (TraplineException refused) {
          failures.put(only, refused);
        }
      }
      return failures;
    }
    Map<T, Future<?>> underWay = new LinkedHashMap<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (T each : all) {
        underWay.put(
            each,
            threads.submit(() -> {
              task.on(each);
              return null;
            }));
      }
      for (Map.Entry<T, Future<?>> one : underWay.entrySet()) {
        try {
          one.getValue().get();
        } catch (InterruptedException interruption) {
          threads.shutdownNow();
          throw interruption;
        } catch (ExecutionException failed) {
          if (!(failed.getCause() instanceof TraplineException refused)) {
            throw new IllegalStateException(failed.getCause());
          }
          failures.put(one.getKey(), refused);
        }
      }
    }
    return failures;
  }
}
