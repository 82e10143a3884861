// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Makes the pictures of the documentation; docs/reference/report.md has the command. Not a test:
/// pictures of two machines are never the same.
class ReportScreenshots {
  @TempDir Path folder;

  @Test
  void picturesOfTheReport() throws Exception {
    if (!Boolean.getBoolean("trapline.write-references")) {
      Needs.skip("pictures are only made with -Dtrapline.write-references=true");
    }
    Path run =
        Path.of(System.getProperty("trapline.screenshot-run", KeptRun.original().toString()));
    Path page = folder.resolve("report.html");
    Cli.Result result = Cli.run("report", run.toString(), "-o", page.toString());
    assertThat(result.exitCode()).as(result.stderr()).isEqualTo(0);
    Path images =
        Path.of(
            System.getProperty(
                "trapline.screenshot-folder", Repository.root().resolve("docs/images").toString()));
    Files.createDirectories(images);
    try (Playwright playwright =
        Playwright.create(
            new Playwright.CreateOptions()
                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")))) {
      Browser browser =
          playwright
              .chromium()
              .launch(
                  new BrowserType.LaunchOptions()
                      .setExecutablePath(ReportPageTest.CHROMIUM)
                      .setArgs(ReportPageTest.QUIET));
      picture(browser, page, ColorScheme.LIGHT, "verdict", images.resolve("report-light.png"));
      picture(browser, page, ColorScheme.DARK, "syscalls", images.resolve("report-dark.png"));
      if (Boolean.getBoolean("trapline.screenshot-all")) {
        for (String part :
            List.of(
                "findings",
                "outcomes",
                "comparison",
                "time",
                "syscalls",
                "guests",
                "roofline",
                "costs",
                "rates",
                "environments",
                "provenance")) {
          picture(browser, page, ColorScheme.LIGHT, part, images.resolve(part + ".png"));
        }
      }
    }
  }

  private static void picture(
      Browser browser, Path page, ColorScheme scheme, String part, Path file) {
    Page tab =
        browser.newPage(
            new Browser.NewPageOptions().setViewportSize(1280, 1100).setColorScheme(scheme));
    tab.navigate(page.toUri().toString());
    ReportPageTest.untilChartsAreDrawn(tab);
    if (!part.equals("verdict") && tab.locator("#" + part).count() > 0) {
      tab.evaluate("part => document.getElementById(part).scrollIntoView()", part);
      // Smooth scrolling and the mark of the navigation take a moment.
      tab.waitForTimeout(1500);
    }
    tab.screenshot(new Page.ScreenshotOptions().setPath(file));
    tab.close();
  }
}
