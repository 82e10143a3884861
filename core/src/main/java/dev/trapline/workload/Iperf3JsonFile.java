// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import dev.trapline.TraplineException;
import dev.trapline.reading.ForeignPrefix;
import dev.trapline.reading.SkippedLines;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The JSON of iperf3 as it stands in a file: among other words, behind prefixes, as one document
/// or as a line per event, and perhaps cut. It does not know what the members mean; see
/// [Iperf3Json].
///
/// @param root a document; that of a stream is put together from its events. Of a cut one, the
///   members and intervals that are whole
/// @param isStream whether it is a line per event
/// @param lines of the file
/// @param skipped lines before and after, and between events
/// @param prefixed whether its lines have a prefix
/// @param cut where it ends early, in words; null if it is whole
record Iperf3JsonFile(
    JsonNode root,
    boolean isStream,
    long lines,
    SkippedLines skipped,
    boolean prefixed,
    @Nullable String cut) {
  /// A name that stands twice is no fault: 3.12 itself prints `sock_bufsize` once per stream.
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private static final Pattern UNFINISHED_TOKEN = Pattern.compile("[A-Za-z0-9.+-]{0,24}\\s*");

  /// A line of `--json-stream`.
  private static final Pattern EVENT =
      Pattern.compile(
          "\\s*\\{\\s*\"event\"\\s*:\\s*"
              + "\"(?:start|interval|end|error|server_output_(?:text|json))\"\\s*,.*");

  /// Whether a line is one of `--json-stream`.
  static boolean isEvent(CharSequence line) {
    return EVENT.matcher(line).matches();
  }

  /// A file that is one whole document and nothing else.
  ///
  /// @throws TraplineException `WORKLOAD-OUTPUT` if it is not
  static JsonNode parse(OutputText source) {
    try {
      return MAPPER.readTree(source.text());
    } catch (JacksonException failure) {
      throw unreadable(source, failure, 0);
    }
  }

  /// A file as anyone may have it.
  ///
  /// @throws TraplineException `WORKLOAD-OUTPUT` if it has no JSON, several documents, damaged JSON
  ///   or one that is cut before its first member is whole
  static Iperf3JsonFile read(OutputText source) {
    Located located = Located.in(source);
    return isEvent(located.lines().getFirst())
        ? readStream(source, located)
        : readDocument(source, located);
  }

  private static Iperf3JsonFile of(
      JsonNode root,
      boolean isStream,
      Located located,
      @Nullable String cut,
      SkippedLines skipped) {
    long lines = located.before() + (long) located.lines().size();
    return new Iperf3JsonFile(root, isStream, lines, skipped, located.prefixed(), cut);
  }

  /// The lines of a file from the first that begins an object, without prefixes.
  ///
  /// @param before how many lines come before
  private record Located(List<String> lines, int before, SkippedLines skipped, boolean prefixed) {
    static Located in(OutputText source) {
      List<String> lines = source.text().lines().toList();
      int first = beginningIn(lines);
      for (int index = 0; first < 0 && index < lines.size(); index++) {
        first = own(lines.get(index)).stripLeading().startsWith("{") ? index : -1;
      }
      if (first < 0) {
        throw source.refused(
            "is not the JSON of iperf3: no line begins with '{'; it begins with "
                + OutputText.quoted(lines.getFirst()),
            "give the output of iperf3 with -J");
      }
      SkippedLines skipped = SkippedLines.NONE;
      for (int index = 0; index < first; index++) {
        if (!lines.get(index).isBlank()) {
          skipped = skipped.with(index + 1L, lines.get(index));
        }
      }
      boolean prefixed = own(lines.get(first)).length() < withoutMark(lines.get(first)).length();
      List<String> rest = new ArrayList<>(lines.size() - first);
      for (String each : lines.subList(first, lines.size())) {
        rest.add(prefixed ? ForeignPrefix.strip(each) : withoutMark(each));
      }
      return new Located(rest, first, skipped, prefixed);
    }

    private static String own(String line) {
      String text = withoutMark(line);
      return text.stripLeading().startsWith("{") ? text : ForeignPrefix.strip(text);
    }

    private static String withoutMark(String line) {
      return line.startsWith("\ufeff") ? line.substring(1) : line;
    }
  }

  /// Index of the first line at which iperf3's JSON unmistakably begins; -1 if there is none, as in
  /// a file that is cut after a few bytes, or one whose members another program sorted.
  static int beginningIn(List<String> lines) {
    for (int index = 0; index < lines.size(); index++) {
      String line = Located.own(lines.get(index));
      if (line.stripLeading().startsWith("{")) {
        StringBuilder beginning = new StringBuilder(line);
        for (int more = 1; more <= 2 && index + more < lines.size(); more++) {
          beginning.append('\n').append(ForeignPrefix.strip(lines.get(index + more)));
        }
        if (Iperf3Json.recognisesBeginning(beginning)) {
          return index;
        }
      }
    }
    return -1;
  }

  private static Iperf3JsonFile readDocument(OutputText source, Located located) {
    String text = String.join("\n", located.lines()) + "\n";
    ObjectNode root = MAPPER.createObjectNode();
    String cut = null;
    SkippedLines skipped = located.skipped();
    OutputText parsed = new OutputText(source.file(), text, source.complaint());
    try (JsonParser parser = MAPPER.createParser(text)) {
      parser.nextToken();
      readMembers(parser, root);
      long end = parser.currentLocation().getCharOffset();
      skipped = afterTheEnd(source, located, text, (int) end, skipped);
    } catch (JacksonException failure) {
      if (!isAtTheEnd(parsed, failure) || !root.path("start").isObject()) {
        throw unreadable(parsed, failure, located.before());
      }
      cut = "its JSON ends in the middle, at " + place(failure.getLocation(), located.before());
    }
    return of(root, false, located, cut, skipped);
  }

  /// Puts each member in as soon as it is whole, and each interval.
  private static void readMembers(JsonParser parser, ObjectNode root) {
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = parser.currentName();
      if (parser.nextToken() == JsonToken.START_ARRAY && name.equals("intervals")) {
        ArrayNode intervals = root.putArray(name);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          intervals.add(parser.<JsonNode>readValueAsTree());
        }
      } else {
        root.set(name, parser.<JsonNode>readValueAsTree());
      }
    }
  }

  private static SkippedLines afterTheEnd(
      OutputText source, Located located, String text, int end, SkippedLines before) {
    SkippedLines skipped = before;
    long number = located.before() + text.substring(0, end).chars().filter(c -> c == '\n').count();
    List<String> lines = text.substring(end).lines().toList();
    int second = beginningIn(lines);
    for (int index = 0; index < lines.size(); index++) {
      number++;
      String stripped = ForeignPrefix.strip(lines.get(index)).strip();
      // Another program's JSON is on one line.
      if (index == second || stripped.equals("{")) {
        throw severalRuns(source, number, stripped);
      }
      if (!stripped.isEmpty()) {
        skipped = skipped.with(number, lines.get(index));
      }
    }
    return skipped;
  }

  private static TraplineException severalRuns(OutputText source, long line, String beginning) {
    return source.refused(
        "has a second run from line "
            + line
            + " on, "
            + OutputText.quoted(beginning)
            + ", where one run was expected",
        "cut the file so that each run has a file of its own; iperf3 -s -1 ends after one");
  }

  private static Iperf3JsonFile readStream(OutputText source, Located located) {
    ObjectNode root = MAPPER.createObjectNode();
    ArrayNode intervals = root.putArray("intervals");
    SkippedLines skipped = located.skipped();
    String cut = null;
    for (int index = 0; index < located.lines().size(); index++) {
      String line = located.lines().get(index);
      int number = located.before() + index + 1;
      if (line.isBlank()) {
        continue;
      }
      if (!isEvent(line)) {
        // The beginning of an event at the very end is a cut, anything else someone else's words.
        if (index == located.lines().size() - 1 && line.startsWith("{")) {
          cut = "line " + number + " ends in the middle of an event";
        } else {
          skipped = skipped.with(number, line);
        }
        continue;
      }
      JsonNode event;
      try {
        event = MAPPER.readTree(line);
      } catch (JacksonException failure) {
        OutputText parsed = new OutputText(source.file(), line, source.complaint());
        if (index == located.lines().size() - 1 && isAtTheEnd(parsed, failure)) {
          cut = "line " + number + " ends in the middle of an event";
          continue;
        }
        throw unreadable(parsed, failure, number - 1);
      }
      String name = event.path("event").stringValue("");
      JsonNode data = event.path("data");
      if (name.equals("start") && root.has("start")) {
        throw severalRuns(source, number, line);
      }
      if (name.equals("interval")) {
        intervals.add(data);
      } else {
        root.set(name, data);
      }
    }
    if (cut == null && !root.has("end")) {
      cut = "it has no event 'end'";
    }
    return of(root, true, located, cut, skipped);
  }

  /// @param before lines of the file before the text that was parsed
  private static TraplineException unreadable(
      OutputText source, JacksonException failure, int before) {
    if (isAtTheEnd(source, failure)) {
      return source.refused(
          "is cut off: its JSON ends in the middle, at " + place(failure.getLocation(), before),
          "iperf3 was killed or the disk was full; run the trial again",
          failure);
    }
    return source.refused(
        "is not the JSON of iperf3: at "
            + place(failure.getLocation(), before)
            + ", "
            + firstSentence(failure.getOriginalMessage())
            + "; it begins with "
            + OutputText.quoted(source.text().lines().findFirst().orElse("")),
        "give the output of iperf3 with -J",
        failure);
  }

  /// Jackson has an exception of its own only for an end within a string, words for an end between
  /// tokens, and takes the beginning of a `true` or a number for a token that it does not know.
  private static boolean isAtTheEnd(OutputText source, JacksonException failure) {
    if (failure instanceof UnexpectedEndOfInputException) {
      return true;
    }
    String words = failure.getOriginalMessage();
    if (words != null && words.startsWith("Unexpected end-of-input")) {
      return true;
    }
    TokenStreamLocation location = failure.getLocation();
    if (location == null || location.getCharOffset() < 0) {
      return false;
    }
    String text = source.text();
    int offset = (int) Math.min(location.getCharOffset(), text.length());
    return UNFINISHED_TOKEN.matcher(text).region(offset, text.length()).matches();
  }

  private static String place(@Nullable TokenStreamLocation location, int before) {
    return location == null
        ? "an unknown place"
        : "line " + (before + location.getLineNr()) + ", column " + location.getColumnNr();
  }

  private static String firstSentence(@Nullable String words) {
    return words == null ? "no reason given" : words.lines().findFirst().orElse("");
  }
}
