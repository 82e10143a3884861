// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app.nodes;

import dev.trapline.TraplineException;
import dev.trapline.campaign.file.CampaignFile;
import dev.trapline.campaign.file.CampaignNode;
import dev.trapline.environment.ClockReading;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What all nodes of a campaign answered. They are asked at the same time, and one that does not
/// answer keeps none of the others waiting for longer than the deadline.
///
/// @param campaign its name
/// @param answers in the order of the file
public record NodesCheck(String campaign, List<NodeAnswer> answers) {
  private static final Duration BETWEEN_NEWS = Duration.ofSeconds(2);
  private static final Duration WITHOUT_NEWS = Duration.ofSeconds(10);

  /// Keeps a copy.
  public NodesCheck {
    answers = List.copyOf(answers);
  }

  /// How a node is reached.
  public interface Way {
    /// Opens a connection, or says why it cannot.
    ///
    /// @param news told in a few words while it lasts, such as `sending the runtime image`
    Asked open(CampaignNode node, Consumer<String> news) throws InterruptedException;
  }

  /// A node that can be asked.
  public interface Asked extends AutoCloseable {
    /// As [dev.trapline.environment.NodeFacts#examine] reads them there.
    SortedMap<String, String> examine(String address, List<String> peers)
        throws InterruptedException;

    /// Its wall clock against ours; null if it is ours.
    @Nullable ClockReading clock() throws InterruptedException;

    @Override
    void close();
  }

  /// Asks all of them.
  ///
  /// @param deadline for each node
  /// @param news how far it is, a line now and then, once it takes longer than two seconds
  /// @throws TraplineException `NODES-NONE` if the campaign names none
  public static NodesCheck of(
      CampaignFile campaign, Way way, Duration deadline, Consumer<String> news)
      throws InterruptedException {
    SequencedMap<CampaignNode, NodeNeeds> needs = NodeNeeds.of(campaign);
    requireSome(campaign, needs.size());
    Map<String, String> states = new ConcurrentHashMap<>();
    SequencedMap<CampaignNode, Future<NodeAnswer>> asked = new LinkedHashMap<>();
    needs.forEach((node, need) -> {
      states.put(node.name(), "connecting");
      FutureTask<NodeAnswer> task =
          new FutureTask<>(() -> {
            try {
              return ask(node, need, way, state -> states.put(node.name(), state));
            } finally {
              states.remove(node.name());
            }
          });
      asked.put(node, task);
      // It runs processes, and holds what cannot be interrupted: a thread of its own.
      Thread.ofPlatform().daemon().name("check " + node.name()).start(task);
    });
    long end = System.nanoTime() + deadline.toNanos();
    Thread teller = Thread.ofVirtual().start(() -> tell(needs.size(), states, end, news));
    try {
      List<NodeAnswer> answers = new ArrayList<>();
      for (Map.Entry<CampaignNode, Future<NodeAnswer>> entry : asked.entrySet()) {
        CampaignNode node = entry.getKey();
        NodeNeeds need = java.util.Objects.requireNonNull(needs.get(node));
        answers.add(answerOf(node, need, entry.getValue(), end, deadline));
      }
      return new NodesCheck(campaign.name(), answers);
    } finally {
      asked.values().forEach(task -> task.cancel(true));
      teller.interrupt();
    }
  }

  /// @throws TraplineException `NODES-NONE` if there are none to ask
  public static void requireSome(CampaignFile campaign, int nodes) {
    if (nodes == 0) {
      throw new TraplineException(
          "NODES-NONE",
          "the campaign " + campaign.name() + " names no such nodes, so there is nothing to ask.",
          "docs/reference/campaign-file.md has `nodes`; `trapline doctor` checks this machine");
    }
  }

  private static NodeAnswer ask(CampaignNode node, NodeNeeds needs, Way way, Consumer<String> state)
      throws InterruptedException {
    try (Asked asked = way.open(node, state)) {
      state.accept("trying what works");
      SortedMap<String, String> facts =
          asked.examine(node.address(), List.copyOf(needs.servers().keySet()));
      return NodeAnswer.of(node, needs, facts, asked.clock());
    } catch (TraplineException fault) {
      return NodeAnswer.failed(node, needs, fault);
    }
  }

  private static NodeAnswer answerOf(
      CampaignNode node, NodeNeeds needs, Future<NodeAnswer> task, long end, Duration deadline)
      throws InterruptedException {
    try {
      return task.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException late) {
      task.cancel(true);
      return NodeAnswer.failed(
          node,
          needs,
          new TraplineException(
              "NODE-DEADLINE",
              "node " + node.name() + " has not answered within " + deadline.toSeconds() + " s.",
              "--deadline SECONDS gives it more; a first use sends a runtime image"));
    } catch (ExecutionException failure) {
      switch (failure.getCause()) {
        case RuntimeException known -> throw known;
        case Error error -> throw error;
        case null, default ->
            throw new IllegalStateException("asking " + node.name(), failure.getCause());
      }
    }
  }

  /// A line when something has changed, and otherwise every ten seconds.
  private static void tell(int all, Map<String, String> states, long end, Consumer<String> news) {
    String before = "";
    long toldAt = 0;
    try {
      while (true) {
        Thread.sleep(BETWEEN_NEWS);
        String waiting = waiting(states);
        long now = System.nanoTime();
        if (!waiting.equals(before) || now - toldAt >= WITHOUT_NEWS.toNanos()) {
          long left = Math.max(0, TimeUnit.NANOSECONDS.toSeconds(end - now));
          news.accept(
              (all - states.size()) + " of " + all + ", " + left + " s left at most; " + waiting);
          before = waiting;
          toldAt = now;
        }
      }
    } catch (InterruptedException done) {
      // All have answered, or time is up.
    }
  }

  private static String waiting(Map<String, String> states) {
    SortedMap<String, List<String>> byState = new TreeMap<>();
    new TreeMap<>(states)
        .forEach(
            (name, state) -> byState.computeIfAbsent(state, unseen -> new ArrayList<>()).add(name));
    List<String> parts = new ArrayList<>();
    byState.forEach((state, names) -> parts.add(String.join(", ", names) + " " + state));
    return String.join("; ", parts);
  }

  /// Those that answered.
  public List<NodeAnswer> reached() {
    return answers.stream().filter(NodeAnswer::isReached).toList();
  }

  /// How many the campaign can use.
  public int usable() {
    return (int) answers.stream().filter(NodeAnswer::isUsable).count();
  }
}
