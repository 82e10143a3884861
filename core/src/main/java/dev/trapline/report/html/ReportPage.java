// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.calibration.MachineCosts;
import dev.trapline.report.Document;
import dev.trapline.report.RunReport;
import dev.trapline.run.Provenance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPOutputStream;
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

  /// A page is sent by mail and opened on a telephone.
  static final int MOST_BYTES = 2_000_000;

  /// Rows of a table: all of them if that fits, else as many as do.
  private static final int[] MOST_ROWS = {Integer.MAX_VALUE, 200, 60, 20, 6, 2};

  private final RunReport report;
  private final String data;
  private final @Nullable Document document;
  private final Markup markup;

  private ReportPage(RunReport report, String data, @Nullable Document document, int mostRows) {
    this.report = report;
    this.data = data;
    this.document = document;
    this.markup = new Markup(mostRows);
  }

  /// The page.
  ///
  /// @param json the same report as [dev.trapline.report.json.ReportJson] writes it: what charts
  ///   are drawn from, and what a reader downloads
  public static String of(RunReport report, String json) {
    return fitting(report, json, null);
  }

  /// The page of an import or a recording, whose figures are not per test: a document's parts, each
  /// below a heading of level 2.
  ///
  /// @param json what a reader downloads
  public static String of(RunReport report, Document document, String json) {
    return fitting(report, json, document);
  }

  /// The one with the most rows that is small enough; the figures of the others are in the data.
  private static String fitting(RunReport report, String json, @Nullable Document document) {
    String data = packed(json);
    String page = "";
    for (int mostRows : MOST_ROWS) {
      page = new ReportPage(report, data, document, mostRows).render();
      if (page.getBytes(StandardCharsets.UTF_8).length < MOST_BYTES) {
        break;
      }
    }
    return page;
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
        .open("script", "type", "application/gzip+base64", "id", "report-data")
        .trusted(data)
        .closeLine();
    markup.open("script").trusted(library).closeLine();
    markup.open("script").trusted(script).closeLine();
    markup.close().closeLine();
    return markup.toString();
  }

  /// As gzip (RFC 1952) in base64 (RFC 4648): a tenth of its size, and nothing in it can end the
  /// element that it is in.
  static String packed(String json) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream stream = new GZIPOutputStream(bytes)) {
      stream.write(json.getBytes(StandardCharsets.UTF_8));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
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
