// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import dev.trapline.syscall.Architecture;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the maps that a bpftrace script prints, as text or by `-f json`, into counts of syscalls.
/// One object reads one file; memory depends on the maps' keys, not on how often they are printed.
///
/// It does not know the script. What keys and numbers mean is inferred by the rules of [KeyShape],
/// [MapName], [PrintedMap] and [MapJoin], told in the remarks, and a map for which they decide
/// nothing is refused with its reason. What no rule can see: `print(@, 0, 1000)` divides what it
/// shows, `avg()`, `min()` and `max()` look like `sum()` in text, and a filter leaves calls out.
///
/// Built against bpftrace 0.17, of which the fixtures are. The forms of 0.20 to 0.24 (`Attached 2
/// probes`, `"count":17` beside `"type":"lost_events"`, records for statistics) are those of its
/// source, `src/output/text.cpp` and `src/output/json.cpp`; nothing here has been run against them.
public final class BpftraceMapsReader {
  private static final int FIRST_BUFFER_BYTES = 1 << 16;
  private static final int LONGEST_LINE_BYTES = 1 << 24;
  private static final int MOST_MAPS = 1_000;
  private static final int LONGEST_KEY_LINES = 1_024;
  private static final int MOST_DIAGNOSTICS = 5;

  /// The script's line, the tildes under it, and what the helper returned.
  private static final int DIAGNOSTIC_LINES = 3;

  private static final Pattern ATTACH =
      Pattern.compile("Attach(?:ing|ed) [0-9]{1,9} probes?(?:\\.\\.\\.)?");
  private static final Pattern LOST = Pattern.compile("Lost ([0-9]{1,18}) events");
  private static final Pattern CLOCK =
      Pattern.compile("(?:\\^C)?|[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,9})?");
  private static final Pattern TOP = Pattern.compile("(?i)top [0-9]{1,6}\\b.{0,64}:");
  private static final Pattern INVITATION = Pattern.compile(".{0,120}[Hh]it Ctrl-C to end\\.?");

  /// `script.bt:1:62-73: WARNING: ...` is followed by the script's line and a line of tildes.
  private static final Pattern DIAGNOSTIC =
      Pattern.compile("(.{0,256}?:[0-9]{1,9}(?::|-)[0-9].{0,24}: )?(ERROR|WARNING|Warning): (.*)");

  private static final Pattern UNDERLINE = Pattern.compile("[ \\t]*~+[ \\t]*");

  private final Architecture numbers;
  private final Map<String, PrintedMap> maps = new LinkedHashMap<>();
  private long lines;
  private long mapLines;
  private long knownLines;
  private SkippedLines skipped = SkippedLines.NONE;
  private @Nullable String truncation;
  private long lostEvents;
  private long fullMaps;
  private long scriptLines;
  private boolean isText;
  private boolean showsTopOnly;
  private boolean dropsSpaces;
  private final Set<String> diagnostics = new LinkedHashSet<>();
  private long diagnosticCount;

  /// The map of the line before, for lines that go on and for where a print begins.
  private @Nullable PrintedMap lastMap;

  private long otherOutput;
  private int blankLines;
  private boolean isBehindGap;
  private boolean hasGaps;
  private int diagnosticLinesLeft;

  /// A histogram or an empty string, whose header has been read.
  private @Nullable Header header;

  /// A key of several lines.
  private @Nullable OpenKey openKey;

  private static final class Header {
    final String map;
    final @Nullable String key;
    long sum;
    boolean hasBuckets;

    Header(String map, @Nullable String key) {
      this.map = map;
      this.key = key;
    }
  }

  private static final class OpenKey {
    final String map;
    int lines = 1;

    OpenKey(String map) {
      this.map = map;
    }
  }

  /// A reader that takes numbers of syscalls for those of the machine that it runs on.
  public BpftraceMapsReader() {
    this(Architecture.current().orElse(Architecture.X86_64));
  }

  /// @param numbers whose syscall numbers a key has, if it has numbers instead of names: the file
  ///   does not tell on which machine it was made
  public BpftraceMapsReader(Architecture numbers) {
    this.numbers = numbers;
  }

  /// Whether a line is one of bpftrace's and of no other tool: a map's, a histogram's bucket, a
  /// JSON message, or the line about attached probes.
  public static boolean recognises(String line) {
    if (line.isEmpty()) {
      return false;
    }
    return switch (line.charAt(0)) {
      case '@' -> isMapLine(line);
      case '[', '(' -> TextLine.bucketCount(line) >= 0;
      case '{' -> JsonMessage.begins(line) && JsonMessage.parse(line) != null;
      case 'A' -> ATTACH.matcher(line).matches();
      default -> false;
    };
  }

  private static boolean isMapLine(String line) {
    TextLine.Entry entry = TextLine.entry(line);
    return entry == null
        ? TextLine.opensKey(line)
        : entry.value() == null || entry.value().kind() != PrintedValue.Kind.OTHER;
  }

  /// Reads to the end of the stream, which is not closed.
  ///
  /// @throws IOException from the stream; nothing in a file makes one
  public TallyReading read(InputStream file) throws IOException {
    byte[] buffer = new byte[FIRST_BUFFER_BYTES];
    int filled = 0;
    boolean skipping = false;
    for (int count = file.read(buffer, 0, buffer.length);
        count >= 0;
        count = file.read(buffer, filled, buffer.length - filled)) {
      int lineStart = 0;
      int at = filled;
      filled += count;
      for (; at < filled; at++) {
        if (buffer[at] == '\n') {
          if (skipping) {
            skipping = false;
          } else {
            acceptLine(text(buffer, lineStart, at));
          }
          lineStart = at + 1;
        }
      }
      System.arraycopy(buffer, lineStart, buffer, 0, filled - lineStart);
      filled -= lineStart;
      if (filled == buffer.length) {
        if (filled >= LONGEST_LINE_BYTES) {
          if (!skipping) {
            lines++;
            skip(text(buffer, 0, LONGEST_LINE_BYTES));
          }
          skipping = true;
          filled = 0;
        } else {
          buffer = Arrays.copyOf(buffer, 2 * buffer.length);
        }
      }
    }
    if (filled > 0 && !skipping) {
      acceptUnterminated(text(buffer, 0, filled));
    }
    return finish();
  }

  private static String text(byte[] buffer, int from, int to) {
    int end = to > from && buffer[to - 1] == '\r' ? to - 1 : to;
    return new String(buffer, from, end - from, StandardCharsets.UTF_8);
  }

  /// The last line without its newline. bpftrace ends all of its own lines, so a number here may
  /// lack digits; a JSON message shows by itself whether it is whole.
  private void acceptUnterminated(String line) {
    String own = line.substring(ForeignPrefix.end(line));
    boolean isWhole = JsonMessage.begins(own) && JsonMessage.parse(own) != null;
    if (isWhole || (!own.startsWith("@") && !own.startsWith("{") && header == null)) {
      acceptLine(line);
      return;
    }
    lines++;
    truncation =
        "line " + lines + " is the last and has no end, so it is not counted: " + excerpt(line);
    // Of a histogram that is cut, not even the number of its values is known.
    header = null;
    knownLines++;
  }

  /// Takes one line, without its end.
  void acceptLine(String line) {
    lines++;
    if (acceptOwnLine(line)) {
      return;
    }
    int prefix = ForeignPrefix.end(line);
    if (prefix == 0 || !acceptOwnLine(line.substring(prefix))) {
      skip(line);
    }
  }

  private void skip(String line) {
    skipped = skipped.with(lines, line);
    endOfMap();
    otherOutput++;
  }

  private boolean acceptOwnLine(String line) {
    if (openKey != null) {
      return acceptKeyLine(openKey, line);
    }
    if (line.isBlank()) {
      blankLines++;
      endHeader();
      if (blankLines > 1) {
        // bpftrace's last prints are behind two blank lines.
        lastMap = null;
        isBehindGap = true;
        hasGaps = true;
      }
      knownLines++;
      return true;
    }
    boolean understood = acceptMap(line) || acceptJson(line) || acceptWords(line);
    if (understood) {
      blankLines = 0;
    }
    return understood;
  }

  private boolean acceptMap(String line) {
    long bucket = header == null ? -1 : TextLine.bucketCount(line);
    if (header != null && bucket >= 0) {
      header.hasBuckets = true;
      header.sum = header.sum + bucket < 0 ? Long.MAX_VALUE : header.sum + bucket;
      countMapLine(header.map, false);
      return true;
    }
    TextLine.Entry entry = TextLine.entry(line);
    if (entry == null) {
      if (!TextLine.opensKey(line)) {
        return false;
      }
      endHeader();
      openKey = new OpenKey(TextLine.openedMap(line));
      countMapLine(openKey.map, false);
      return true;
    }
    endHeader();
    isText = true;
    if (entry.value() == null) {
      header = new Header(entry.map(), entry.key());
      countMapLine(entry.map(), false);
    } else if (countMapLine(entry.map(), false)) {
      add(new PrintedEntry(entry.map(), entry.key(), entry.value()), false);
    }
    return true;
  }

  /// Stacks are no keys of syscalls, so that only their end matters.
  private boolean acceptKeyLine(OpenKey open, String line) {
    String own = line.startsWith(" ") ? line : line.substring(ForeignPrefix.end(line));
    open.lines++;
    boolean isEntry = TextLine.entry(own) != null || JsonMessage.begins(own);
    if (isEntry || open.lines > LONGEST_KEY_LINES) {
      // The key never ended.
      openKey = null;
      return acceptOwnLine(line);
    }
    countMapLine(open.map, false);
    int end = own.lastIndexOf("]:");
    if (end >= 0 && !own.startsWith(" ")) {
      openKey = null;
      String key = "\n" + own.substring(0, end);
      if (own.substring(end + 2).isBlank()) {
        header = new Header(open.map, key);
      } else {
        add(new PrintedEntry(open.map, key, PrintedValue.OTHER), false);
      }
    }
    return true;
  }

  /// Whether there is room for the map.
  private boolean countMapLine(String name, boolean isJson) {
    PrintedMap map = map(name, isJson);
    if (map == null) {
      skipped = skipped.with(lines, name + ": more than " + MOST_MAPS + " maps");
      return false;
    }
    map.addLine();
    mapLines++;
    return true;
  }

  private @Nullable PrintedMap map(String name, boolean isJson) {
    String id = (isJson ? "j" : "t") + name;
    PrintedMap found = maps.get(id);
    if (found == null && maps.size() < MOST_MAPS) {
      found = new PrintedMap(name, isJson);
      maps.put(id, found);
    }
    return found;
  }

  private void add(PrintedEntry entry, boolean isJson) {
    PrintedMap map = map(entry.map(), isJson);
    if (map == null) {
      return;
    }
    // 0.24 has no blank lines in JSON.
    boolean mayBeAtExit = isBehindGap || (isJson && !hasGaps);
    if (lastMap != map) {
      map.beginPrint(true, otherOutput, mayBeAtExit);
      lastMap = map;
    } else if (!isJson && map.hasInPrint(entry.key())) {
      map.beginPrint(false, otherOutput, mayBeAtExit);
    }
    map.add(entry.key(), entry.value(), isJson);
  }

  private void endHeader() {
    Header ended = header;
    header = null;
    if (ended != null) {
      PrintedValue value =
          ended.hasBuckets
              ? new PrintedValue(PrintedValue.Kind.HISTOGRAM, ended.sum, 0)
              : PrintedValue.OTHER;
      add(new PrintedEntry(ended.map, ended.key, value), false);
    }
  }

  private void endOfMap() {
    endHeader();
    lastMap = null;
    blankLines = 0;
    isBehindGap = false;
  }

  private boolean acceptJson(String line) {
    if (!JsonMessage.begins(line)) {
      return false;
    }
    JsonMessage message = JsonMessage.parse(line);
    if (message == null) {
      return false;
    }
    if (!message.entries().isEmpty()) {
      acceptJsonMap(message);
      return true;
    }
    endOfMap();
    otherOutput++;
    knownLines++;
    switch (message.type()) {
      case "lost_events" -> addLost(message.number());
      case "helper_error" -> acceptHelperError(message);
      case "runtime_error", "print_error" -> addDiagnostic(message.words());
      // 0.17 has the number within "data"; the form with "count" came with the keys without spaces.
      case "attached_probes" -> dropsSpaces |= message.number() > 0;
      case "map", "hist", "stats", "tseries", "time" -> {}
      default -> scriptLines++;
    }
    return true;
  }

  private void acceptJsonMap(JsonMessage message) {
    endHeader();
    PrintedMap before = null;
    boolean counted = false;
    for (PrintedEntry entry : message.entries()) {
      PrintedMap map = map(entry.map(), true);
      if (map == null) {
        continue;
      }
      if (map != before) {
        // Each message is a print of its own.
        lastMap = null;
        before = map;
      }
      if (!counted) {
        map.addLine();
        counted = true;
      }
      add(entry, true);
    }
    if (counted) {
      mapLines++;
    } else {
      skipped = skipped.with(lines, "more than " + MOST_MAPS + " maps");
    }
  }

  private void acceptHelperError(JsonMessage message) {
    boolean isFull = message.number() == -7 || message.words().startsWith("Map full");
    if (isFull) {
      fullMaps++;
    } else {
      addDiagnostic("a BPF helper failed: " + message.words());
    }
  }

  private void addLost(long events) {
    lostEvents = Math.max(0, lostEvents) + Math.max(0, events);
    lostEvents = lostEvents < 0 ? Long.MAX_VALUE : lostEvents;
  }

  private boolean acceptWords(String line) {
    String text = line.strip();
    if (diagnosticLinesLeft > 0) {
      // The first is the line of the script that the diagnostic is of, whatever it says.
      boolean isScript = diagnosticLinesLeft == DIAGNOSTIC_LINES;
      diagnosticLinesLeft--;
      if (UNDERLINE.matcher(line).matches()
          || text.startsWith("Additional Info - helper:")
          || (isScript && !DIAGNOSTIC.matcher(line).matches())) {
        knownLines++;
        return true;
      }
    }
    Matcher lost = LOST.matcher(text);
    if (lost.matches()) {
      addLost(Long.parseLong(lost.group(1)));
    } else if (TOP.matcher(text).matches()) {
      showsTopOnly = true;
    } else if (!ATTACH.matcher(text).matches()
        && !CLOCK.matcher(text).matches()
        && !INVITATION.matcher(text).matches()
        && !acceptDiagnostic(line)) {
      return false;
    }
    knownLines++;
    endOfMap();
    otherOutput++;
    return true;
  }

  private boolean acceptDiagnostic(String line) {
    Matcher diagnostic = DIAGNOSTIC.matcher(line);
    if (!diagnostic.matches()) {
      return false;
    }
    String words = diagnostic.group(3);
    diagnosticLinesLeft = diagnostic.group(1) == null ? 0 : DIAGNOSTIC_LINES;
    if (words.startsWith("Map full")
        || words.startsWith("Failed to map_update_elem: Argument list")) {
      fullMaps++;
    } else if (!words.contains("RLIMIT_MEMLOCK")) {
      // Kernels since 5.11 do not count BPF's memory by that limit.
      addDiagnostic(words);
    }
    return true;
  }

  private void addDiagnostic(String words) {
    diagnosticCount++;
    if (diagnostics.size() < MOST_DIAGNOSTICS) {
      diagnostics.add(excerpt(words));
    }
  }

  private static String excerpt(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return SkippedLines.excerpt(bytes, 0, bytes.length);
  }

  /// Lines that were taken, known to be of no map, or skipped: all of them.
  long accounted() {
    return mapLines + knownLines + skipped.count();
  }

  private TallyReading finish() {
    endHeader();
    MapJoin.Joined joined = MapJoin.join(maps.values(), numbers);
    List<String> notes = new ArrayList<>(joined.notes());
    if (fullMaps > 0) {
      notes.add(
          "bpftrace could not add to a full map "
              + fullMaps
              + (fullMaps == 1 ? " time" : " times")
              + ", so calls under further keys are not counted; run it with a larger"
              + " BPFTRACE_MAP_KEYS_MAX (BPFTRACE_MAX_MAP_KEYS in later versions)");
    }
    if (showsTopOnly) {
      notes.add(
          "the script says that it shows the top of a map only, so the calls under other keys are"
              + " missing; print whole maps");
    }
    if (diagnosticCount > 0) {
      notes.add(
          "bpftrace warned " + diagnosticCount + " times: " + String.join(" | ", diagnostics));
    }
    Completeness completeness = new Completeness(lostEvents, 0, 0, 0, 0, 0, notes);
    List<String> remarks = new ArrayList<>(joined.remarks());
    if (scriptLines > 0) {
      remarks.add(scriptLines + " messages are output of the script itself and are not read");
    }
    if (dropsSpaces && joined.namesSeen()) {
      remarks.add(
          "names of threads may lack spaces: this version of bpftrace takes them out of keys in JSON");
    }
    if (maps.isEmpty()) {
      remarks.add("there is no map in it");
    }
    return new TallyReading(
        new Tally(joined.counts(), completeness),
        lines,
        skipped,
        truncation,
        cannotKnow(joined),
        null,
        remarks);
  }

  private List<String> cannotKnow(MapJoin.Joined joined) {
    List<String> unknown = new ArrayList<>();
    if (!joined.timeSeen()) {
      unknown.add("wall time");
    }
    unknown.add("what wall time was spent on");
    unknown.add("distribution of wall time");
    if (!joined.bytesSeen()) {
      unknown.add("bytes");
    }
    unknown.add("errors");
    unknown.add("objects of descriptors");
    unknown.add("requests of ioctl and futex");
    if (!joined.processesSeen()) {
      unknown.add("process ids");
    }
    if (!joined.threadsSeen()) {
      unknown.add("thread ids");
    }
    unknown.add(joined.namesSeen() ? "names of processes" : "names of processes and threads");
    if (isText) {
      unknown.add("whether the text is cut between two lines");
    }
    return unknown;
  }
}
