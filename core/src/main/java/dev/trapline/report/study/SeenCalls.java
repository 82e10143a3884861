// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.study.Study;
import dev.trapline.study.StudyCount;
import dev.trapline.study.StudyEnvironment;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Count;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// All that some studies saw, ready to be looked up.
final class SeenCalls {
  private final List<Study> studies;
  private final List<SeenCall> rows = new ArrayList<>();
  private final Set<String> namedOnly = new LinkedHashSet<>();

  SeenCalls(List<Study> studies) {
    this.studies = List.copyOf(studies);
    for (Study study : studies) {
      Map<Side, Long> workOfSides = workOfSides(study);
      for (StudyCount count : study.counts()) {
        rows.add(row(study, count, workOfSides));
      }
    }
    for (Study study : studies) {
      for (String name : study.alsoSeen()) {
        namedOnly.add(canonical(name));
      }
    }
    rows.forEach(row -> namedOnly.remove(row.name()));
  }

  private SeenCall row(Study study, StudyCount count, Map<Side, Long> workOfSides) {
    StudyEnvironment environment = study.environment(count.environment()).orElseThrow();
    Count measured = count.measured();
    Long work = measured == null ? null : measured.workNanos();
    Long whole = workOfSides.get(Side.of(count));
    return new SeenCall(
        study,
        environment,
        where(study, environment),
        count,
        SyscallCatalogue.instance().byName(count.syscall()).orElse(null),
        Work.of(study, count.environment(), count.test(), count.run()).orElse(null),
        work == null || whole == null || whole <= 0 ? null : Double.valueOf((double) work / whole));
  }

  /// What a report calls an environment.
  String where(Study study, StudyEnvironment environment) {
    return studies.size() == 1 ? environment.label() : nameOf(study) + ": " + environment.label();
  }

  /// The name of a study, or its source where several have that name.
  String nameOf(Study study) {
    long namesakes = studies.stream().filter(one -> one.name().equals(study.name())).count();
    return namesakes == 1 ? study.name() : study.source();
  }

  private record Side(
      String environment, String test, @Nullable String role, @Nullable String run) {
    static Side of(StudyCount count) {
      return new Side(count.environment(), count.test(), count.role(), count.run());
    }
  }

  /// Measured work of each side as a whole; absent where the work of one of its calls is unknown.
  private static Map<Side, Long> workOfSides(Study study) {
    Map<Side, Long> sums = new LinkedHashMap<>();
    Set<Side> unknown = new LinkedHashSet<>();
    for (StudyCount count : study.counts()) {
      Side side = Side.of(count);
      Count measured = count.measured();
      if (measured == null || measured.workNanos() == null) {
        unknown.add(side);
      } else {
        sums.merge(side, measured.workNanos(), Long::sum);
      }
    }
    sums.keySet().removeAll(unknown);
    return sums;
  }

  private static String canonical(String name) {
    return SyscallCatalogue.instance().byName(name).map(Syscall::name).orElse(name);
  }

  List<Study> studies() {
    return studies;
  }

  List<SeenCall> rows() {
    return rows;
  }

  /// Rows of a syscall in the order of the source.
  List<SeenCall> of(String name) {
    return rows.stream().filter(row -> row.name().equals(name)).toList();
  }

  /// Rows that a condition picks.
  List<SeenCall> where(Predicate<SeenCall> condition) {
    return rows.stream().filter(condition).toList();
  }

  /// Names of syscalls that have a count, most frequent first.
  List<String> counted() {
    SequencedMap<String, Double> most = new LinkedHashMap<>();
    rows.forEach(row -> most.merge(row.name(), row.number(), Math::max));
    return most.entrySet().stream()
        .sorted(
            Comparator.comparingDouble((Map.Entry<String, Double> one) -> one.getValue())
                .reversed())
        .map(Map.Entry::getKey)
        .toList();
  }

  /// Names of syscalls that were named without a count, as the catalogue has them.
  List<String> namedOnly() {
    return List.copyOf(namedOnly);
  }

  /// How sources write a syscall where that is not the catalogue's name.
  List<String> otherSpellings(String name) {
    Set<String> spellings = new LinkedHashSet<>();
    for (Study study : studies) {
      study.counts().forEach(count -> spellings.add(count.syscall()));
      spellings.addAll(study.alsoSeen());
    }
    spellings.removeIf(spelling -> spelling.equals(name) || !canonical(spelling).equals(name));
    return List.copyOf(spellings);
  }

  /// Calls of a kind on the side of a row, traffic only, as one figure; null if there are none.
  @Nullable Sum beside(SeenCall row, String name) {
    List<SeenCall> others =
        rows.stream()
            .filter(other -> other.name().equals(name) && row.isBeside(other))
            .filter(SeenCall::mayBeTraffic)
            .toList();
    return others.isEmpty() ? null : Sum.of(others);
  }

  /// A sum of counts with the bounds of their rounding.
  ///
  /// @param words the figure as it is to be quoted: `about 617,000 readv`
  record Sum(double number, double low, double high, String words) {
    static Sum of(List<SeenCall> rows) {
      double number = 0;
      double low = 0;
      double high = 0;
      boolean rounded = false;
      for (SeenCall row : rows) {
        number += row.number();
        low += row.calls().low();
        high += row.calls().high();
        rounded |= row.calls().rounded();
      }
      String quoted =
          rows.size() == 1
              ? Numbers.published(rows.getFirst().calls())
              : (rounded ? "about " : "") + String.format(java.util.Locale.ROOT, "%,.0f", number);
      return new Sum(number, low, high, quoted + " " + rows.getFirst().name());
    }
  }

  /// Whether any row has measured work.
  boolean hasWork() {
    return rows.stream().anyMatch(row -> row.shareOfWork() != null);
  }
}
