// SPDX-License-Identifier: Apache-2.0
package dev.trapline.analysis;

import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ThreadKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What one side of a test asked of the kernel in all its trials that worked, together.
///
/// A thread here is the one that does the same job in every trial: the first `iperf3` of the
/// server, the second, and so on. Its numbers count such threads and are none of the kernel's,
/// which are others in every trial. So the sums are as large as those of one trial, however many
/// there are. Where a source does not tell threads apart, they are [ThreadKey#UNKNOWN_ID] as there.
///
/// @param test null for a recording
/// @param counts the sums; [Count] adds whole numbers, so their order does not matter
/// @param completeness of the trials together
/// @param trials their ids, once for each tally
/// @param threadKinds what threads of a virtual machine are, such as `vcpu`; others are not in it
public record SideSum(
    String environment,
    @Nullable String test,
    String role,
    SortedMap<Key, Count> counts,
    Completeness completeness,
    List<String> trials,
    Map<ThreadKey, String> threadKinds) {

  /// By kind of call, whichever thread made it.
  public SortedMap<CallKind, Count> byKind() {
    return groupedBy(CallKind::of);
  }

  /// Under coarser keys.
  public <G extends Comparable<G>> SortedMap<G, Count> groupedBy(Function<Key, G> group) {
    SortedMap<G, Count> groups = new TreeMap<>();
    counts.forEach((key, count) -> groups.merge(group.apply(key), count, Count::plus));
    return groups;
  }

  /// All calls together.
  public Count total() {
    Count sum = Count.NONE;
    for (Count count : counts.values()) {
      sum = sum.plus(count);
    }
    return sum;
  }

  /// The threads of one trial by the job that they do: one object for each side. Threads have the
  /// same job if they and their processes have the same names, are of the same kind in a virtual
  /// machine, and are as manieth of these by their numbers.
  static final class Jobs {
    private record Job(String process, String thread, @Nullable String kind, int which) {}

    private final Map<Job, ThreadKey> jobs = new HashMap<>();
    private final Map<ThreadKey, String> kinds = new HashMap<>();

    /// @param kindOfThread by the kernel's number, of this trial
    OfTrial ofTrial(Map<Integer, String> kindOfThread) {
      return new OfTrial(kindOfThread);
    }

    Map<ThreadKey, String> kinds() {
      return kinds;
    }

    /// Asked with keys in their order.
    final class OfTrial {
      private final Map<Integer, String> kindOfThread;
      private final Map<ThreadKey, ThreadKey> seen = new HashMap<>();
      private final Map<Job, Integer> alike = new HashMap<>();

      private OfTrial(Map<Integer, String> kindOfThread) {
        this.kindOfThread = kindOfThread;
      }

      Key inSum(Key key) {
        ThreadKey thread = seen.computeIfAbsent(key.thread(), this::jobOf);
        return new Key(thread, key.syscall(), key.object(), key.request());
      }

      private ThreadKey jobOf(ThreadKey thread) {
        String kind = kindOfThread.get(thread.tid());
        int which =
            alike.merge(new Job(thread.process(), thread.thread(), kind, 0), 1, Integer::sum);
        ThreadKey job =
            jobs.computeIfAbsent(
                new Job(thread.process(), thread.thread(), kind, which),
                unseen -> numbered(thread, jobs.size() + 1));
        if (kind != null) {
          kinds.put(job, kind);
        }
        return job;
      }

      /// Unknown stays unknown.
      private static ThreadKey numbered(ThreadKey thread, int number) {
        return new ThreadKey(
            thread.pid() == ThreadKey.UNKNOWN_ID ? ThreadKey.UNKNOWN_ID : number,
            thread.process(),
            thread.tid() == ThreadKey.UNKNOWN_ID ? ThreadKey.UNKNOWN_ID : number,
            thread.thread());
      }
    }
  }
}
