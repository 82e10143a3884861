// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

/// What an expert would tell about a syscall in a network workload, beyond its purpose.
///
/// Prose, one string per section, lines separated by `\n`; not tied to a measurement.
///
/// @param pattern what seeing the call, and how often, says about the program
/// @param efficient what good use looks like
/// @param costs where its time goes and when it is dear
/// @param instead what to do in its place, with the first kernel that can
/// @param caution what is easily misread; may be empty
public record DeepEntry(
    String pattern, String efficient, String costs, String instead, String caution) {

  /// Reads the text form: comment lines with `#`, then sections headed by `@pattern`, `@efficient`,
  /// `@costs`, `@instead` and optionally `@caution`.
  static DeepEntry parse(String text) {
    String pattern = "";
    String efficient = "";
    String costs = "";
    String instead = "";
    String caution = "";
    int at = text.startsWith("@") ? 0 : text.indexOf("\n@") + 1;
    while (at < text.length() && text.charAt(at) == '@') {
      int headingEnd = text.indexOf('\n', at);
      int next = headingEnd < 0 ? -1 : text.indexOf("\n@", headingEnd);
      int end = next < 0 ? text.length() : next;
      String heading = text.substring(at + 1, headingEnd < 0 ? end : headingEnd).strip();
      String body =
          headingEnd < 0 || headingEnd > end ? "" : text.substring(headingEnd, end).strip();
      switch (heading) {
        case "pattern" -> pattern = body;
        case "efficient" -> efficient = body;
        case "costs" -> costs = body;
        case "instead" -> instead = body;
        case "caution" -> caution = body;
        default -> throw new IllegalArgumentException("unknown section @" + heading);
      }
      at = next < 0 ? text.length() : next + 1;
    }
    return new DeepEntry(pattern, efficient, costs, instead, caution);
  }
}
