// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/// The page's own script and style sheet, and the library of charts, as they lie beside this class.
final class PageResources {
  /// Apache ECharts 6.1.0, `dist/echarts.common.min.js` of the npm package `echarts`, unchanged.
  static final String CHART_LIBRARY = "echarts-6.1.0.common.min.js";

  static final String SCRIPT = "report.js";
  static final String STYLE = "report.css";

  private PageResources() {}

  static String text(String name) {
    try (InputStream stream = PageResources.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException("this build has no " + name);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /// How a Content-Security-Policy names an inline script or style: W3C CSP Level 3, hash-source.
  static String hashSource(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every Java has SHA-256", missing);
    }
  }
}
