// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.Media;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// The page of a real run, in a real browser: Debian's chromium.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReportPageTest {
  static final Path CHROMIUM = Path.of("/usr/bin/chromium");

  /// It runs as root, and must not speak to anybody on its own account.
  static final List<String> QUIET =
      List.of(
          "--no-sandbox",
          "--disable-gpu",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--no-first-run");

  /// Against hanging; nothing is timed here.
  private static final double DEADLINE_MILLIS = 120_000;

  private static final long MOST_BYTES = 2_000_000;

  @TempDir static Path folder;
  private Path run;
  private Path page;
  private Playwright playwright;
  private Browser browser;
  private BrowserContext context;
  private Page tab;
  private final List<String> complaints = new ArrayList<>();
  private final List<String> requests = new ArrayList<>();

  @BeforeAll
  void makeThePageAndStartTheBrowser() throws Exception {
    if (!Files.isExecutable(CHROMIUM)) {
      Needs.skip("there is no " + CHROMIUM + "; apt-get install chromium");
    }
    run = KeptRun.withHostileNames(folder.resolve("run"));
    Cli.Result result = Cli.run("report", run.toString());
    assertThat(result.exitCode()).as(result.stderr()).isEqualTo(0);
    page = run.resolve("report.html");
    assertThat(result.stdout().strip()).isEqualTo(page.toString());
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(CHROMIUM)
                    .setTimeout(DEADLINE_MILLIS)
                    .setArgs(QUIET));
  }

  @AfterAll
  void stopTheBrowser() {
    if (playwright != null) {
      playwright.close();
    }
  }

  @BeforeEach
  void openThePage() {
    open(ColorScheme.LIGHT);
  }

  private void open(ColorScheme scheme) {
    context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(1380, 900)
                .setAcceptDownloads(true)
                .setColorScheme(scheme));
    context.setDefaultTimeout(DEADLINE_MILLIS);
    tab = context.newPage();
    tab.onConsoleMessage(message -> {
      if (message.type().equals("error") || message.type().equals("warning")) {
        complaints.add(message.text());
      }
    });
    tab.onPageError(complaints::add);
    tab.onDialog(dialog -> {
      complaints.add("a dialog: " + dialog.message());
      dialog.dismiss();
    });
    tab.onRequest(request -> requests.add(request.url()));
    tab.navigate(page.toUri().toString());
    untilChartsAreDrawn(tab);
  }

  /// Which is a moment after loading: their data is unpacked first.
  static void untilChartsAreDrawn(Page page) {
    page.waitForFunction("document.documentElement.dataset.charts !== undefined");
  }

  @AfterEach
  void nothingWentWrongAndNobodyWasAsked() {
    try {
      assertThat(complaints).isEmpty();
      assertThat(requests)
          .isNotEmpty()
          .allSatisfy(url -> assertThat(url).startsWith("file:").endsWith("/report.html"));
      assertThat(tab.evaluate("window.hostile")).as("a script of the trace ran").isNull();
    } finally {
      complaints.clear();
      requests.clear();
      context.close();
    }
  }

  private Locator table(String heading) {
    return tab.locator(".side")
        .filter(new Locator.FilterOptions().setHasText(heading))
        .locator(".table-block")
        .first();
  }

  @Test
  void itIsOneFileOfLessThanTwoMegabytes() throws Exception {
    assertThat(Files.size(page)).isLessThan(MOST_BYTES);
  }

  @Test
  void theVerdictComesFirstAndEveryChartIsDrawn() {
    assertThat(tab.locator("main section").first().getAttribute("id")).isEqualTo("verdict");
    assertThat(tab.locator(".chart").count()).isGreaterThan(2);
    assertThat(tab.locator(".chart canvas").count()).isEqualTo(tab.locator(".chart").count());
  }

  @Test
  void aClickOnAHeadingSortsAndAnotherTurnsTheOrder() {
    Locator block = table("Server, per");
    Locator heading = block.locator("th:has(button:text-is('calls'))");
    heading.locator("button").click();
    assertThat(heading.getAttribute("aria-sort")).isEqualTo("descending");
    assertThat(values(block)).isSortedAccordingTo((one, other) -> Double.compare(other, one));
    heading.locator("button").click();
    assertThat(heading.getAttribute("aria-sort")).isEqualTo("ascending");
    assertThat(values(block)).isSorted();
  }

  /// Of the column that is sorted, from the top; rows without a figure left out.
  private static List<Double> values(Locator block) {
    Object found =
        block.evaluate(
            "block => { const at = block.querySelector('th[aria-sort$=ending]').cellIndex;"
                + " return [...block.querySelectorAll('tbody tr')].map(row => row.cells[at])"
                + ".filter(cell => cell.dataset.v !== undefined).map(cell => cell.dataset.v); }");
    List<Double> values = new ArrayList<>();
    ((List<?>) found).forEach(value -> values.add(Double.valueOf(String.valueOf(value))));
    assertThat(values).hasSizeGreaterThan(1);
    return values;
  }

  @Test
  void theKeyboardSortsToo() {
    Locator heading = table("Server, per").locator("th:has(button:text-is('calls'))");
    heading.locator("button").focus();
    tab.keyboard().press("Enter");
    assertThat(heading.getAttribute("aria-sort")).isEqualTo("descending");
  }

  @Test
  void aFilterLeavesTheRowsThatHaveTheWordAndSaysHowMany() {
    Locator block = tab.locator(".table-block:has(input.filter):has(a.call)").first();
    String name = block.locator("tbody a.call").first().textContent();
    int all = block.locator("tbody tr").count();
    block.locator("input.filter").fill(name);
    for (Locator row : block.locator("tbody tr").all()) {
      assertThat(row.isVisible()).isEqualTo(row.textContent().contains(name));
    }
    assertThat(block.locator("output").textContent()).endsWith(" of " + all + " rows");
    block.locator("input.filter").fill("no such call");
    assertThat(block.locator("output").textContent()).isEqualTo("0 of " + all + " rows");
  }

  @Test
  void rareCallsAreShownWhenAskedFor() {
    Locator block = tab.locator(".table-block:has(tr.rare)").first();
    Locator rare = block.locator("tr.rare").first();
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
    assertThat(rare.isVisible()).isFalse();
    block.locator("button.show-rare").click();
    assertThat(rare.isVisible()).isTrue();
    assertThat(block.locator("button.show-rare").getAttribute("aria-expanded")).isEqualTo("true");
  }

  @Test
  void theNameOfACallOpensWhatItIsAndEscapeClosesIt() {
    Locator link = tab.locator("#syscalls .side a.call").first();
    String syscall = link.getAttribute("href").replace("#call-", "");
    link.focus();
    tab.keyboard().press("Enter");
    Locator dialog = tab.locator("dialog");
    assertThat(dialog.isVisible()).isTrue();
    assertThat(dialog.locator("h3").textContent()).isEqualTo(syscall);
    assertThat(dialog.textContent()).contains("Blocking");
    tab.keyboard().press("Escape");
    assertThat(dialog.isVisible()).isFalse();
  }

  @Test
  void hostileNamesOfThreadsAreTextAndNoScriptOfTheirsRuns() {
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
    assertThat(tab.locator("main").textContent()).contains(KeptRun.HOSTILE);
    assertThat(tab.locator("main img, main script, main b").count()).isZero();
  }

  @Test
  void itFollowsTheSystemsThemeAndCanBeTurned() {
    String light = background();
    context.close();
    open(ColorScheme.DARK);
    String dark = background();
    assertThat(dark).isNotEqualTo(light);
    tab.locator("#theme").click();
    assertThat(background()).isEqualTo(light);
    tab.locator("#theme").click();
    assertThat(background()).isEqualTo(dark);
  }

  private String background() {
    return String.valueOf(tab.evaluate("getComputedStyle(document.body).backgroundColor"));
  }

  @Test
  void theDataCanBeDownloadedAndIsTheReportAsJson() throws Exception {
    Download download = tab.waitForDownload(() -> tab.locator("#download").click());
    Path file = folder.resolve("downloaded.json");
    download.saveAs(file);
    Cli.Result json = Cli.run("report", run.toString(), "--format", "json");
    ObjectMapper mapper = new ObjectMapper();
    JsonNode downloaded = mapper.readTree(Files.readString(file));
    assertThat(downloaded.equals(ReportPageTest::byValue, mapper.readTree(json.stdout()))).isTrue();
  }

  /// A browser writes `1.0E10` as `10000000000`: the same number.
  private static int byValue(JsonNode one, JsonNode other) {
    if (one.isNumber() && other.isNumber()) {
      return Double.compare(one.asDouble(), other.asDouble());
    }
    return one.equals(other) ? 0 : 1;
  }

  @Test
  void itCanBeReadWithoutScriptsAndPrinted() {
    BrowserContext plain =
        browser.newContext(new Browser.NewContextOptions().setJavaScriptEnabled(false));
    try {
      Page still = plain.newPage();
      still.navigate(page.toUri().toString());
      assertThat(still.locator("#syscalls table").first().isVisible()).isTrue();
      assertThat(still.locator("#theme").isVisible()).isFalse();
    } finally {
      plain.close();
    }
    tab.emulateMedia(new Page.EmulateMediaOptions().setMedia(Media.PRINT));
    assertThat(tab.locator("nav").isVisible()).isFalse();
    assertThat(tab.locator("#verdict").isVisible()).isTrue();
  }

  @Test
  void tablesAndChartsCanBeReadAloud() {
    assertThat(tab.locator("table:not(:has(caption))").count()).isZero();
    assertThat(tab.locator("th:not([scope])").count()).isZero();
    assertThat(tab.locator("thead th:not([aria-sort])").count()).isZero();
    assertThat(tab.locator(".chart:not([role=img]), .chart:not([aria-label])").count()).isZero();
    assertThat(tab.locator("figure:not(:has(table))").count()).isZero();
    tab.keyboard().press("Tab");
    assertThat(tab.evaluate("document.activeElement.className")).isEqualTo("skip");
  }
}
