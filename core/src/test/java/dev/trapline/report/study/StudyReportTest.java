// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.report.Document;
import dev.trapline.store.RandomRuns;
import dev.trapline.study.BenchRuns;
import dev.trapline.study.Studies;
import dev.trapline.study.Study;
import dev.trapline.study.StudyOfRun;
import dev.trapline.study.StudyYaml;
import dev.trapline.syscall.Category;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class StudyReportTest {
  private static final int WIDTH = 80;

  private static final Document PUBLISHED =
      StudyReport.of(List.of(StudyYaml.read(Studies.published())));

  // ---- every figure, and none besides --------------------------------------------------

  /// The published file read by YAML's own rules, without any class of ours in between.
  private static final Map<?, ?> RAW =
      (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(Studies.publishedText());

  private static List<Map<?, ?>> rawCounts() {
    List<Map<?, ?>> counts = new ArrayList<>();
    for (Object count : (List<?>) raw("counts")) {
      counts.add((Map<?, ?>) count);
    }
    return counts;
  }

  private static Object raw(String key) {
    Object value = RAW.get(key);
    assertThat(value).as(key).isNotNull();
    return java.util.Objects.requireNonNull(value);
  }

  private static String text(Map<?, ?> map, String key) {
    return String.valueOf(map.get(key));
  }

  private static String label(String environment) {
    Map<?, ?> all = (Map<?, ?>) raw("environments");
    return text((Map<?, ?>) java.util.Objects.requireNonNull(all.get(environment)), "label");
  }

  private static String written(Map<?, ?> figure, String key) {
    String digits = String.format(Locale.ROOT, "%,d", Long.valueOf(text(figure, key)));
    return ("true".equals(text(figure, "rounded")) ? "about " : "") + digits;
  }

  /// Rows of the table of counts below each syscall's name.
  private static Map<String, List<Map<String, String>>> countRows(Document document) {
    Map<String, List<Map<String, String>>> rows = new LinkedHashMap<>();
    List<Map<String, String>> ofName = new ArrayList<>();
    for (Document.Block block : document.blocks()) {
      if (block instanceof Document.Entry entry) {
        ofName = new ArrayList<>();
        rows.put(entry.name(), ofName);
      } else if (block instanceof Document.Heading) {
        ofName = new ArrayList<>();
      } else if (block instanceof Document.Table table) {
        ofName.addAll(cells(table));
      }
    }
    return rows;
  }

  private static List<Map<String, String>> cells(Document.Table table) {
    List<Map<String, String>> rows = new ArrayList<>();
    for (List<String> row : table.rows()) {
      assertThat(row).hasSameSizeAs(table.header());
      Map<String, String> cells = new LinkedHashMap<>();
      for (int column = 0; column < row.size(); column++) {
        cells.put(table.header().get(column), row.get(column));
      }
      rows.add(cells);
    }
    return rows;
  }

  private static String canonical(String syscall) {
    return SyscallCatalogue.instance().byName(syscall).orElseThrow().name();
  }

  @Test
  void everyCountStandsInARowWithItsEnvironmentItsTestAndItsSide() {
    Map<String, List<Map<String, String>>> rows = countRows(PUBLISHED);
    assertThat(rawCounts()).hasSize(38);
    for (Map<?, ?> count : rawCounts()) {
      Map<String, String> expected = new LinkedHashMap<>();
      expected.put("where", label(text(count, "environment")));
      expected.put("test", text(count, "test"));
      expected.put("side", count.containsKey("role") ? text(count, "role") : "not told");
      expected.put(SyscallChapters.CALLS, written(count, "calls"));
      if (count.containsKey("thread")) {
        expected.put("thread", text(count, "thread"));
      }
      assertThat(rows.get(canonical(text(count, "syscall"))))
          .as(count.toString())
          .anySatisfy(row -> assertThat(row).containsAllEntriesOf(expected));
    }
  }

  @Test
  void noCountIsInvented() {
    Set<String> published = new HashSet<>();
    for (Map<?, ?> count : rawCounts()) {
      published.add(
          canonical(text(count, "syscall"))
              + "|"
              + label(text(count, "environment"))
              + "|"
              + text(count, "test")
              + "|"
              + (count.containsKey("role") ? text(count, "role") : "not told")
              + "|"
              + written(count, "calls"));
    }
    List<String> shown = new ArrayList<>();
    countRows(PUBLISHED)
        .forEach((name, rows) ->
            rows.forEach(row ->
                shown.add(
                    name
                        + "|"
                        + row.get("where")
                        + "|"
                        + row.get("test")
                        + "|"
                        + row.get("side")
                        + "|"
                        + row.get(SyscallChapters.CALLS))));
    assertThat(shown).containsExactlyInAnyOrderElementsOf(published);
  }

  @Test
  void everyOutcomeStandsBesideItsEnvironment() {
    List<List<String>> rows = new ArrayList<>();
    for (Document.Block block : after(PUBLISHED, "What was reached")) {
      if (block instanceof Document.Table table) {
        rows.addAll(table.rows());
      }
    }
    Map<?, ?> outcomes = (Map<?, ?>) raw("outcomes");
    // The digits as they stand in the file: YAML's own number for 9.60 is 9.6.
    String file = Studies.publishedText();
    int checked = 0;
    for (Map.Entry<?, ?> environment : outcomes.entrySet()) {
      Map<?, ?> figures = (Map<?, ?>) environment.getValue();
      for (Map.Entry<?, ?> figure : figures.entrySet()) {
        String value;
        if (figure.getValue() instanceof Map<?, ?> parts) {
          value =
              parts.containsKey("unit_as_written")
                  ? text(parts, "value") + " " + text(parts, "unit_as_written")
                  : written(parts, "value");
        } else {
          value = String.valueOf(figure.getValue());
        }
        String shown = value.equals("9.6") ? "9.60" : value;
        assertThat(file).contains(shown.replaceAll("about | GB|,", ""));
        assertThat(rows)
            .as(environment + " " + shown)
            .anySatisfy(row -> {
              assertThat(row.getFirst()).isEqualTo(label(String.valueOf(environment.getKey())));
              assertThat(row.getLast()).startsWith(shown);
            });
        checked++;
      }
    }
    assertThat(checked).isEqualTo(15);
    assertThat(rows).hasSize(checked);
  }

  private static List<Document.Block> after(Document document, String heading) {
    List<Document.Block> blocks = new ArrayList<>();
    boolean inside = false;
    for (Document.Block block : document.blocks()) {
      if (block instanceof Document.Heading one && one.level() <= 2) {
        inside = one.text().equals(heading);
      } else if (inside) {
        blocks.add(block);
      }
    }
    assertThat(blocks).as(heading).isNotEmpty();
    return blocks;
  }

  @Test
  void everySyscallThatWasSeenIsExplained() {
    Set<String> names = countRows(PUBLISHED).keySet();
    for (Map<?, ?> count : rawCounts()) {
      assertThat(names).contains(canonical(text(count, "syscall")));
    }
    List<?> alsoSeen = (List<?>) raw("also_seen_without_a_count");
    for (Object name : alsoSeen) {
      assertThat(names).contains(canonical(String.valueOf(name)));
    }
    assertThat(names).hasSize(24 + alsoSeen.size());
    String markdown = PUBLISHED.toMarkdown();
    for (String name : names) {
      String section = section(markdown, name);
      assertThat(section).as(name).contains("```c\n").contains(name + "(");
    }
  }

  private static String section(String markdown, String name) {
    int start = markdown.indexOf("### `" + name + "`\n");
    assertThat(start).as(name).isNotNegative();
    int end = markdown.indexOf("\n#", start + 1);
    return end < 0 ? markdown.substring(start) : markdown.substring(start, end);
  }

  @Test
  void everyAssumptionIsTold() {
    Map<?, ?> assumptions = (Map<?, ?>) raw("assumptions");
    String told = after(PUBLISHED, "What is assumed").toString();
    for (Map.Entry<?, ?> assumption : assumptions.entrySet()) {
      Map<?, ?> parts = (Map<?, ?>) assumption.getValue();
      assertThat(told)
          .contains(assumption.getKey() + " = " + text(parts, "value"))
          .contains(text(parts, "basis"));
    }
  }

  @Test
  void chaptersAreTheTenCategoriesInTheirOrder() {
    List<String> chapters = new ArrayList<>();
    for (Document.Block block : PUBLISHED.blocks()) {
      if (block instanceof Document.Heading heading && heading.text().matches("[0-9]+\\. .*")) {
        chapters.add(heading.text());
      }
    }
    List<String> expected = new ArrayList<>();
    for (Category category : Category.values()) {
      expected.add((expected.size() + 1) + ". " + category.title());
    }
    assertThat(chapters).isEqualTo(expected).hasSize(10);
  }

  // ---- what it means -------------------------------------------------------------------

  private static String published(String name) {
    return section(PUBLISHED.toMarkdown(), name).replace("\\", "");
  }

  @Test
  void bytesPerCallAreHonestAboutTheUnitAndTheSide() {
    assertThat(published("read"))
        .contains("82.2 GB over about 1,900,000 calls is 46.5 kB (45.4 KiB) a call")
        .contains("as one of 10 it would be 43.3 kB")
        .contains("32 full TCP segments");
    assertThat(published("readv")).contains("64.6 kB (63.1 KiB)").contains("60.1 kB");
    assertThat(published("write")).contains("provided that this is the side");
    assertThat(published("writev"))
        .contains("so the bytes transferred tell nothing of their size")
        .doesNotContain("kB a call");
  }

  @Test
  void anotherToolsUnitIsTakenAsWritten() {
    String told =
        StudyReport.of(
                List.of(
                    StudyYaml.parse(
                        Studies.publishedText().replace("iperf3 -P 4", "netperf"), "s.yaml")))
            .toMarkdown();
    assertThat(told)
        .contains("43.3 kB (42.2 KiB) a call, taking the unit as a power of 10")
        .doesNotContain("as iperf3 does");
  }

  @Test
  void aToolInReverseSaysNothingOfTheSizeOfCalls() {
    String told =
        StudyReport.of(
                List.of(
                    StudyYaml.parse(
                        Studies.publishedText().replace("iperf3 -P 4", "iperf3 -P 4 -R"),
                        "s.yaml")))
            .toMarkdown();
    assertThat(told).doesNotContain("kB a call", "KiB) a call");
  }

  @Test
  void countsOfAnImportGetTheirSizeFromThePayload() {
    Study study = StudyOfRun.of(BenchRuns.importedCounts(), "import");
    assertThat(StudyReport.of(List.of(study)).toMarkdown())
        .contains("82.2 GiB over 1,900,000 calls is 46.5 kB (45.4 KiB) a call")
        .contains("provided that these calls carried the payload");
  }

  @Test
  void callsPerMessageNameTheAssumptionTheyRestOn() {
    assertThat(published("ppoll"))
        .contains("688,115 calls for about 226,000 messages is 3.04 a message")
        .contains("3 with every message");
    assertThat(published("ioctl"))
        .contains(
            "676,756 calls for about 169,000 messages (30 s / (2 x 88.6 us), an assumed duration)"
                + " is 4.00 a message")
        .contains("one in 151 messages");
    assertThat(published("recvfrom"))
        .contains("an assumed duration) is 1.00 a message")
        .contains("455,731 recvfrom to 455,731 sendto, 1.00 : 1")
        .contains("each may be a sum over both sides");
  }

  @Test
  void waitsStandBesideWhatTheyWaitFor() {
    assertThat(published("pselect6"))
        .contains("about 1,900,000 read for 1,895,163 pselect6, 1.00 a wait")
        .contains("a second syscall for nearly every transfer");
    assertThat(published("epoll_pwait"))
        .contains("about 617,000 readv + about 266,000 writev for about 138,000 epoll_pwait")
        .contains("6.40 transfers a wait");
    assertThat(published("read")).contains("about 1,900,000 read to 1,895,163 pselect6, 1.00 : 1");
  }

  @Test
  void callsAreNotCalledCost() {
    assertThat(after(PUBLISHED, "What costs most").toString()).contains("CALLS ARE NOT COST");
  }

  @Test
  void associationsSayHowLittleFourPointsShow() {
    String told = after(PUBLISHED, "Do calls go with performance?").toString();
    assertThat(told)
        .contains("With n = 4 at most, no order whatsoever reaches p = 0.05 (least 0.083)")
        .contains("Cause is shown by changing one thing")
        .contains("all calls / GiB");
  }

  @Test
  void callsThatNoRowAccountsForAreNamed() {
    String told = after(PUBLISHED, "What is missing").toString();
    assertThat(told)
        .contains("KVM-KVM: 544,855 calls of the total (28.5%) are in no row")
        .contains("BM: the rows together have 4,441,336 calls, more than the total")
        .contains("The server's rows alone give it, to within the rounding")
        .contains("The side is not told for 10 of 38 counts")
        .contains("Named without a count (27): madvise, mmap");
  }

  @Test
  void nothingIsDividedByWhatAnotherRunDid() {
    String told =
        markdown(
            """
            outcomes:
              one: {transferred: {value: 8, unit_as_written: GiB, run: a}}
            counts:
              - {environment: one, test: throughput, role: server, syscall: read, calls: 1000, run: a}
              - {environment: one, test: throughput, role: server, syscall: read, calls: 3000, run: b}
              - {environment: one, test: throughput, role: server, syscall: ppoll, calls: 3000, run: b}
            """);
    assertThat(told).contains("| 1,000 | 125 / GiB |").contains("| 3,000 |  |");
    assertThat(told).contains("3,000 read to 3,000 ppoll").doesNotContain("1,000 read to");
  }

  @Test
  void nothingIsDividedByWhatAnotherSideDid() {
    String told =
        markdown(
            """
            counts:
              - {environment: one, test: throughput, role: server, syscall: read, calls: 1000}
              - {environment: one, test: throughput, role: client, syscall: pselect6, calls: 1000}
              - {environment: one, test: throughput, side: unknown, syscall: ppoll, calls: 1000}
              - {environment: one, test: latency, role: server, syscall: epoll_wait, calls: 1000}
              - {environment: two, test: throughput, role: server, syscall: poll, calls: 1000}
              - {environment: one, test: throughput, role: server, syscall: select, calls: 10, thread: t}
            """);
    assertThat(told).doesNotContain(" : 1", "a wait");
  }

  @Test
  void withoutTheDurationNoMessageIsDerived() {
    String without =
        Studies.publishedText().replaceAll("(?m)^  duration_s: .*$", "").replace("~", "");
    String told = StudyReport.of(List.of(StudyYaml.parse(without, "s.yaml"))).toMarkdown();
    assertThat(told).doesNotContain("~", "169,000").contains("3.04 / message");
  }

  @Test
  void sharesAreShownAsShares() {
    String told =
        markdown(
            """
            shares:
              - {environment: one, test: latency, side: unknown, of: CPU cycles, values: {copy: 41.50}}
            """);
    assertThat(told).contains("| One | latency | not told | CPU cycles | copy | 41.50% |");
  }

  private static String markdown(String more) {
    return StudyReport.of(List.of(Studies.smallWith(more))).toMarkdown();
  }

  // ---- runs ----------------------------------------------------------------------------

  @Test
  void aRunOfOursReadsAsWell() {
    Document document = StudyReport.of(List.of(StudyOfRun.of(BenchRuns.twoTests(), "run-1")));
    String told = document.toMarkdown().replace("\\", "");
    assertThat(told)
        .contains("| netns | throughput | server | tcp | 80,000 | 20,000 / GiB | 95.2% |")
        .contains("53.7 kB (52.4 KiB) a call, measured")
        .contains("2,000 calls for 2,000 messages is 1.00 a message: 1 with every message.")
        .contains("asleep a call, which is waiting and no cost")
        .contains("By work: time on a CPU inside the call")
        .contains("That needs at least 3 environments")
        .doesNotContain("CALLS ARE NOT COST", "~");
    assertThat(after(document, "What is missing").toString()).contains("No gap is known");
  }

  @Test
  void severalStudiesKeepTheirNames() {
    Study run = StudyOfRun.of(BenchRuns.twoTests(), "run-1");
    Study again = StudyOfRun.of(BenchRuns.twoTests(), "run-2");
    String two = StudyReport.of(List.of(StudyYaml.read(Studies.published()), run)).toMarkdown();
    assertThat(two).contains("| bench quick: netns | ").contains("network-syscalls: BM | ");
    assertThat(StudyReport.of(List.of(run, again)).toMarkdown())
        .contains("| run-1: netns | ")
        .contains("| run-2: netns | ")
        .doesNotContain("160,000");
  }

  @Test
  void anEmptyRunIsAReportThatSaysSo() {
    String told = StudyReport.of(List.of(StudyOfRun.of(BenchRuns.empty(), "run-1"))).toMarkdown();
    assertThat(told).contains("None was seen.").contains("Nothing was counted.");
  }

  // ---- form ----------------------------------------------------------------------------

  @Test
  void terminalLinesFitTheTerminal() {
    assertThat(PUBLISHED.toTerminal())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH))
        .noneSatisfy(line -> assertThat(line).contains("KVM-vho~"));
    assertThat(StudyReport.of(List.of(StudyOfRun.of(BenchRuns.twoTests(), "run-1"))).toTerminal())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
  }

  @Test
  void markdownIsWellFormed() {
    checkForm(PUBLISHED.toMarkdown());
  }

  /// Whatever programs call themselves, the report has a form and obeys nothing.
  @Test
  void anyRunHasAReport() {
    for (int seed = 0; seed < 200; seed++) {
      Study study = StudyOfRun.of(new RandomRuns(seed).run(), "run");
      Document document = StudyReport.of(List.of(study));
      checkForm(document.toMarkdown());
      assertThat(String.join("", document.toTerminal()).codePoints())
          .noneMatch(Character::isISOControl);
    }
  }

  private static void checkForm(String markdown) {
    boolean inCode = false;
    int columns = 0;
    String before = "";
    for (String line : markdown.split("\n", -1)) {
      if (line.startsWith("```")) {
        inCode = !inCode;
      } else if (!inCode) {
        if (line.startsWith("|")) {
          int bars = line.replace("\\\\", "").replace("\\|", "").replaceAll("[^|]", "").length();
          assertThat(columns == 0 || bars == columns).as(line).isTrue();
          columns = bars;
        } else {
          columns = 0;
        }
        if (line.startsWith("#")) {
          assertThat(before).as("before " + line).isEmpty();
          assertThat(line).matches("#{1,3} .*");
        }
        assertThat(line.replace("`", "")).as(line).doesNotContain("<script", "\u001b");
      }
      before = line;
    }
    assertThat(inCode).isFalse();
  }
}
