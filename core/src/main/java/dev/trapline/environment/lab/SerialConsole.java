// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.lab;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Follows the file that the lab's serial port goes to, while QEMU writes it.
final class SerialConsole {
  /// `[ 62.363657] kvm: ...`, by CONFIG_PRINTK_TIME.
  private static final Pattern OF_THE_KERNEL = Pattern.compile("\\[ *\\d+\\.\\d+\\] ");

  private static final int TAIL_LINES = 12;
  private static final int LONGEST_LINE = 1000;

  private final Path file;
  private final Consumer<String> news;
  private final Deque<String> tail = new ArrayDeque<>();
  private final StringBuilder line = new StringBuilder();
  private long position;
  private long heardAt = System.nanoTime();
  private boolean booted;
  private boolean everBooted;
  private @Nullable String failure;
  private OptionalInt exitCode = OptionalInt.empty();

  /// @param news told each line that Trapline in the lab says
  SerialConsole(Path file, Consumer<String> news) {
    this.file = file;
    this.news = news;
  }

  /// Reads what has come since.
  void poll() throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    try (RandomAccessFile input = new RandomAccessFile(file.toFile(), "r")) {
      input.seek(position);
      byte[] buffer = new byte[8192];
      int count;
      while ((count = input.read(buffer)) > 0) {
        position += count;
        heardAt = System.nanoTime();
        // Every byte is a letter of its own here: a character may come in two pieces, and whoever
        // prints a line shows no odd ones.
        take(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
      }
    }
  }

  private void take(String text) {
    for (int index = 0; index < text.length(); index++) {
      char letter = text.charAt(index);
      if (letter == '\n' || line.length() >= LONGEST_LINE) {
        String whole = line.toString().strip();
        line.setLength(0);
        if (!whole.isEmpty()) {
          takeLine(whole);
        }
      }
      if (letter != '\n' && letter != '\r') {
        line.append(letter);
      }
    }
  }

  private void takeLine(String text) {
    tail.addLast(text);
    if (tail.size() > TAIL_LINES) {
      tail.removeFirst();
    }
    if (!text.startsWith(LabScripts.MARK)) {
      // The kernel's own words are in the log.
      if (booted && !OF_THE_KERNEL.matcher(text).lookingAt()) {
        news.accept(text);
      }
      return;
    }
    String words = text.substring(LabScripts.MARK.length());
    if (words.startsWith(LabScripts.BOOTED)) {
      booted = true;
      everBooted = true;
      news.accept("the lab has booted Linux " + words.substring(LabScripts.BOOTED.length()));
    } else if (words.startsWith(LabScripts.ENDED)) {
      exitCode = parse(words.substring(LabScripts.ENDED.length()));
      booted = false;
    } else if (words.startsWith("failed ")) {
      failure = words.substring("failed ".length());
    }
  }

  private static OptionalInt parse(String digits) {
    try {
      return OptionalInt.of(Integer.parseInt(digits));
    } catch (NumberFormatException garbled) {
      return OptionalInt.empty();
    }
  }

  /// What the lab said of the exit code of Trapline in it; empty until then.
  OptionalInt exitCode() {
    return exitCode;
  }

  /// What the lab itself could not do; null if nothing.
  @Nullable String failure() {
    return failure;
  }

  boolean hasBooted() {
    return everBooted;
  }

  /// For how long nothing has come.
  long silentNanos() {
    return System.nanoTime() - heardAt;
  }

  /// The last lines, with the one that is being written.
  String tail() {
    List<String> lines = new java.util.ArrayList<>(tail);
    if (!line.toString().isBlank()) {
      lines.add(line.toString().strip());
    }
    return lines.isEmpty() ? "(nothing)" : String.join("\n", lines);
  }
}
