// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.study.Assumption;
import dev.trapline.study.Figure;
import dev.trapline.study.MessageCount;
import dev.trapline.study.Selector;
import dev.trapline.study.Study;
import dev.trapline.study.StudyCount;
import dev.trapline.study.StudyEnvironment;
import dev.trapline.study.StudyOutcome;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Finds the figures of a study that a selector names, and refuses to guess where it names several
/// that must not be added.
///
/// Rows are added if they are of one environment, test, side and run and differ in the syscall
/// asked for, or in thread, object or request such that none contains another. Rows of several
/// sides, runs, tests or environments are refused.
final class Figures {
  /// The test whose unit of work is a GiB.
  static final String THROUGHPUT_TEST = "throughput";

  /// The test whose unit of work is a message.
  static final String LATENCY_TEST = "latency";

  private final Study study;
  private final Transfers transfers;

  Figures(Study study) {
    this.study = study;
    transfers = new Transfers(study);
  }

  Study study() {
    return study;
  }

  Transfers transfers() {
    return transfers;
  }

  /// What a selector names, divided by what it is to be divided by.
  ///
  /// @throws Undecidable if the study has no such figure, or several
  Amount amount(Selector selector) throws Undecidable {
    Amount amount = undivided(selector);
    String per = selector.per();
    return per == null ? amount : amount.per(work(per, amount));
  }

  private Amount undivided(Selector selector) throws Undecidable {
    if (selector.derived() != null) {
      return derivedMessages(selector);
    }
    String outcome = selector.outcome();
    return outcome == null ? rows(selector) : outcome(selector, outcome);
  }

  // ---- outcomes ------------------------------------------------------------------------

  private Amount outcome(Selector selector, String name) throws Undecidable {
    String environment = oneEnvironment(selector);
    StudyOutcome found = outcome(environment, name, null);
    return new Amount(
        Bounds.of(found.figure()),
        words(found) + " in " + environment,
        List.of(),
        List.of(),
        environment,
        testOf(name),
        found.run());
  }

  private static String oneEnvironment(Selector selector) throws Undecidable {
    String environment = selector.environment();
    if (environment == null) {
      throw new Undecidable(
          "The claim does not say of which environment the figure in " + selector.place() + " is.",
          "Name one with `environment`.");
    }
    return environment;
  }

  /// The outcome of this name.
  ///
  /// @param run of which it must be; null for whichever there is
  StudyOutcome outcome(String environment, String name, @Nullable String run) throws Undecidable {
    List<StudyOutcome> found =
        study.outcomes().stream()
            .filter(one -> one.environment().equals(environment) && one.name().equals(name))
            .filter(one -> run == null || run.equals(one.run()))
            .toList();
    if (found.isEmpty()) {
      throw new Undecidable(
          "The study gives no `"
              + name
              + "` of "
              + environment
              + (run == null ? "" : " in run " + run)
              + ".",
          "Give `" + name + "` of " + environment + " under `outcomes`.");
    }
    if (found.size() > 1) {
      throw new Undecidable(
          "There are " + found.size() + " figures for `" + name + "` of " + environment + ".",
          "Give one, or tell the run.");
    }
    return found.getFirst();
  }

  /// Which test an outcome is of, by its name.
  static @Nullable String testOf(String outcome) {
    if (outcome.startsWith("latency")) {
      return LATENCY_TEST;
    }
    return outcome.startsWith("throughput") || outcome.equals(StudyOutcome.TRANSFERRED)
        ? THROUGHPUT_TEST
        : null;
  }

  /// A figure with the unit that its name or its source gives.
  static String words(StudyOutcome outcome) {
    Figure figure = outcome.figure();
    String unit = outcome.unitAsWritten();
    if (unit != null) {
      return figure.value().toPlainString() + " " + unit;
    }
    return switch (outcome.name()) {
      case StudyOutcome.THROUGHPUT -> figure.value().toPlainString() + " Gbit/s";
      case StudyOutcome.LATENCY -> figure.value().toPlainString() + " us";
      case StudyOutcome.MESSAGES -> Digits.count(Bounds.of(figure)) + " messages";
      default -> Digits.count(Bounds.of(figure)) + " calls";
    };
  }

  private Amount derivedMessages(Selector selector) throws Undecidable {
    String environment = oneEnvironment(selector);
    String run = outcome(environment, StudyOutcome.LATENCY, null).run();
    return messages(environment, MessageCount.derived(study, environment, run), run);
  }

  // ---- work ----------------------------------------------------------------------------

  /// The unit of work of a test; null if it has none.
  static @Nullable String unitOfWork(@Nullable String test) {
    if (test == null) {
      return null;
    }
    return switch (test) {
      case THROUGHPUT_TEST -> "GiB";
      case LATENCY_TEST -> "message";
      default -> null;
    };
  }

  /// How much work was done where this amount was counted.
  ///
  /// @param unit `message` or `GiB`
  Amount work(String unit, Amount of) throws Undecidable {
    return switch (unit) {
      case "message" ->
          messages(of.environment(), MessageCount.of(study, of.environment(), of.run()), of.run());
      case "GiB" -> transfers.gibibytes(of.environment(), of.run());
      default ->
          throw new Undecidable(
              "The claim is per " + unit + ", which is no unit of work that is known here.",
              "Use `per: message` or `per: GiB`.");
    };
  }

  private Amount messages(String environment, Optional<MessageCount> count, @Nullable String run)
      throws Undecidable {
    if (count.isEmpty()) {
      throw new Undecidable(
          "How many messages " + environment + " exchanged is neither given nor to be derived.",
          "Give `latency_messages` of "
              + environment
              + ", or `latency_us` and the assumption `duration_s`.");
    }
    MessageCount messages = count.get();
    Bounds bounds = new Bounds(messages.messages(), messages.low(), messages.high());
    String derivation = messages.derivation();
    return new Amount(
        bounds,
        derivation == null
            ? Digits.count(bounds) + " messages"
            : Digits.count(bounds.value()) + " messages [" + derivation + "]",
        derivation == null ? List.of() : List.of(Assumption.DURATION, halfRoundTrip()),
        List.of(),
        environment,
        LATENCY_TEST,
        run);
  }

  /// The name of the assumption, and that it is ours where the study does not make it.
  String halfRoundTrip() {
    return study.assumption(Assumption.HALF_ROUND_TRIP).isPresent()
        ? Assumption.HALF_ROUND_TRIP
        : Assumption.HALF_ROUND_TRIP
            + " (not in the study; sockperf's ping-pong reports half of the round trip)";
  }

  // ---- rows of counts ------------------------------------------------------------------

  /// The rows that a selector matches.
  List<StudyCount> matching(Selector selector) {
    return study.counts().stream().filter(selector::matches).toList();
  }

  private Amount rows(Selector selector) throws Undecidable {
    List<StudyCount> rows = matching(selector);
    String environment = selector.environment();
    if (rows.isEmpty()
        && environment != null
        && selector.absentMeansZeroFor().contains(environment)) {
      return new Amount(
          Bounds.exact(0),
          "0 " + String.join(" + ", selector.syscalls()),
          List.of(),
          List.of(),
          environment,
          selector.test(),
          null);
    }
    checkAllThere(selector, rows);
    refuseSeveral("environments", rows, StudyCount::environment, selector);
    refuseSeveral("tests", rows, StudyCount::test, selector);
    refuseSeveral("sides", rows, Figures::side, selector);
    refuseSeveral("runs", rows, row -> Objects.requireNonNullElse(row.run(), "not told"), selector);
    refuseOverlap("thread", rows, StudyCount::thread);
    refuseOverlap("object", rows, StudyCount::object);
    refuseOverlap("request", rows, StudyCount::request);
    return sum(rows);
  }

  /// A sum that lacks one of its terms is not the sum.
  private void checkAllThere(Selector selector, List<StudyCount> rows) throws Undecidable {
    for (String wanted : selector.syscalls()) {
      if (rows.stream().noneMatch(row -> canonical(row.syscall()).equals(canonical(wanted)))) {
        boolean named =
            study.alsoSeen().stream().anyMatch(one -> canonical(one).equals(canonical(wanted)));
        throw new Undecidable(
            "The study gives no count of "
                + wanted
                + where(selector)
                + (named ? ", it only names the syscall." : "."),
            "Count " + wanted + where(selector) + ".");
      }
    }
  }

  private static String where(Selector selector) {
    List<String> parts = new ArrayList<>();
    for (String part : new @Nullable String[] {selector.environment(), selector.test()}) {
      if (part != null) {
        parts.add(part);
      }
    }
    String thread = selector.thread();
    String role = selector.role();
    return (parts.isEmpty() ? "" : " in " + String.join(", ", parts))
        + (role == null ? "" : " of the " + role)
        + (selector.sideNotTold() ? " of a side that is not told" : "")
        + (thread == null ? "" : " by thread " + thread);
  }

  private static void refuseSeveral(
      String what, List<StudyCount> rows, Function<StudyCount, String> of, Selector selector)
      throws Undecidable {
    Set<String> found = new LinkedHashSet<>();
    rows.forEach(row -> found.add(of.apply(row)));
    if (found.size() > 1) {
      throw new Undecidable(
          "The figures for "
              + String.join(", ", selector.syscalls())
              + " are of several "
              + what
              + " ("
              + String.join(", ", found)
              + "), which must not be added.",
          "Name one of the " + what + " where the claim selects its figures.");
    }
  }

  private static String side(StudyCount row) {
    return Objects.requireNonNullElse(row.role(), "not told");
  }

  /// Of one syscall, a row of a thread may be contained in a row of all threads.
  private static void refuseOverlap(
      String what, List<StudyCount> rows, Function<StudyCount, @Nullable Object> of)
      throws Undecidable {
    for (StudyCount whole : rows) {
      for (StudyCount part : rows) {
        if (of.apply(whole) == null
            && of.apply(part) != null
            && canonical(whole.syscall()).equals(canonical(part.syscall()))) {
          throw new Undecidable(
              "One row of "
                  + whole.syscall()
                  + " is of all of it and another of the "
                  + what
                  + " "
                  + of.apply(part)
                  + ": the one may contain the other.",
              "Give rows of which none contains another, or name the " + what + ".");
        }
      }
    }
  }

  private static Amount sum(List<StudyCount> rows) {
    StudyCount first = rows.getFirst();
    Bounds total = Bounds.exact(0);
    Set<String> names = new LinkedHashSet<>();
    Set<String> threads = new LinkedHashSet<>();
    List<String> terms = new ArrayList<>();
    for (StudyCount row : rows) {
      Bounds calls = Bounds.of(row.calls());
      total = total.plus(calls);
      names.add(row.syscall());
      terms.add(Digits.count(calls));
      if (row.thread() != null) {
        threads.add(row.thread());
      }
    }
    String calls = Digits.count(total) + " " + String.join(" + ", names);
    List<String> cautions = new ArrayList<>();
    if (first.role() == null) {
      cautions.add(
          "The study does not tell which side made the "
              + calls
              + " in "
              + first.environment()
              + ".");
    }
    if (!threads.isEmpty()) {
      cautions.add(
          "The "
              + calls
              + " in "
              + first.environment()
              + " are of thread "
              + Digits.list(List.copyOf(threads))
              + " only.");
    }
    return new Amount(
        total,
        calls
            + (terms.size() > 1 ? " (" + String.join(" + ", terms) + ")" : "")
            + " in "
            + first.environment()
            + (first.role() == null ? "" : " (" + first.role() + ")"),
        List.of(),
        cautions,
        first.environment(),
        first.test(),
        first.run());
  }

  /// The kernel's name of a syscall.
  static String canonical(String name) {
    return SyscallCatalogue.instance().byName(name).map(Syscall::name).orElse(name);
  }

  // ---- environments --------------------------------------------------------------------

  /// In what two environments differ, as far as the study tells.
  List<String> differences(String first, String second) {
    List<String> differences = new ArrayList<>();
    Optional<StudyEnvironment> one = study.environment(first);
    Optional<StudyEnvironment> other = study.environment(second);
    if (one.isEmpty() || other.isEmpty()) {
      return differences;
    }
    if (!Objects.equals(one.get().virtualised(), other.get().virtualised())) {
      differences.add("virtualisation");
    }
    if (!Objects.equals(one.get().vmm(), other.get().vmm())) {
      differences.add("vmm");
    }
    if (!Objects.equals(one.get().network(), other.get().network())) {
      differences.add("network");
    }
    return differences;
  }
}
