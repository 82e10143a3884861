// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DocumentTest {
  private static final int WIDTH = 80;

  private static Document of(Document.Block... blocks) {
    Document document = new Document();
    for (Document.Block block : blocks) {
      document.add(block);
    }
    return document;
  }

  @Test
  void oneDocumentHasTwoForms() {
    Document document =
        of(
            new Document.Heading(1, "Title"),
            new Document.Heading(2, "Part"),
            new Document.Paragraph("A sentence."),
            new Document.Bullets(List.of("one", "two")),
            new Document.Table(List.of("name", "n"), List.of(List.of("read", "12")), 1));
    assertThat(String.join("\n", document.toTerminal()))
        .isEqualTo(
            """
            Title

            PART
            A sentence.
              one
              two
              name   n
              read  12\
            """);
    assertThat(document.toMarkdown())
        .isEqualTo(
            """
            # Title

            ## Part

            A sentence.

            - one
            - two

            | name | n |
            |:---|---:|
            | read | 12 |

            """);
  }

  @Test
  void aLabelLeadsItsParagraph() {
    Document document = of(new Document.Labelled("Beware", "word ".repeat(20).strip()));
    assertThat(document.toTerminal())
        .containsExactly(
            "", "  Beware: " + "word ".repeat(14).strip(), "    " + "word ".repeat(6).strip());
    assertThat(document.toMarkdown()).startsWith("**Beware:** word word");
  }

  @Test
  void aNameIsSpeltAsItIs() {
    Document document = of(new Document.Entry("epoll_wait"));
    assertThat(document.toTerminal()).containsExactly("", "epoll_wait", "----------");
    assertThat(document.toMarkdown()).isEqualTo("### `epoll_wait`\n\n");
    assertThat(of(new Document.Entry("a`<b>\n# c")).toMarkdown()).isEqualTo("### `a'<b>?# c`\n\n");
  }

  @Test
  void codeIsKeptAsItIs() {
    Document document = of(new Document.Code("c", List.of("int f(char *a[], int b);", "  a  b")));
    assertThat(document.toTerminal())
        .containsExactly("", "    int f(char *a[], int b);", "      a  b", "");
    assertThat(document.toMarkdown()).isEqualTo("```c\nint f(char *a[], int b);\n  a  b\n```\n\n");
  }

  @Test
  void codeCannotEndItsOwnFence() {
    Document document = of(new Document.Code("", List.of("```", "\u001b[31m````")));
    assertThat(document.toMarkdown()).isEqualTo("`````\n```\n?[31m````\n`````\n\n");
  }

  @Test
  void paragraphsAreWrappedAtBlanks() {
    List<String> lines = of(new Document.Paragraph("word ".repeat(40).strip())).toTerminal();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).isEqualTo("word ".repeat(16).strip());
    assertThat(lines).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
  }

  @Test
  void theNextLineOfABulletIsIndented() {
    List<String> lines = of(new Document.Bullets(List.of("word ".repeat(20).strip()))).toTerminal();
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).startsWith("  word");
    assertThat(lines.get(1)).startsWith("    word");
  }

  @Test
  void aWordLongerThanALineIsNotBroken() {
    String path = "/a".repeat(60);
    assertThat(of(new Document.Paragraph("see " + path + " there")).toTerminal())
        .containsExactly("see", path, "there");
  }

  @Test
  void aTableTooWideLosesTheEndOfItsFirstColumn() {
    Document document =
        of(
            new Document.Table(
                List.of("name", "first", "second"),
                List.of(List.of("x".repeat(100), "1", "1".repeat(20)), List.of("short", "2", "3")),
                1));
    List<String> lines = document.toTerminal();
    assertThat(lines).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
    assertThat(lines.get(1)).contains("xxx~  ").endsWith("1".repeat(20));
    assertThat(document.toMarkdown()).contains("x".repeat(100));
  }

  @Test
  void numbersStandRightAndTextLeft() {
    assertThat(
            of(new Document.Table(
                    List.of("call", "test", "n"),
                    List.of(List.of("a", "bb", "1"), List.of("ccc", "d", "100")),
                    2))
                .toTerminal())
        .containsExactly("  call  test    n", "  a     bb      1", "  ccc   d     100");
  }

  @Test
  void anEmptyTableIsItsHeader() {
    assertThat(of(new Document.Table(List.of("a", "b"), List.of(), 1)).toTerminal())
        .containsExactly("  a  b");
  }

  /// Whatever names a trace brings: no line is too long for it, none is added, and Markdown has the
  /// rows and columns that were put in.
  @Test
  void noTextOfATraceBreaksTheForm() {
    Random random = new Random(20261101);
    String alphabet = "ab |`*_[]<>&#!\\\"'~-+.1\n\r\t\u001b\u0007\u202e\u2028\u0000\u00e9\u4e16";
    for (int round = 0; round < 500; round++) {
      StringBuilder name = new StringBuilder();
      int length = random.nextInt(40);
      for (int at = 0; at < length; at++) {
        name.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      Document document =
          of(
              new Document.Heading(1, name.toString()),
              new Document.Bullets(List.of(name.toString())),
              new Document.Table(
                  List.of("name", "n"),
                  List.of(List.of(name.toString(), "1"), List.of("other", "2")),
                  1));
      List<String> terminal = document.toTerminal();
      assertThat(terminal).hasSize(5);
      for (String line : terminal) {
        assertThat(line.codePoints().filter(Character::isISOControl)).isEmpty();
        assertThat(line).doesNotContain("\u202e", "\u2028");
      }
      List<String> markdown = document.toMarkdown().lines().toList();
      assertThat(markdown).hasSize(9);
      for (String row : markdown.subList(4, 8)) {
        assertThat(bars(row)).as(row).isEqualTo(3);
      }
      assertThat(document.toMarkdown()).doesNotContain("<", "\u001b");
    }
  }

  /// Bars that Markdown would take for borders of cells.
  private static int bars(String row) {
    int bars = 0;
    boolean escaped = false;
    for (int at = 0; at < row.length(); at++) {
      char letter = row.charAt(at);
      if (letter == '|' && !escaped) {
        bars++;
      }
      escaped = letter == '\\' && !escaped;
    }
    return bars;
  }

  @Test
  void blocksAreKeptInOrder() {
    List<Document.Block> blocks = new ArrayList<>();
    blocks.add(new Document.Paragraph("a"));
    blocks.add(new Document.Paragraph("b"));
    assertThat(of(blocks.toArray(Document.Block[]::new)).blocks()).isEqualTo(blocks);
  }
}
