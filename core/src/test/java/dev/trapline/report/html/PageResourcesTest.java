// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class PageResourcesTest {
  /// Of `package/dist/echarts.common.min.js` in what `npm pack echarts@6.1.0` gives.
  private static final String PUBLISHED =
      "61f13280aba3161f77fc801bf5f9c786f55f10432153a0683fc5cc0700b013d5";

  @Test
  void theChartLibraryIsTheOneThatWasPublishedAndHasItsLicenceBesideIt() throws Exception {
    try (var stream = PageResources.class.getResourceAsStream(PageResources.CHART_LIBRARY)) {
      assertThat(stream).isNotNull();
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(stream.readAllBytes());
      assertThat(HexFormat.of().formatHex(digest)).isEqualTo(PUBLISHED);
    }
    assertThat(PageResources.text("echarts.LICENSE")).contains("Apache License");
    assertThat(PageResources.text("echarts.NOTICE")).contains("Apache ECharts");
  }

  @Test
  void noScriptOfThePageCanEndItsElement() {
    for (String name :
        new String[] {PageResources.CHART_LIBRARY, PageResources.SCRIPT, PageResources.STYLE}) {
      assertThat(PageResources.text(name).toLowerCase(java.util.Locale.ROOT))
          .doesNotContain("</script", "</style", "<!--");
    }
  }

  /// CSP Level 3, section 8.3 has the hash of `doSomething()` as an example of its kind; this one
  /// is of the empty text, whose SHA-256 is in FIPS 180-4's test vectors.
  @Test
  void hashSourcesAreBase64OfSha256() {
    assertThat(PageResources.hashSource(""))
        .isEqualTo("'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
  }

  @Test
  void jsonCannotLeaveTheElementThatItIsInAndIsTheSameWhenUnpacked() throws Exception {
    String json = "{\"a\":\"</script><!--&\u2028\u2029\u00fc\"}";
    String packed = ReportPage.packed(json);
    assertThat(packed).matches("[A-Za-z0-9+/=]+");
    try (var stream =
        new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(packed)))) {
      assertThat(new String(stream.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(json);
    }
  }

  @Test
  void textAndAttributesAreEscapedAndInvisibleLettersReplaced() {
    Markup markup = new Markup();
    markup.element("p", "<b>&\"'\u202e\u001b", "title", "\"><script>");
    assertThat(markup.toString())
        .isEqualTo("<p title=\"&quot;&gt;&lt;script&gt;\">&lt;b&gt;&amp;&quot;&#39;??</p>\n");
  }
}
