// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void plainTextIsLeftAlone() {
    assertThat(Printable.terminal("iperf3 \u00e9\u4e16 \ud83d\ude00 100%"))
        .isEqualTo("iperf3 \u00e9\u4e16 \ud83d\ude00 100%");
  }

  @Test
  void whatATerminalObeysIsReplaced() {
    assertThat(Printable.terminal("\u001b[31mred\u0007\b\r\n\t\u007f\u009b"))
        .isEqualTo("?[31mred???????");
  }

  @Test
  void whatReordersOrBreaksLinesIsReplaced() {
    assertThat(Printable.terminal("a\u202eb\u2066c\u200bd\u2028e\u2029f\ufeffg"))
        .isEqualTo("a?b?c?d?e?f?g");
  }

  @Test
  void halfASurrogatePairIsReplaced() {
    assertThat(Printable.terminal("a\ud83db")).isEqualTo("a?b");
  }

  @Test
  void markdownAndHtmlAreEscaped() {
    assertThat(Printable.markdown("<b>&|`*_[x](y)#!\\"))
        .isEqualTo("&lt;b&gt;&amp;\\|\\`\\*\\_\\[x\\](y)\\#\\!\\\\");
  }

  @Test
  void markdownStaysOnOneLine() {
    assertThat(Printable.markdown("a\n# b\r\n- c")).isEqualTo("a?\\# b??- c");
  }
}
