// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import dev.trapline.TraplineException;
import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.InputText;
import dev.trapline.reading.SkippedLines;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// Tells what a file is by its lines: each format says of a line whether it is unmistakably its
/// own. Names of files are not looked at.
final class FormatDetector {
  /// Lines longer than this are foreign to every format, but for JSON on one line.
  private static final int LONGEST_LINE = 1 << 16;

  /// What a tool's line must look like.
  record Recogniser(Format format, Predicate<String> owns) {}

  /// Where a format's first line stands.
  private record Found(Format format, long line, String excerpt) {}

  /// What is enough of a JSON document on one line to know it.
  private static final int BEGINNING = 4096;

  private final List<Recogniser> recognisers;
  private final Predicate<CharSequence> beginsJson;

  /// @param beginsJson whether a text begins a document of iperf3
  FormatDetector(List<Recogniser> recognisers, Predicate<CharSequence> beginsJson) {
    this.recognisers = List.copyOf(recognisers);
    this.beginsJson = beginsJson;
  }

  /// @throws TraplineException `IMPORT-FORMAT` if it is nobody's, `IMPORT-MIXED` if it is two
  ///   tools'
  Format detect(InputText input) {
    String text = new String(input.head(), StandardCharsets.UTF_8);
    List<String> lines = text.lines().toList();
    Map<Format, Found> found = new EnumMap<>(Format.class);
    Map<Format, Integer> owned = new EnumMap<>(Format.class);
    for (int at = 0; at < lines.size(); at++) {
      for (Format format : owners(lines.get(at))) {
        found.putIfAbsent(format, new Found(format, at + 1L, excerpt(lines.get(at))));
        owned.merge(format, 1, Integer::sum);
      }
    }
    if (found.isEmpty() && beginsJson.test(text.substring(0, Math.min(BEGINNING, text.length())))) {
      return Format.IPERF3_JSON;
    }
    if (found.isEmpty()) {
      String first = lines.stream().filter(line -> !line.isBlank()).findFirst().orElse("");
      int number = lines.indexOf(first) + 1;
      throw new TraplineException(
          "IMPORT-FORMAT",
          input.name()
              + ":"
              + number
              + ": '"
              + excerpt(first)
              + "' is of none of the formats that are read, nor is any other line at its beginning.",
          "give the text of strace (log or -c), perf trace, perf script, bpftrace maps, iperf3 or"
              + " sockperf; for perf.data: perf script -i FILE | trapline import -");
    }
    List<Found> tools = new ArrayList<>();
    for (Found one : found.values()) {
      if (tools.stream().noneMatch(other -> sameTool(other.format(), one.format()))) {
        tools.add(one);
      }
    }
    if (tools.size() > 1) {
      throw mixed(input.name(), tools.get(0), tools.get(1));
    }
    return main(found, owned);
  }

  /// A line that a reader did not understand may be another tool's.
  ///
  /// @throws TraplineException `IMPORT-MIXED`
  void refuseForeign(String file, Format format, SkippedLines skipped) {
    for (SkippedLines.Line line : skipped.first()) {
      for (Format owner : owners(line.excerpt())) {
        if (!sameTool(owner, format)) {
          throw mixed(
              file, new Found(format, 1, ""), new Found(owner, line.number(), line.excerpt()));
        }
      }
    }
    refuseJson(file, format, skipped);
  }

  /// The first lines of iperf3's JSON are only known together.
  private void refuseJson(String file, Format format, SkippedLines skipped) {
    List<SkippedLines.Line> lines = skipped.first();
    for (int at = 0; at < lines.size() && !sameTool(format, Format.IPERF3_JSON); at++) {
      StringBuilder rest = new StringBuilder();
      for (SkippedLines.Line line : lines.subList(at, lines.size())) {
        // An excerpt has a dot where the line has a tab.
        rest.append(line.excerpt().replace('.', ' ')).append('\n');
      }
      if (beginsJson.test(rest)) {
        SkippedLines.Line first = lines.get(at);
        throw mixed(
            file,
            new Found(format, 1, ""),
            new Found(Format.IPERF3_JSON, first.number(), first.excerpt()));
      }
    }
  }

  private static TraplineException mixed(String file, Found one, Found other) {
    Found later = one.line() < other.line() ? other : one;
    Found earlier = later.equals(one) ? other : one;
    return new TraplineException(
        "IMPORT-MIXED",
        file
            + ":"
            + later.line()
            + ": '"
            + later.excerpt()
            + "' is of "
            + later.format().tool()
            + " in a file of "
            + earlier.format().tool()
            + " (line "
            + earlier.line()
            + "): what belongs together cannot be told, so nothing was read.",
        "write each tool's output to a file of its own, as strace does with -o FILE, and give"
            + " both: trapline import FILE FILE");
  }

  private static boolean sameTool(Format one, Format other) {
    return one.tool().equals(other.tool());
  }

  private List<Format> owners(String line) {
    List<Format> owners = new ArrayList<>();
    if (line.length() > LONGEST_LINE) {
      return owners;
    }
    addOwners(line, owners);
    if (owners.isEmpty()) {
      int prefix = ForeignPrefix.end(line);
      if (prefix > 0) {
        addOwners(line.substring(prefix), owners);
      }
    }
    return owners;
  }

  private void addOwners(String line, List<Format> owners) {
    for (Recogniser recogniser : recognisers) {
      if (recogniser.owns().test(line)) {
        owners.add(recogniser.format());
      }
    }
  }

  /// Of the formats of one tool: a log has a table behind it, lines have a summary behind them.
  private static Format main(Map<Format, Found> found, Map<Format, Integer> owned) {
    if (found.containsKey(Format.STRACE_LOG)) {
      return Format.STRACE_LOG;
    }
    if (found.containsKey(Format.PERF_TRACE_LINES)) {
      return Format.PERF_TRACE_LINES;
    }
    return owned.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElseThrow();
  }

  private static String excerpt(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    return SkippedLines.excerpt(bytes, 0, bytes.length);
  }
}
