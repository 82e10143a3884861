// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.report.Quantity;
import dev.trapline.report.RunReport;
import dev.trapline.report.TestReport;
import dev.trapline.report.TestWords;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Provenance;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.workload.UnitOfWork;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// The head of the page and the verdict: the figures that one would quote, then the sentences.
final class Overview {
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private Overview() {}

  /// `Throughput and latency in netns`; what is emulated comes last, and that it is, is said once.
  static String headline(RunReport report) {
    Set<String> tests = new LinkedHashSet<>();
    Set<String> environments = new LinkedHashSet<>();
    Set<String> emulated = new LinkedHashSet<>();
    for (TestReport test : report.tests()) {
      tests.add(test.analysis().test());
      (test.emulated() ? emulated : environments).add(test.analysis().environment());
    }
    if (tests.isEmpty()) {
      return report.title();
    }
    String where = environments.isEmpty() ? "" : named(environments);
    if (!emulated.isEmpty()) {
      where +=
          (where.isEmpty() ? "" : ", and in ")
              + named(emulated)
              + " ("
              + EnvironmentFacts.EMULATED
              + ")";
    }
    return TestWords.capitalised(listed(new ArrayList<>(tests))) + " in " + where;
  }

  private static String named(Set<String> environments) {
    return environments.size() > 4
        ? environments.size() + " environments"
        : listed(new ArrayList<>(environments));
  }

  private static String listed(List<String> words) {
    return words.size() == 1
        ? words.getFirst()
        : String.join(", ", words.subList(0, words.size() - 1)) + " and " + words.getLast();
  }

  static String underline(RunReport report) {
    Provenance provenance = report.run().provenance();
    List<String> parts = new ArrayList<>();
    if (provenance.startedAt() != null) {
      parts.add(DAY.format(provenance.startedAt()));
    }
    parts.add("Linux " + provenance.machine().getOrDefault("kernel", "unknown"));
    parts.add(
        provenance.machine().getOrDefault("cpus", "?")
            + " CPUs, "
            + provenance.machine().getOrDefault("cpu", "unknown CPU"));
    long traced = report.run().trials().stream().filter(trial -> trial.traced()).count();
    parts.add(
        traced + " traced and " + (report.run().trials().size() - traced) + " control trials");
    parts.add(
        "capture "
            + provenance.captureSource()
            + " ("
            + provenance.captureLevel()
            + "), "
            + report.run().completeness().verdict());
    return String.join("  ·  ", parts);
  }

  static void write(Markup markup, RunReport report) {
    markup.open("div", "class", "tiles");
    for (TestReport test : report.tests()) {
      tile(markup, test);
    }
    markup.closeLine();
    markup.open("ul", "class", "sentences");
    for (String sentence : report.verdict()) {
      String kind = kindOf(sentence);
      if (kind.isEmpty()) {
        markup.element("li", sentence);
      } else {
        markup.element("li", sentence, "class", kind);
      }
    }
    markup.closeLine();
  }

  private static void tile(Markup markup, TestReport test) {
    MedianInterval figure = test.quoted();
    UnitOfWork unit = test.analysis().unit();
    markup.open("div", "class", test.emulated() ? "tile emulated" : "tile");
    markup
        .open("p", "class", "tile-label")
        .text(TestWords.capitalised(test.analysis().test()) + " · " + test.analysis().environment())
        .closeLine();
    if (figure == null || unit == null) {
      markup.element("p", "no result", "class", "tile-value");
    } else {
      String value = TestWords.value(unit, figure.median());
      int space = value.indexOf(' ');
      markup.open("p", "class", "tile-value").text(value.substring(0, space));
      markup
          .open("span", "class", "unit")
          .text(value.substring(space) + (unit == UnitOfWork.MESSAGE ? " half-RTT" : " goodput"))
          .close();
      markup.closeLine();
      markup.element("p", spread(figure, unit), "class", "tile-note");
      if (test.analysis().control() == null) {
        markup.element("p", "traced: no control trial", "class", "tile-note");
      }
    }
    if (test.emulated()) {
      markup.element("p", EnvironmentFacts.EMULATED, "class", "mark");
    }
    markup.closeLine();
  }

  private static String spread(MedianInterval figure, UnitOfWork unit) {
    Double low = figure.low();
    Double high = figure.high();
    Double confidence = figure.confidence();
    if (low == null || high == null || confidence == null) {
      return "one trial, no interval";
    }
    return TestWords.value(unit, low)
        + " to "
        + TestWords.value(unit, high)
        + ", "
        + Quantity.percent(confidence)
        + " confidence, n = "
        + figure.n();
  }

  /// What must not be overlooked begins with capitals.
  private static String kindOf(String sentence) {
    if (sentence.startsWith("WARNING") || sentence.startsWith("NOT RUN")) {
      return "warning";
    }
    return sentence.startsWith("FAILED")
            || sentence.startsWith("BROKEN")
            || sentence.startsWith("CAPTURE INCOMPLETE")
        ? "bad"
        : "";
  }
}
