// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.TrialRatios;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.SourceFile;
import dev.trapline.run.Trial;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The report of an imported run: what was read and how well, then each trial: what it achieved,
/// what each side asked of the kernel, per unit of work where counts and outcome are of one trial.
public final class ImportReport {
  /// What is worth a sentence in a short report.
  private static final int MEANINGS = 8;

  private static final int LONGEST_FILE = 24;

  private ImportReport() {}

  /// The whole report.
  public static Document of(Run run) {
    Document document = new Document();
    Provenance provenance = run.provenance();
    document.add(
        new Document.Heading(
            1,
            "Trapline import: "
                + Words.counted(provenance.sources().size(), "file")
                + ", "
                + Words.counted(run.trials().size(), "trial")));
    addVerdict(document, run);
    addSources(document, provenance);
    for (Trial trial : run.trials()) {
      addTrial(document, run, trial);
    }
    addMeanings(document, run);
    addUnknowns(document, run);
    return document;
  }

  private static void addVerdict(Document document, Run run) {
    List<String> sentences = new ArrayList<>();
    if (run.tallies().isEmpty()) {
      sentences.add("No counts of syscalls among these files.");
    } else if (run.completeness().isComplete()) {
      sentences.add("Nothing was seen to be lost: every line of counts was understood.");
    } else {
      sentences.addAll(
          TallyTable.doubts(run.completeness()).stream()
              .filter(doubt -> doubt.startsWith("INCOMPLETE"))
              .toList());
    }
    run.provenance().warnings().forEach(warning -> sentences.add("WARNING: " + warning + "."));
    for (Trial trial : run.trials()) {
      for (InvariantResult invariant : trial.invariants()) {
        if (!invariant.holds()) {
          sentences.add(
              "BROKEN INVARIANT in "
                  + trial.id()
                  + ": "
                  + invariant.name()
                  + ": "
                  + invariant.detail());
        }
      }
    }
    document.add(new Document.Bullets(sentences));
  }

  private static void addSources(Document document, Provenance provenance) {
    document.add(new Document.Heading(2, "What was read"));
    List<List<String>> rows = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (SourceFile source : provenance.sources()) {
      rows.add(
          List.of(
              shortened(source.file()),
              source.format() + (source.compression() == null ? "" : ", " + source.compression()),
              source.trial(),
              source.role() == null ? "" : source.role(),
              Quantity.count(source.lines()),
              source.skippedLines() == 0 ? "" : Quantity.count(source.skippedLines())));
      if (source.truncation() != null) {
        notes.add(source.file() + " is CUT: " + source.truncation() + ".");
      }
      source.remarks().forEach(remark -> notes.add(source.file() + ": " + remark + "."));
    }
    document.add(
        new Document.Table(
            List.of("file", "read as", "trial", "side", "lines", "skipped"), rows, 4));
    if (!notes.isEmpty()) {
      document.add(new Document.Bullets(notes));
    }
  }

  /// A path says most at its end.
  private static String shortened(String file) {
    return file.length() <= LONGEST_FILE
        ? file
        : "..." + file.substring(file.length() - LONGEST_FILE + 3);
  }

  private static void addTrial(Document document, Run run, Trial trial) {
    document.add(
        new Document.Heading(
            2,
            (trial.test() == null ? "Trial" : TestWords.capitalised(trial.test()))
                + " in "
                + trial.environment()
                + (run.trials().size() > 1 ? " (" + trial.id() + ")" : "")));
    Outcome outcome = trial.outcome();
    TrialRatios ratios = TrialRatios.of(run, trial);
    if (outcome != null) {
      document.add(new Document.Paragraph(OutcomeWords.sentence(outcome)));
      document.add(new Document.Bullets(invariants(trial)));
    } else if (trial.failure() != null) {
      document.add(new Document.Paragraph("No outcome: " + trial.failure() + "."));
    }
    if (ratios.refusal() != null) {
      document.add(new Document.Paragraph(ratios.refusal()));
    }
    if (outcome != null && !ratios.roles().isEmpty()) {
      for (RoleAnalysis role : ratios.roles()) {
        BenchReport.addRole(document, role, outcome.unitOfWork());
      }
      return;
    }
    SortedMap<String, Tally> byRole = new TreeMap<>();
    for (RoleTally tally : run.tallies()) {
      if (tally.trial().equals(trial.id())) {
        byRole.merge(tally.role(), tally.tally(), Tally::plus);
      }
    }
    byRole.forEach((role, tally) -> {
      document.add(new Document.Heading(3, TestWords.capitalised(role)));
      document.addAll(TallyTable.render(tally, TallyTable.Grouping.SYSCALL, trial.durationNanos()));
    });
  }

  private static List<String> invariants(Trial trial) {
    List<String> sentences = new ArrayList<>();
    for (InvariantResult invariant : trial.invariants()) {
      sentences.add(
          invariant.name() + (invariant.holds() ? " holds: " : " BROKEN: ") + invariant.detail());
    }
    if (sentences.isEmpty()) {
      sentences.add("No pair of its figures can be held against each other.");
    }
    return sentences;
  }

  private static void addMeanings(Document document, Run run) {
    SortedSet<String> names = new TreeSet<>();
    for (Trial trial : run.trials()) {
      for (RoleAnalysis role : TrialRatios.of(run, trial).roles()) {
        BenchReport.worthShowing(role).stream()
            .map(CallCost::kind)
            .forEach(kind -> names.add(kind.syscall()));
      }
    }
    if (names.isEmpty()) {
      Tally all = Tally.EMPTY;
      for (RoleTally tally : run.tallies()) {
        all = all.plus(tally.tally());
      }
      all.groupedBy(Key::syscall).entrySet().stream()
          .sorted((one, other) -> Long.compare(other.getValue().calls(), one.getValue().calls()))
          .limit(MEANINGS)
          .forEach(entry -> names.add(entry.getKey()));
    }
    List<String> sentences = new ArrayList<>();
    for (String name : names) {
      SyscallCatalogue.instance()
          .byName(name)
          .ifPresent(syscall -> sentences.add(BenchReport.meaning(syscall)));
    }
    if (!sentences.isEmpty()) {
      document.add(new Document.Heading(2, "What these calls are"));
      document.add(new Document.Bullets(sentences));
    }
  }

  private static void addUnknowns(Document document, Run run) {
    List<String> sentences = new ArrayList<>();
    Map<String, List<String>> filesByUnknown = new LinkedHashMap<>();
    for (SourceFile source : run.provenance().sources()) {
      if (!source.cannotKnow().isEmpty()) {
        filesByUnknown
            .computeIfAbsent(
                source.format() + " cannot know: " + String.join("; ", source.cannotKnow()) + ".",
                unseen -> new ArrayList<>())
            .add(source.file());
      }
    }
    filesByUnknown.forEach(
        (unknown, files) -> sentences.add(String.join(", ", files) + ": a " + unknown));
    sentences.addAll(
        TallyTable.doubts(run.completeness()).stream()
            .filter(doubt -> !doubt.startsWith("INCOMPLETE"))
            .toList());
    if (!sentences.isEmpty()) {
      document.add(new Document.Heading(2, "What cannot be known from these files"));
      document.add(new Document.Bullets(sentences));
    }
  }
}
