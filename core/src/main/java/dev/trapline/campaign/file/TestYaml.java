// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign.file;

import dev.trapline.campaign.PlannedWorkload;
import dev.trapline.workload.Iperf3;
import dev.trapline.workload.Sockperf;
import dev.trapline.workload.Workload;
import dev.trapline.yaml.YamlFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/// Reads one entry of `tests`, and writes its sweep out.
final class TestYaml {
  static final List<String> COMMON_KEYS =
      List.of("name", "tool", "protocol", "duration", "clients");
  static final List<String> IPERF3_KEYS = List.of("streams", "reverse", "length", "rate");
  static final List<String> SOCKPERF_KEYS =
      List.of("mode", "message-size", "messages-per-second", "reply-every");
  static final List<String> TOOLS = List.of("iperf3", "sockperf");
  static final List<String> PROTOCOLS = List.of("tcp", "udp");
  static final List<String> MODES = List.of("ping-pong", "under-load", "throughput");

  /// iperf3's own limits: its `MAX_BLOCKSIZE`, `MAX_UDP_BLOCKSIZE`, and `MIN_UDP_BLOCKSIZE`.
  private static final long LONGEST_TCP = 1L << 20;

  private static final long LONGEST_UDP = 65_507;
  private static final long SHORTEST_UDP = 16;
  private static final int MOST_SECONDS = 86_400;
  private static final int LARGEST_MESSAGE = 65_507;
  private static final int SMALLEST_MESSAGE = 14;

  private final CampaignYaml campaign;
  private final int usualSeconds;
  private final int usualClients;

  /// @param usualSeconds for tests that give no duration
  /// @param usualClients for tests that give none
  TestYaml(CampaignYaml campaign, int usualSeconds, int usualClients) {
    this.campaign = campaign;
    this.usualSeconds = usualSeconds;
    this.usualClients = usualClients;
  }

  /// One value of a sweep, and how the test's name tells it.
  private record Point<T>(@Nullable T value, String suffix) {}

  /// Reads one value.
  private interface Reader<T> {
    T read(Node value);
  }

  /// Names a value.
  private interface Namer<T> {
    String suffix(T value);
  }

  /// The tests of an entry; whatever is wrong with it has been told.
  List<PlannedWorkload> read(Node node) {
    List<String> known = new ArrayList<>(COMMON_KEYS);
    known.addAll(IPERF3_KEYS);
    known.addAll(SOCKPERF_KEYS);
    YamlFields fields = YamlFields.of(campaign.file(), node, "a test", known);
    String tool = campaign.attempt(() -> fields.oneOf("tool", TOOLS));
    if (tool == null) {
      return List.of();
    }
    boolean isIperf3 = tool.equals("iperf3");
    refuseKeysOf(fields, tool, isIperf3 ? SOCKPERF_KEYS : IPERF3_KEYS);
    Integer seconds =
        fields.has("duration")
            ? campaign.attempt(() -> campaign.seconds(fields, "duration", 1, MOST_SECONDS))
            : Integer.valueOf(usualSeconds);
    List<Point<Integer>> clients =
        sweep(
            fields,
            "clients",
            usualClients,
            value -> campaign.whole(fields, "clients", value, 1, PlannedWorkload.MOST_CLIENTS),
            value -> "-" + value + (value == 1 ? "-client" : "-clients"));
    String name = name(fields, tool);
    List<PlannedWorkload> tests = new ArrayList<>();
    for (Point<Workload> workload :
        isIperf3
            ? iperf3(fields, seconds == null ? usualSeconds : seconds)
            : sockperf(fields, seconds == null ? usualSeconds : seconds)) {
      for (Point<Integer> count : clients) {
        if (workload.value() != null && count.value() != null) {
          tests.add(
              new PlannedWorkload(
                  name + workload.suffix() + count.suffix(), workload.value(), count.value()));
        }
      }
    }
    return tests;
  }

  private void refuseKeysOf(YamlFields fields, String tool, List<String> others) {
    for (String key : others) {
      if (fields.has(key)) {
        campaign.complain(
            fields.key(key),
            "`"
                + key
                + "` is no key of a test with "
                + tool
                + ", which may have "
                + String.join(", ", COMMON_KEYS)
                + ", "
                + String.join(", ", tool.equals("iperf3") ? IPERF3_KEYS : SOCKPERF_KEYS),
            "remove it");
      }
    }
  }

  private String name(YamlFields fields, String tool) {
    if (!fields.has("name")) {
      return usualName(fields, tool);
    }
    String name = campaign.attempt(() -> campaign.name(fields, "name"));
    return name == null ? usualName(fields, tool) : name;
  }

  /// The study's own words for its two tests, so that runs of files and presets compare.
  private String usualName(YamlFields fields, String tool) {
    if (tool.equals("iperf3")) {
      return "throughput";
    }
    Node mode = fields.optional("mode");
    String word = mode == null ? null : campaign.quiet(() -> fields.text("mode", mode));
    return switch (word) {
      case "under-load" -> "latency-under-load";
      case "throughput" -> "message-rate";
      case null, default -> "latency";
    };
  }

  // ---- iperf3 --------------------------------------------------------------------------

  private List<Point<Workload>> iperf3(YamlFields fields, int seconds) {
    String protocol = protocol(fields, "tcp");
    boolean udp = protocol.equals("udp");
    boolean reverse =
        Boolean.TRUE.equals(campaign.attempt(() -> fields.optionalBoolean("reverse")));
    List<Point<Integer>> streams =
        sweep(
            fields,
            "streams",
            4,
            value -> campaign.whole(fields, "streams", value, 1, 128),
            value -> "-" + value + (value == 1 ? "-stream" : "-streams"));
    List<Point<Long>> lengths =
        sweep(
            fields,
            "length",
            null,
            value ->
                campaign.bytes(
                    fields,
                    "length",
                    value,
                    udp ? SHORTEST_UDP : 1,
                    udp ? LONGEST_UDP : LONGEST_TCP),
            value -> "-" + sizeWord(value));
    List<Point<Long>> rates =
        sweep(fields, "rate", null, value -> rate(fields, value), TestYaml::rateWord);
    if (udp && !fields.has("rate")) {
      campaign.complain(
          fields.node(),
          "a UDP test needs `rate`: without one iperf3 sends 1 Mbit/s, which few mean",
          "rate: 1Gbit/s for each stream, or rate: unlimited");
    }
    List<Point<Workload>> workloads = new ArrayList<>();
    for (Point<Integer> stream : streams) {
      for (Point<Long> length : lengths) {
        for (Point<Long> rate : rates) {
          if (stream.value() != null) {
            workloads.add(
                new Point<>(
                    new Iperf3(
                        udp ? Iperf3.Protocol.UDP : Iperf3.Protocol.TCP,
                        stream.value(),
                        reverse,
                        length.value() == null ? null : Integer.valueOf(length.value().intValue()),
                        rate.value(),
                        seconds,
                        Iperf3.DEFAULT_PORT),
                    stream.suffix() + length.suffix() + rate.suffix()));
          }
        }
      }
    }
    return workloads;
  }

  private Long rate(YamlFields fields, Node value) {
    String text = fields.text("rate", value);
    if (text.equals("unlimited")) {
      return 0L;
    }
    OptionalLong bits = Amounts.bitsPerSecond(text);
    if (bits.isEmpty() || bits.getAsLong() < 1 || bits.getAsLong() > 1_000_000_000_000L) {
      throw fields
          .file()
          .error(
              value,
              "`rate` must be unlimited, or 1bit/s to 1000Gbit/s, and is " + fields.seen(value),
              "write it as 500Mbit/s or 2.5Gbit/s; it is the rate of each stream");
    }
    return bits.getAsLong();
  }

  private static String rateWord(long bitsPerSecond) {
    if (bitsPerSecond == 0) {
      return "-unlimited";
    }
    if (bitsPerSecond % 1_000_000_000 == 0) {
      return "-" + bitsPerSecond / 1_000_000_000 + "gbit";
    }
    return bitsPerSecond % 1_000_000 == 0
        ? "-" + bitsPerSecond / 1_000_000 + "mbit"
        : "-" + bitsPerSecond + "bit";
  }

  private static String sizeWord(long bytes) {
    if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
      return (bytes >> 20) + "mib";
    }
    return bytes >= 1 << 10 && bytes % (1 << 10) == 0 ? (bytes >> 10) + "kib" : bytes + "b";
  }

  // ---- sockperf ------------------------------------------------------------------------

  private List<Point<Workload>> sockperf(YamlFields fields, int seconds) {
    Sockperf.Protocol protocol =
        protocol(fields, "udp").equals("udp") ? Sockperf.Protocol.UDP : Sockperf.Protocol.TCP;
    String word = campaign.attempt(() -> fields.optionalOneOf("mode", MODES));
    Sockperf.Mode mode =
        word == null
            ? Sockperf.Mode.PING_PONG
            : Sockperf.Mode.valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
    if (mode == Sockperf.Mode.PING_PONG && fields.has("messages-per-second")) {
      campaign.complain(
          fields.key("messages-per-second"),
          "`messages-per-second` is not for ping-pong, where each message follows the reply to the"
              + " one before",
          "remove it, or mode: under-load");
    }
    if (mode != Sockperf.Mode.UNDER_LOAD && fields.has("reply-every")) {
      campaign.complain(
          fields.key("reply-every"),
          "`reply-every` is for the mode under-load only",
          "remove it, or mode: under-load");
    }
    Integer every =
        fields.has("reply-every")
            ? campaign.attempt(() ->
                campaign.whole(fields, "reply-every", fields.required("reply-every"), 1, 1_000_000))
            : null;
    List<Point<Long>> sizes =
        sweep(
            fields,
            "message-size",
            64L,
            value ->
                campaign.bytes(fields, "message-size", value, SMALLEST_MESSAGE, LARGEST_MESSAGE),
            value -> "-" + sizeWord(value));
    List<Point<Integer>> rates =
        sweep(
            fields,
            "messages-per-second",
            null,
            value -> messageRate(fields, value),
            value -> value == 0 ? "-max" : "-" + value + "-per-s");
    List<Point<Workload>> workloads = new ArrayList<>();
    for (Point<Long> size : sizes) {
      for (Point<Integer> rate : rates) {
        if (size.value() != null) {
          workloads.add(
              new Point<>(
                  new Sockperf(
                      mode,
                      size.value().intValue(),
                      mode == Sockperf.Mode.PING_PONG ? null : rate.value(),
                      mode == Sockperf.Mode.UNDER_LOAD ? every : null,
                      seconds,
                      Sockperf.DEFAULT_PORT,
                      protocol),
                  size.suffix() + rate.suffix()));
        }
      }
    }
    return workloads;
  }

  private Integer messageRate(YamlFields fields, Node value) {
    return fields.text("messages-per-second", value).equals("max")
        ? 0
        : campaign.whole(fields, "messages-per-second", value, 1, 100_000_000);
  }

  // ---- both ----------------------------------------------------------------------------

  private String protocol(YamlFields fields, String usual) {
    String protocol = campaign.attempt(() -> fields.optionalOneOf("protocol", PROTOCOLS));
    return protocol == null ? usual : protocol;
  }

  /// One value, or a list of them. Only a list gives the tests suffixes.
  private <T> List<Point<T>> sweep(
      YamlFields fields, String key, @Nullable T usual, Reader<T> reader, Namer<T> namer) {
    if (!fields.has(key)) {
      return List.of(new Point<T>(usual, ""));
    }
    List<Node> values = campaign.attempt(() -> fields.oneOrMore(key));
    List<Point<T>> points = new ArrayList<>();
    if (values != null) {
      for (Node value : values) {
        T read = campaign.attempt(() -> reader.read(value));
        if (read != null) {
          points.add(new Point<T>(read, values.size() == 1 ? "" : namer.suffix(read)));
        }
      }
    }
    return points;
  }
}
