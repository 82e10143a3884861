// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.workload.ToolOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Where the programs of a trial leave what they print: two files a side, by its name.
///
/// @param raw an existing folder
record TrialFiles(Path raw) {
  private static final int QUOTED_CHARACTERS = 300;

  /// The name of a side's files: `client`, and `client-2` of the second.
  static String nameOf(String role, int number) {
    return number == 0 ? role : role + "-" + (number + 1);
  }

  /// Standard output of the side.
  Path output(String name) {
    return raw.resolve(name + ".stdout");
  }

  /// Standard error of the side.
  Path error(String name) {
    return raw.resolve(name + ".stderr");
  }

  /// Both, for the workload's reader.
  ToolOutput of(String name) {
    return new ToolOutput(output(name), error(name));
  }

  /// The end of what a side printed: where tools say why.
  String said(Side side) throws InterruptedException {
    side.collect();
    StringBuilder words = new StringBuilder();
    for (Path file : List.of(error(side.name()), output(side.name()))) {
      try {
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
        if (!text.isEmpty()) {
          String end = text.substring(Math.max(0, text.length() - QUOTED_CHARACTERS));
          words.append(" It said: ").append(end.replaceAll("\\s+", " ")).append('.');
        }
      } catch (IOException unreadable) {
        words.append(" What it said cannot be read: ").append(unreadable.getMessage()).append('.');
      }
    }
    return words.toString();
  }
}
