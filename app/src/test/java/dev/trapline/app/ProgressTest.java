// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.host.Terminal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What is drawn over itself, as a terminal shows it: [Screen] does with the bytes what ECMA-48
/// says. Checked by hand against a real one, `script -qec "stty cols 80 rows 24; trapline bench"`.
class ProgressTest {
  private final StringWriter bytes = new StringWriter();
  private Terminal.Size size = new Terminal.Size(40, 8);
  private final Progress.Redrawn table = new Progress.Redrawn(new PrintWriter(bytes), () -> size);

  private void draw(String... lines) {
    table.draw(now -> List.of(lines));
  }

  private Screen screen() {
    return new Screen(size).show(bytes.toString());
  }

  @Test
  void aDrawingTakesThePlaceOfTheOneBefore() {
    bytes.append("$ trapline bench\n");
    draw("1 of 9", "a", "b");
    draw("2 of 9", "a");
    assertThat(screen().lines()).containsExactly("$ trapline bench", "2 of 9", "a");
    table.above("FAILED x");
    draw("3 of 9", "a", "b");
    assertThat(screen().lines())
        .containsExactly("$ trapline bench", "FAILED x", "3 of 9", "a", "b");
    table.erase();
    assertThat(screen().lines()).containsExactly("$ trapline bench", "FAILED x");
  }

  @Test
  void whatIsTooWideIsCutAndWhatIsTooManyLeftOut() {
    bytes.append("$ trapline bench\n");
    for (int drawing = 1; drawing <= 3; drawing++) {
      draw(drawing + " of 9", "wide ".repeat(30), "2", "3", "4", "5", "6", "7", "8", "9");
    }
    assertThat(screen().lines())
        .containsExactly(
            "$ trapline bench",
            "3 of 9",
            "wide wide wide wide wide wide wide w...",
            "2",
            "3",
            "4",
            "5",
            "6");
  }

  @Test
  void aWindowThatBecomesNarrowerLeavesNothingBehind() {
    bytes.append("$ trapline bench\n");
    draw("x".repeat(30), "y".repeat(10));
    Screen before = screen();
    // As most terminals do, lines are broken anew: the first takes two rows now.
    size = new Terminal.Size(20, 8);
    Screen narrow = new Screen(size).show(String.join("\n", before.lines()) + "\n");
    bytes.getBuffer().setLength(0);
    draw("2 of 9", "a");
    assertThat(narrow.show(bytes.toString()).lines())
        .containsExactly("$ trapline bench", "2 of 9", "a");
  }

  @Test
  void whatIsLeftStandsAboveWhatComesThen() {
    draw("1 of 9", "a");
    table.leave();
    table.above("error");
    assertThat(screen().lines()).containsExactly("1 of 9", "a", "error");
  }

  /// Enough of a terminal.
  private static final class Screen {
    private static final Pattern PIECE =
        Pattern.compile("\\u001b\\[([0-9]*)([A-Z])|\\r|\\n|[^\\u001b\\r\\n]", Pattern.DOTALL);

    private final Terminal.Size size;
    private final List<StringBuilder> rows = new ArrayList<>(List.of(new StringBuilder()));
    private int row;
    private int column;

    Screen(Terminal.Size size) {
      this.size = size;
    }

    Screen show(String text) {
      Matcher pieces = PIECE.matcher(text);
      int end = 0;
      while (pieces.find()) {
        assertThat(pieces.start()).as("something unknown before %s", pieces.start()).isEqualTo(end);
        end = pieces.end();
        take(pieces);
      }
      assertThat(end).isEqualTo(text.length());
      return this;
    }

    private void take(Matcher piece) {
      String command = piece.group(2);
      if (command == null) {
        switch (piece.group()) {
          case "\r" -> column = 0;
          case "\n" -> newLine();
          default -> put(piece.group());
        }
        return;
      }
      switch (command) {
        // The screen's first row is as far as it goes: what has scrolled out is not reached.
        case "A" ->
            row =
                Math.max(
                    Math.max(0, rows.size() - size.rows()), row - Integer.parseInt(piece.group(1)));
        case "J" -> {
          rows.get(row).setLength(Math.min(column, rows.get(row).length()));
          while (rows.size() > row + 1) {
            rows.removeLast();
          }
        }
        default -> throw new AssertionError("ESC [ " + piece.group(1) + command);
      }
    }

    private void newLine() {
      row++;
      column = 0;
      if (row == rows.size()) {
        rows.add(new StringBuilder());
      }
    }

    private void put(String letter) {
      if (column == size.columns()) {
        newLine();
      }
      StringBuilder line = rows.get(row);
      while (line.length() <= column) {
        line.append(' ');
      }
      line.replace(column, column + 1, letter);
      column++;
    }

    /// All that was ever shown and not erased; the cursor's empty line at the end left aside.
    List<String> lines() {
      List<String> lines = new ArrayList<>();
      rows.forEach(line -> lines.add(line.toString().stripTrailing()));
      while (!lines.isEmpty() && lines.getLast().isEmpty()) {
        lines.removeLast();
      }
      return lines;
    }
  }
}
