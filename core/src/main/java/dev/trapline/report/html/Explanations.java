// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.syscall.Blocking;
import dev.trapline.syscall.DeepEntry;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.List;
import java.util.Optional;

/// What each syscall of the page is, from the catalogue. Each has an anchor, which tables link to;
/// the page's script shows it in a dialog instead.
final class Explanations {
  private Explanations() {}

  /// Letters, digits and underscores only, whatever a trace called a syscall.
  static String idOf(String syscall) {
    return "call-" + syscall.replaceAll("[^A-Za-z0-9_]", "-");
  }

  /// @param seen names, sorted
  static void write(Markup markup, List<String> seen) {
    SyscallCatalogue catalogue = SyscallCatalogue.instance();
    markup.open("details", "class", "explanations");
    markup.element("summary", "All " + seen.size() + " syscalls of this report");
    for (String name : seen) {
      markup.open("article", "id", idOf(name), "class", "explanation");
      markup.element("h3", name);
      Optional<Syscall> found = catalogue.byName(name);
      if (found.isEmpty()) {
        markup.element("p", "Not in the catalogue: a newer kernel, or another architecture.");
      } else {
        write(markup, found.get(), catalogue.deepEntry(found.get()));
      }
      markup.closeLine();
    }
    markup.closeLine();
  }

  private static void write(Markup markup, Syscall syscall, Optional<DeepEntry> deep) {
    markup.element(
        "p", syscall.category().title() + " · " + syscall.subCategory(), "class", "kicker");
    markup.open("pre").element("code", syscall.signature()).close();
    markup.element("p", syscall.purpose());
    markup.open("dl");
    fact(markup, "Blocking", syscall.blocking().title());
    if (syscall.blocking() == Blocking.WAITS) {
      fact(markup, "Beware", "Waiting is what it is for: its blocked time is no cost.");
    }
    fact(markup, "Cost", syscall.costNote());
    fact(markup, "Alternatives", String.join(", ", syscall.alternatives()));
    fact(markup, "Also called", String.join(", ", syscall.aliases()));
    deep.ifPresent(entry -> {
      fact(markup, "What it means", entry.pattern());
      fact(markup, "Efficient use", entry.efficient());
      fact(markup, "When it costs", entry.costs());
      fact(markup, "Instead", entry.instead());
      fact(markup, "Beware", entry.caution());
    });
    markup.closeLine();
  }

  private static void fact(Markup markup, String label, String text) {
    if (!text.isEmpty()) {
      markup.element("dt", label);
      markup.element("dd", text.replace('\n', ' '));
    }
  }
}
