// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import dev.trapline.intake.bpftrace.BpftraceMapsReader;
import dev.trapline.intake.perf.PerfScriptReader;
import dev.trapline.intake.perf.PerfTraceLineReader;
import dev.trapline.intake.perf.PerfTraceSummaryReader;
import dev.trapline.intake.strace.StraceLog;
import dev.trapline.intake.strace.StraceLogReader;
import dev.trapline.intake.strace.table.StraceTable;
import dev.trapline.intake.strace.table.StraceTableReader;
import dev.trapline.reading.InputText;
import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import dev.trapline.workload.Iperf3Json;
import dev.trapline.workload.Iperf3Text;
import dev.trapline.workload.SockperfText;
import dev.trapline.workload.WorkloadReading;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// Which reader reads what: the one place that knows them all.
final class FormatReaders {
  private final FormatDetector detector =
      new FormatDetector(
          List.of(
              new FormatDetector.Recogniser(Format.STRACE_LOG, StraceLogReader::recognises),
              new FormatDetector.Recogniser(Format.STRACE_TABLE, StraceTableReader::recognises),
              new FormatDetector.Recogniser(
                  Format.PERF_TRACE_LINES, PerfTraceLineReader::recognises),
              new FormatDetector.Recogniser(
                  Format.PERF_TRACE_SUMMARY, PerfTraceSummaryReader::recognises),
              new FormatDetector.Recogniser(Format.PERF_SCRIPT, PerfScriptReader::recognises),
              new FormatDetector.Recogniser(Format.BPFTRACE, BpftraceMapsReader::recognises),
              new FormatDetector.Recogniser(Format.IPERF3_JSON, Iperf3Json::recognises),
              new FormatDetector.Recogniser(Format.IPERF3, Iperf3Text::recognises),
              new FormatDetector.Recogniser(Format.SOCKPERF, SockperfText::recognises)),
          Iperf3Json::recognisesBeginning);

  private final StraceTableReader.Clock tableClock;

  /// @param tableClock what the times in tables of `strace -c` are, which these do not tell
  FormatReaders(StraceTableReader.Clock tableClock) {
    this.tableClock = tableClock;
  }

  FormatDetector detector() {
    return detector;
  }

  /// Reads one file of a format.
  ///
  /// @throws IOException from the disk; nothing in a file of counts makes one
  ReadFile.Content read(Format format, InputText input) throws IOException {
    return switch (format) {
      case STRACE_LOG -> new ReadFile.Counts(straceLog(input));
      case STRACE_TABLE ->
          new ReadFile.Counts(new StraceTableReader(tableClock).read(input.stream()));
      case PERF_TRACE_LINES -> new ReadFile.Counts(new PerfTraceLineReader().read(input.stream()));
      case PERF_TRACE_SUMMARY ->
          new ReadFile.Counts(new PerfTraceSummaryReader().read(input.stream()));
      case PERF_SCRIPT -> new ReadFile.Counts(new PerfScriptReader().read(input.stream()));
      case BPFTRACE -> new ReadFile.Counts(new BpftraceMapsReader().read(input.stream()));
      case IPERF3_JSON -> result(Iperf3Json.read(input.name(), input.stream()));
      case IPERF3 -> result(Iperf3Text.read(input.name(), input.stream()));
      case SOCKPERF -> result(SockperfText.read(input.name(), input.stream()));
    };
  }

  private static ReadFile.Result result(WorkloadReading reading) {
    return new ReadFile.Result(reading);
  }

  private static TallyReading straceLog(InputText input) throws IOException {
    StraceLogReader reader = new StraceLogReader();
    StraceLog log =
        input.plainFile().isPresent()
            ? reader.read(input.plainFile().get(), input::tookUpTo)
            : reader.read(input.stream());
    return heldAgainstItsTable(log);
  }

  /// The files of one `strace -ff`.
  TallyReading readPidFiles(PidFiles group) throws IOException {
    SortedMap<Integer, StraceLogReader.Source> sources = new TreeMap<>();
    group
        .byPid()
        .forEach((pid, file) -> sources.put(pid, () -> InputText.ofFile(Path.of(file)).stream()));
    return new StraceLogReader().readAll(sources).reading();
  }

  /// `strace -C` writes its own table behind the log: the two must agree.
  private static TallyReading heldAgainstItsTable(StraceLog log) {
    TallyReading reading = log.reading();
    if (log.table().isEmpty()) {
      return reading;
    }
    List<String> differences = StraceTable.differences(log.table(), reading.counted());
    List<String> remarks = new ArrayList<>(reading.remarks());
    if (differences.isEmpty()) {
      remarks.add("strace's own table behind the log has the same calls and errors");
    } else {
      int shown = Math.min(differences.size(), SkippedLines.SHOWN);
      remarks.add(
          "strace's own table behind the log DIFFERS in "
              + differences.size()
              + " rows; the first: "
              + String.join("; ", differences.subList(0, shown)));
    }
    return new TallyReading(
        reading.counted(),
        reading.lines(),
        reading.skipped(),
        reading.truncation(),
        reading.cannotKnow(),
        reading.spanNanos(),
        remarks);
  }
}
