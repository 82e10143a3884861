// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/// One line of `bpftrace -f json`, as `JsonOutput` in bpftrace's `src/output.cpp` (0.17) and
/// `src/output/json.cpp` (0.24) writes it.
///
/// ```
/// {"type": "map", "data": {"@": {"iperf3,tracepoint:syscalls:sys_enter_read": 12}}}
/// {"type": "lost_events", "data": {"events": 17}}
/// {"type":"lost_events", "count":17}
/// ```
///
/// The parts of a key are joined by commas, unquoted; 0.24 takes all spaces out of them besides, so
/// two keys can come out the same, and both count. It is read token by token for that reason: a
/// tree would keep the last of them.
///
/// @param type what the line is of: `map`, `hist`, `stats`, `printf`, `lost_events`, ...
/// @param entries those of a map
/// @param number of lost events; for a `helper_error` the error that the helper returned; otherwise
///   0
/// @param words the message of a warning or error, or the helper's name; otherwise empty
record JsonMessage(String type, List<PrintedEntry> entries, long number, String words) {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          // Keys are foreign text: no table of them should grow with the file.
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .build();

  private static final Pattern BEGIN = Pattern.compile("\\{\\s*\"type\"\\s*:\\s*\"[a-z_]+\".*");
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]{16,19}");

  /// Keeps a copy.
  JsonMessage {
    entries = List.copyOf(entries);
  }

  /// Whether a line begins as all messages do; it may be cut behind that.
  static boolean begins(String line) {
    return !line.isEmpty() && line.charAt(0) == '{' && BEGIN.matcher(line).matches();
  }

  /// The line as a message; null if it is not the whole of one.
  static @Nullable JsonMessage parse(String line) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), line)) {
      JsonMessage message = new Reading(parser).message();
      return message == null || parser.nextToken() != null ? null : message;
    } catch (JacksonException damaged) {
      return null;
    }
  }

  /// A parser with what it has found.
  private static final class Reading {
    private final JsonParser parser;
    private final List<PrintedEntry> entries = new ArrayList<>();
    private String type = "";
    private long number;
    private String words = "";
    private boolean isDamaged;

    Reading(JsonParser parser) {
      this.parser = parser;
    }

    @Nullable JsonMessage message() {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      for (String member = parser.nextName(); member != null; member = parser.nextName()) {
        JsonToken token = parser.nextToken();
        switch (member) {
          case "type" -> type = token == JsonToken.VALUE_STRING ? parser.getString() : "";
          case "data" -> readData(token);
          case "count", "retcode" -> number = integer(token);
          case "msg", "helper" -> words = token == JsonToken.VALUE_STRING ? parser.getString() : "";
          default -> parser.skipChildren();
        }
      }
      return parser.currentToken() == JsonToken.END_OBJECT && !type.isEmpty() && !isDamaged
          ? new JsonMessage(type, entries, number, words)
          : null;
    }

    private void readData(JsonToken token) {
      boolean isMap = type.equals("map") || type.equals("hist") || type.equals("stats");
      if (token != JsonToken.START_OBJECT || !(isMap || type.equals("lost_events"))) {
        parser.skipChildren();
        return;
      }
      for (String member = parser.nextName(); member != null; member = parser.nextName()) {
        JsonToken value = parser.nextToken();
        if (isMap) {
          readMap(member, value);
        } else if (member.equals("events")) {
          number = integer(value);
        } else {
          parser.skipChildren();
        }
      }
    }

    private void readMap(String map, JsonToken token) {
      isDamaged |= !TextLine.isMapName(map);
      if (token != JsonToken.START_OBJECT) {
        entries.add(new PrintedEntry(map, null, value(token)));
        return;
      }
      List<PrintedEntry> keyed = new ArrayList<>();
      for (String key = parser.nextName(); key != null; key = parser.nextName()) {
        keyed.add(new PrintedEntry(map, repaired(key), value(parser.nextToken())));
      }
      PrintedValue statistics = statisticsWithoutKey(keyed);
      if (statistics != null) {
        entries.add(new PrintedEntry(map, null, statistics));
      } else {
        entries.addAll(keyed);
      }
    }

    /// `{"@": {"count": 3, "average": 1, "total": 3}}` has no key.
    private @Nullable PrintedValue statisticsWithoutKey(List<PrintedEntry> members) {
      boolean isStatistics =
          type.equals("stats")
              && members.size() == 3
              && Objects.equals(members.get(0).key(), "count")
              && Objects.equals(members.get(1).key(), "average")
              && Objects.equals(members.get(2).key(), "total");
      return isStatistics
          ? new PrintedValue(
              PrintedValue.Kind.STATISTICS,
              members.get(0).value().number(),
              members.get(2).value().number())
          : null;
    }

    private PrintedValue value(JsonToken token) {
      if (token == JsonToken.START_ARRAY && type.equals("hist")) {
        return histogram();
      }
      if (token == JsonToken.START_OBJECT && type.equals("stats")) {
        return statistics();
      }
      Long integer = null;
      if (token == JsonToken.VALUE_NUMBER_INT) {
        integer = TextLine.number(parser.getString());
      } else if (token == JsonToken.VALUE_STRING && NUMBER.matcher(parser.getString()).matches()) {
        // 0.24 quotes whole numbers that a double does not hold.
        integer = TextLine.number(parser.getString());
      }
      parser.skipChildren();
      if (integer == null) {
        return PrintedValue.OTHER;
      }
      return type.equals("stats")
          ? new PrintedValue(PrintedValue.Kind.AVERAGE, integer, 0)
          : PrintedValue.ofNumber(integer);
    }

    private PrintedValue statistics() {
      Long count = null;
      Long total = null;
      for (String member = parser.nextName(); member != null; member = parser.nextName()) {
        PrintedValue value = value(parser.nextToken());
        if (value.kind() == PrintedValue.Kind.AVERAGE && member.equals("count")) {
          count = value.number();
        } else if (value.kind() == PrintedValue.Kind.AVERAGE && member.equals("total")) {
          total = value.number();
        }
      }
      return count == null || total == null
          ? PrintedValue.OTHER
          : new PrintedValue(PrintedValue.Kind.STATISTICS, count, total);
    }

    /// `[{"min": 1024, "max": 2047, "count": 12}, ...]`
    private PrintedValue histogram() {
      long sum = 0;
      boolean isWhole = true;
      for (JsonToken token = parser.nextToken();
          token != JsonToken.END_ARRAY;
          token = parser.nextToken()) {
        if (token != JsonToken.START_OBJECT) {
          isWhole = false;
          parser.skipChildren();
          if (token == null) {
            break;
          }
          continue;
        }
        for (String member = parser.nextName(); member != null; member = parser.nextName()) {
          JsonToken value = parser.nextToken();
          if (member.equals("count")) {
            long count = integer(value);
            isWhole &= count >= 0 && sum + count >= sum;
            sum += count;
          } else {
            parser.skipChildren();
          }
        }
      }
      return isWhole ? new PrintedValue(PrintedValue.Kind.HISTOGRAM, sum, 0) : PrintedValue.OTHER;
    }

    private long integer(JsonToken token) {
      Long integer =
          token == JsonToken.VALUE_NUMBER_INT ? TextLine.number(parser.getString()) : null;
      parser.skipChildren();
      return integer == null ? 0 : integer;
    }
  }

  /// bpftrace takes a byte above 0x7f for a negative number and writes `\uffffffc3`, which JSON
  /// reads as U+FFFF and four letters. Here the bytes come together again.
  private static String repaired(String key) {
    if (key.indexOf('\uffff') < 0) {
      return key;
    }
    StringBuilder text = new StringBuilder(key.length());
    byte[] bytes = new byte[key.length()];
    int at = 0;
    while (at < key.length()) {
      int count = 0;
      for (int octet = escapedByte(key, at); octet >= 0; octet = escapedByte(key, at)) {
        bytes[count++] = (byte) octet;
        at += ESCAPED_BYTE_CHARS;
      }
      if (count > 0) {
        text.append(new String(bytes, 0, count, StandardCharsets.UTF_8));
      } else {
        text.append(key.charAt(at++));
      }
    }
    return text.toString();
  }

  private static final int ESCAPED_BYTE_CHARS = 5;

  private static int escapedByte(String key, int at) {
    if (at + ESCAPED_BYTE_CHARS > key.length()
        || key.charAt(at) != '\uffff'
        || !key.startsWith("ff", at + 1)) {
      return -1;
    }
    int high = Character.digit(key.charAt(at + 3), 16);
    int low = Character.digit(key.charAt(at + 4), 16);
    return high < 8 || low < 0 ? -1 : high << 4 | low;
  }
}
