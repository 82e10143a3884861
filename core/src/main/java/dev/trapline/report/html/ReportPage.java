// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.calibration.MachineCosts;
import dev.trapline.report.Document;
import dev.trapline.report.RunReport;
import dev.trapline.run.Provenance;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A report as one page. It has everything in itself: tables are plain HTML and are read without a
/// script, charts are drawn from the JSON that is embedded, and nothing is fetched from anywhere,
/// which its Content-Security-Policy also forbids.
public final class ReportPage {
  /// A part of the page.
  ///
  /// @param id anchor
  /// @param title heading, and entry of the navigation
  private record Part(String id, String title, Runnable content) {}

  private final RunReport report;
  private final String json;
  private final @Nullable Document document;
  private final Markup markup = new Markup();

  private ReportPage(RunReport report, String json, @Nullable Document document) {
    this.report = report;
    this.json = json;
    this.document = document;
  }

  /// The page.
  ///
  /// @param json the same report as [dev.trapline.report.json.ReportJson] writes it: what charts
  ///   are drawn from, and what a reader downloads
  public static String of(RunReport report, String json) {
    return new ReportPage(report, json, null).render();
  }

  /// The page of an import or a recording, whose figures are not per test: a document's parts, each
  /// below a heading of level 2.
  ///
  /// @param json what a reader downloads
  public static String of(RunReport report, Document document, String json) {
    return new ReportPage(report, json, document).render();
  }

  private String render() {
    String style = PageResources.text(PageResources.STYLE);
    String library = PageResources.text(PageResources.CHART_LIBRARY);
    String script = PageResources.text(PageResources.SCRIPT);
    markup.trusted("<!DOCTYPE html>\n");
    markup.open("html", "lang", "en");
    markup.open("head");
    markup.empty("meta", "charset", "utf-8");
    markup.empty(
        "meta",
        "http-equiv",
        "Content-Security-Policy",
        "content",
        "default-src 'none'; script-src "
            + PageResources.hashSource(library)
            + " "
            + PageResources.hashSource(script)
            + "; style-src "
            + PageResources.hashSource(style)
            + "; img-src data:; base-uri 'none'; form-action 'none'");
    markup.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    markup.empty("meta", "name", "color-scheme", "content", "light dark");
    markup.empty("meta", "name", "generator", "content", "Trapline " + version());
    markup.element("title", report.title());
    markup.open("style").trusted(style).close();
    markup.closeLine();
    markup.open("body");
    markup.element("a", "Skip to the verdict", "class", "skip", "href", "#verdict");
    List<Part> parts = parts();
    header();
    markup.open("div", "class", "layout");
    navigation(parts);
    markup.open("main", "id", "main");
    for (Part part : parts) {
      markup.open("section", "id", part.id(), "aria-labelledby", part.id() + "-heading");
      markup.element("h2", part.title(), "id", part.id() + "-heading");
      part.content().run();
      markup.closeLine();
    }
    footer();
    markup.close().closeLine();
    markup.open("dialog", "id", "explanation", "aria-labelledby", "explanation-title");
    markup.element("button", "Close", "type", "button", "class", "close");
    markup.open("div", "class", "explanation-body").close();
    markup.closeLine();
    markup
        .open("script", "type", "application/json", "id", "report-data")
        .trusted(inScript(json))
        .closeLine();
    markup.open("script").trusted(library).closeLine();
    markup.open("script").trusted(script).closeLine();
    markup.close().closeLine();
    return markup.toString();
  }

  /// JSON stays the same JSON, and cannot end the element that it is in; nor has it line ends that
  /// are none in JavaScript.
  static String inScript(String json) {
    return json.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  private String version() {
    return report.run().provenance().traplineVersion();
  }

  private List<Part> parts() {
    return document == null ? partsOfBench() : partsOf(document);
  }

  private List<Part> partsOf(Document given) {
    List<Part> parts = new ArrayList<>();
    String title = "Verdict";
    List<Document.Block> blocks = new ArrayList<>();
    for (Document.Block block : given.blocks()) {
      if (block instanceof Document.Heading heading && heading.level() <= 2) {
        addPart(parts, title, blocks);
        blocks = new ArrayList<>();
        title = heading.level() == 1 ? "Verdict" : heading.text();
      } else {
        blocks.add(block);
      }
    }
    addPart(parts, title, blocks);
    if (!report.findings().isEmpty()) {
      parts.add(
          Math.min(1, parts.size()),
          new Part("findings", "Findings", () -> FindingsSection.write(markup, report)));
    }
    parts.add(
        new Part(
            "provenance", "How it was made", () -> ProvenanceSection.writeMade(markup, report)));
    parts.add(
        new Part(
            "explanations",
            "What these calls are",
            () -> Explanations.write(markup, report.syscalls())));
    return parts;
  }

  private void addPart(List<Part> parts, String title, List<Document.Block> blocks) {
    if (!blocks.isEmpty()) {
      String id = parts.isEmpty() ? "verdict" : "part-" + parts.size();
      parts.add(new Part(id, title, () -> DocumentPart.write(markup, blocks)));
    }
  }

  private List<Part> partsOfBench() {
    List<Part> parts = new ArrayList<>();
    parts.add(new Part("verdict", "Verdict", () -> Overview.write(markup, report)));
    parts.add(new Part("findings", "Findings", () -> FindingsSection.write(markup, report)));
    parts.add(new Part("outcomes", "Outcomes", () -> Outcomes.write(markup, report)));
    if (report.comparison() != null || !report.associations().found().isEmpty()) {
      parts.add(
          new Part(
              "comparison",
              report.comparison() == null ? "What goes with what" : "Comparison",
              () -> ComparisonSection.write(markup, report.comparison(), report.associations())));
    }
    parts.add(new Part("time", "Where time goes", () -> TimeSection.write(markup, report)));
    parts.add(new Part("syscalls", "Syscalls", () -> SyscallTables.write(markup, report)));
    if (Guests.anyIn(report)) {
      parts.add(new Part("guests", "Virtual machines", () -> Guests.write(markup, report)));
    }
    if (!report.roofline().points().isEmpty()) {
      parts.add(
          new Part(
              "roofline", "Syscall roofline", () -> MachineSection.writeRoofline(markup, report)));
    }
    MachineCosts costs = report.costs();
    if (costs != null) {
      parts.add(
          new Part(
              "costs",
              "This machine's costs",
              () -> MachineSection.writeCosts(markup, report, costs)));
    }
    if (report.tests().stream()
        .anyMatch(test -> test.roles().stream().anyMatch(role -> !role.rates().isEmpty()))) {
      parts.add(
          new Part("rates", "Syscalls over time", () -> TimeSection.writeRates(markup, report)));
    }
    parts.add(new Part("environments", "Environments", () -> Environments.write(markup, report)));
    parts.add(
        new Part(
            "provenance", "What this rests on", () -> ProvenanceSection.write(markup, report)));
    parts.add(
        new Part(
            "explanations",
            "What these calls are",
            () -> Explanations.write(markup, report.syscalls())));
    return parts;
  }

  private void header() {
    Provenance provenance = report.run().provenance();
    markup.open("header", "class", "page-head");
    markup.open("div", "class", "head-text");
    markup.element(
        "p",
        "Trapline "
            + provenance.kind()
            + (provenance.campaign() == null ? "" : " · " + provenance.campaign()),
        "class",
        "kicker");
    markup.element("h1", document == null ? Overview.headline(report) : headline(document));
    markup.element("p", Overview.underline(report), "class", "sub");
    markup.closeLine();
    markup.open("div", "class", "head-tools", "role", "group", "aria-label", "Page");
    markup.element("button", "Dark", "type", "button", "id", "theme", "aria-pressed", "false");
    markup.element("button", "Download data", "type", "button", "id", "download");
    markup.closeLine();
    markup.closeLine();
  }

  private String headline(Document given) {
    for (Document.Block block : given.blocks()) {
      if (block instanceof Document.Heading heading && heading.level() == 1) {
        return heading.text();
      }
    }
    return report.title();
  }

  private void navigation(List<Part> parts) {
    markup.open("nav", "aria-label", "Parts of the report").open("ol");
    for (Part part : parts) {
      markup.open("li").open("a", "href", "#" + part.id()).text(part.title()).close().closeLine();
    }
    markup.close().closeLine();
  }

  private void footer() {
    markup.open("footer");
    markup.element(
        "p",
        "Made by Trapline "
            + version()
            + ". Everything is in this file; it asks no network. The same figures: trapline report"
            + " RUN --format md, json, csv.");
    markup.closeLine();
  }
}
