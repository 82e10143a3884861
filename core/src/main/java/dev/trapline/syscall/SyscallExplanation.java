// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Renders catalogue entries for `trapline explain`, as plain lines of at most 80 columns or as
/// JSON.
///
/// The JSON is written by hand, since loading a JSON library would take longer than the whole
/// command may. Its schema is `trapline.explain/1`: `kind` is `syscall`, `category` or `list`, and
/// what is unknown is `null`.
public final class SyscallExplanation {
  /// Name and version of the JSON that this class writes.
  public static final String SCHEMA = "trapline.explain/1";

  private static final int LABEL_WIDTH = 14;

  private final SyscallCatalogue catalogue;

  public SyscallExplanation(SyscallCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  /// Everything that the catalogue knows about a syscall.
  public List<String> render(Syscall syscall) {
    List<String> lines = new ArrayList<>();
    String path = syscall.category().slug() + " / " + syscall.subCategory();
    lines.add(syscall.name() + "   " + path);
    StringBuilder numbers = new StringBuilder();
    for (Architecture architecture : Architecture.values()) {
      OptionalInt number = syscall.number(architecture);
      numbers.append(architecture.title()).append(' ');
      if (number.isPresent()) {
        numbers.append(number.getAsInt());
      } else {
        numbers.append("does not have it");
      }
      numbers.append(", ");
    }
    lines.add(numbers.append("since Linux ").append(syscall.since()).toString());
    lines.add("");
    addSignature(lines, syscall.signature());
    lines.add("");
    TextWrap.addProse(lines, syscall.purpose(), 0);
    lines.add("");
    addFact(lines, "Blocking", syscall.blocking().title());
    addFact(lines, "Network", syscall.networkRelevance().title());
    addFact(lines, "Returns", returns(syscall));
    if (syscall.vdso()) {
      addFact(lines, "vDSO", "offered there too: such calls are no syscall and are not seen");
    }
    addFact(lines, "Cost", syscall.costNote());
    addFact(lines, "Alternatives", joined(syscall.alternatives()));
    addFact(lines, "Also called", joined(syscall.aliases()));
    Optional<DeepEntry> found = catalogue.deepEntry(syscall);
    if (found.isPresent()) {
      DeepEntry deep = found.get();
      addSection(lines, "What it means", deep.pattern());
      addSection(lines, "Efficient use", deep.efficient());
      addSection(lines, "When it costs", deep.costs());
      addSection(lines, "Instead", deep.instead());
      addSection(lines, "Beware", deep.caution());
    }
    return lines;
  }

  /// Breaks between arguments, never within one.
  private static void addSignature(List<String> lines, String signature) {
    StringBuilder line = new StringBuilder("    ");
    int at = 0;
    while (at < signature.length()) {
      int comma = signature.indexOf(", ", at);
      int end = comma < 0 ? signature.length() : comma + 1;
      boolean first = at == 0;
      if (!first && line.length() + 1 + (end - at) > TextWrap.COLUMNS) {
        lines.add(line.toString());
        line.setLength(0);
        line.append("       ");
      }
      line.append(first ? "" : " ").append(signature, at, end);
      at = comma < 0 ? end : end + 1;
    }
    lines.add(line.toString());
  }

  private static String returns(Syscall syscall) {
    if (syscall.neverReturns()) {
      return "never: there is an entry without an exit";
    }
    return syscall.returnsBytes() ? "a number of bytes" : "";
  }

  private static void addFact(List<String> lines, String label, String text) {
    if (!text.isEmpty()) {
      String head = label + " ".repeat(LABEL_WIDTH - label.length());
      TextWrap.add(lines, head, text, LABEL_WIDTH);
    }
  }

  private static void addSection(List<String> lines, String heading, String text) {
    if (!text.isEmpty()) {
      lines.add("");
      lines.add(heading);
      TextWrap.addProse(lines, text, 2);
    }
  }

  /// What a category means, and a table of its syscalls; `*` marks those with a deep entry.
  public List<String> renderCategory(Category category) {
    List<String> lines = new ArrayList<>();
    lines.add(category.title() + "   " + category.slug());
    lines.add("");
    TextWrap.addProse(lines, category.explanation(), 0);
    lines.add("");
    List<Syscall> syscalls = catalogue.inCategory(category);
    int width = 0;
    for (int i = 0; i < syscalls.size(); i++) {
      width = Math.max(width, syscalls.get(i).name().length());
    }
    for (int i = 0; i < syscalls.size(); i++) {
      lines.add(row(syscalls.get(i), width));
    }
    lines.add("");
    lines.add("* more by: trapline explain NAME");
    return lines;
  }

  private String row(Syscall syscall, int width) {
    StringBuilder row = new StringBuilder(TextWrap.COLUMNS);
    row.append(catalogue.hasDeepEntry(syscall) ? "* " : "  ").append(syscall.name());
    row.repeat(' ', width + 4 - row.length());
    return row.append(TextWrap.cut(syscall.purpose(), TextWrap.COLUMNS - row.length())).toString();
  }

  /// The names of all syscalls by category.
  public List<String> renderList() {
    List<String> lines = new ArrayList<>();
    for (Category category : Category.values()) {
      List<Syscall> syscalls = catalogue.inCategory(category);
      lines.add(category.title() + "   " + category.slug() + " (" + syscalls.size() + ")");
      StringBuilder names = new StringBuilder();
      for (int i = 0; i < syscalls.size(); i++) {
        names.append(i == 0 ? "" : " ").append(syscalls.get(i).name());
        names.append(catalogue.hasDeepEntry(syscalls.get(i)) ? "*" : "");
      }
      TextWrap.addProse(lines, names.toString(), 2);
      lines.add("");
    }
    lines.add("* more by: trapline explain NAME");
    return lines;
  }

  private static String joined(List<String> names) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < names.size(); i++) {
      text.append(i == 0 ? "" : ", ").append(names.get(i));
    }
    return text.toString();
  }

  /// One syscall as JSON.
  public String toJson(Syscall syscall) {
    JsonText json = start("syscall").key("syscall").open('{');
    json.key("name").string(syscall.name());
    json.key("numbers").open('{');
    for (Architecture architecture : Architecture.values()) {
      json.key(architecture.title()).number(syscall.number(architecture));
    }
    json.close('}');
    json.key("since").string(syscall.since());
    json.key("category").string(syscall.category().slug());
    json.key("subCategory").string(syscall.subCategory());
    json.key("signature").string(syscall.signature());
    json.key("purpose").string(syscall.purpose());
    json.key("blocking").string(syscall.blocking().slug());
    json.key("networkRelevance").string(syscall.networkRelevance().slug());
    json.key("returnsBytes").bool(syscall.returnsBytes());
    json.key("vdso").bool(syscall.vdso());
    json.key("neverReturns").bool(syscall.neverReturns());
    json.key("descriptorArgument").string(syscall.descriptorArgument().slug());
    json.key("costNote").stringOrNull(syscall.costNote());
    json.key("alternatives").strings(syscall.alternatives());
    json.key("aliases").strings(syscall.aliases());
    json.key("deepEntry");
    Optional<DeepEntry> found = catalogue.deepEntry(syscall);
    if (found.isPresent()) {
      DeepEntry deep = found.get();
      json.open('{');
      json.key("pattern").string(deep.pattern());
      json.key("efficient").string(deep.efficient());
      json.key("costs").string(deep.costs());
      json.key("instead").string(deep.instead());
      json.key("caution").stringOrNull(deep.caution());
      json.close('}');
    } else {
      json.nothing();
    }
    return json.close('}').close('}').toString();
  }

  /// One category with its syscalls as JSON.
  public String toJson(Category category) {
    JsonText json = start("category").key("category");
    addCategory(json, category);
    return json.close('}').toString();
  }

  /// All categories with their syscalls as JSON.
  public String listToJson() {
    JsonText json = start("list").key("categories").open('[');
    for (Category category : Category.values()) {
      addCategory(json.element(), category);
    }
    return json.close(']').close('}').toString();
  }

  private static JsonText start(String kind) {
    return new JsonText().open('{').key("schema").string(SCHEMA).key("kind").string(kind);
  }

  private void addCategory(JsonText json, Category category) {
    json.open('{');
    json.key("slug").string(category.slug());
    json.key("title").string(category.title());
    json.key("explanation").string(category.explanation());
    json.key("syscalls").open('[');
    List<Syscall> syscalls = catalogue.inCategory(category);
    for (int i = 0; i < syscalls.size(); i++) {
      Syscall syscall = syscalls.get(i);
      json.element().open('{');
      json.key("name").string(syscall.name());
      json.key("subCategory").string(syscall.subCategory());
      json.key("purpose").string(syscall.purpose());
      json.key("deepEntry").bool(catalogue.hasDeepEntry(syscall));
      json.close('}');
    }
    json.close(']').close('}');
  }
}
