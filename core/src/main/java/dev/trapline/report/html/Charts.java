// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

/// Places that the page's script fills with charts. The figures stand below each as a table, for
/// those who cannot see it, and for when there is no script.
final class Charts {
  private Charts() {}

  /// Begins a figure; its table comes next, then [#end].
  ///
  /// @param kind which chart, as the script knows it
  /// @param of which of these, such as the name of a test
  /// @param pixels of height
  static void begin(
      Markup markup, String kind, String of, String title, String explanation, int pixels) {
    markup.open("figure", "class", "chart-block");
    markup.open("figcaption").element("h3", title).element("p", explanation).closeLine();
    markup
        .open(
            "div",
            "class",
            "chart",
            "role",
            "img",
            "aria-label",
            title + ". " + explanation + " The table below has the figures.",
            "data-chart",
            kind,
            "data-of",
            of,
            "data-height",
            Integer.toString(pixels))
        .closeLine();
    markup.open("details", "class", "as-table");
    markup.element("summary", "The figures as a table");
  }

  static void end(Markup markup) {
    markup.close().closeLine();
  }
}
