// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class SyscallExplanationTest {
  private final SyscallCatalogue catalogue = SyscallCatalogue.instance();
  private final SyscallExplanation explanation = new SyscallExplanation(catalogue);
  private final ObjectMapper mapper = new ObjectMapper();

  @Test
  void everyLineOfEverySyscallFitsEightyColumns() {
    for (Syscall syscall : catalogue.all()) {
      assertFits(explanation.render(syscall));
    }
  }

  @Test
  void everyLineOfEveryCategoryAndOfTheListFitsEightyColumns() {
    for (Category category : Category.values()) {
      assertFits(explanation.renderCategory(category));
    }
    assertFits(explanation.renderList());
  }

  private static void assertFits(List<String> lines) {
    assertThat(lines).isNotEmpty();
    for (String line : lines) {
      assertThat(line).hasSizeLessThanOrEqualTo(80).doesNotContain("\n", "\t").doesNotEndWith(" ");
    }
  }

  @Test
  void anEntryTellsNumbersSignatureAndAllSections() {
    List<String> lines = explanation.render(catalogue.byName("readv").orElseThrow());
    assertThat(lines)
        .startsWith("readv   core-io / vectored", "x86-64 19, arm64 65, since Linux 2.0")
        .contains("    ssize_t readv(int fd, const struct iovec *iov, int iovcnt)")
        .containsSubsequence("What it means", "Efficient use", "When it costs", "Instead");
  }

  @Test
  void anEntryTellsWhereASyscallIsMissing() {
    assertThat(explanation.render(catalogue.byName("epoll_wait").orElseThrow()).get(1))
        .isEqualTo("x86-64 232, arm64 does not have it, since Linux 2.6");
  }

  @Test
  void aCategoryMarksSyscallsThatHaveMoreToTell() {
    List<String> lines = explanation.renderCategory(Category.EVENT_NOTIFICATION);
    assertThat(lines).first().isEqualTo("Event notification   event-notification");
    assertThat(lines).anyMatch(line -> line.startsWith("* epoll_pwait "));
    assertThat(lines).anyMatch(line -> line.startsWith("  fanotify_init "));
  }

  @Test
  void theListHoldsEverySyscall() {
    String list = String.join(" ", explanation.renderList());
    for (Syscall syscall : catalogue.all()) {
      assertThat(list).contains(" " + syscall.name());
    }
  }

  @Test
  void jsonOfEverySyscallParsesAndSaysTheSame() {
    for (Syscall syscall : catalogue.all()) {
      JsonNode root = mapper.readTree(explanation.toJson(syscall));
      assertThat(root.path("schema").asString()).isEqualTo("trapline.explain/1");
      assertThat(root.path("kind").asString()).isEqualTo("syscall");
      JsonNode json = root.path("syscall");
      assertThat(json.path("name").asString()).isEqualTo(syscall.name());
      assertThat(json.path("purpose").asString()).isEqualTo(syscall.purpose());
      assertThat(json.path("signature").asString()).isEqualTo(syscall.signature());
      assertThat(json.path("aliases").size()).isEqualTo(syscall.aliases().size());
      assertThat(json.path("numbers").path("arm64").isNull())
          .isEqualTo(syscall.arm64Number().isEmpty());
      assertThat(json.path("deepEntry").isNull()).isEqualTo(!catalogue.hasDeepEntry(syscall));
      catalogue
          .deepEntry(syscall)
          .ifPresent(deep ->
              assertThat(json.path("deepEntry").path("pattern").asString())
                  .isEqualTo(deep.pattern()));
    }
  }

  @Test
  void jsonOfCategoriesAndOfTheListParses() {
    int sum = 0;
    for (Category category : Category.values()) {
      JsonNode json = mapper.readTree(explanation.toJson(category)).path("category");
      assertThat(json.path("slug").asString()).isEqualTo(category.slug());
      sum += json.path("syscalls").size();
    }
    assertThat(sum).isEqualTo(catalogue.all().size());
    JsonNode list = mapper.readTree(explanation.listToJson());
    assertThat(list.path("kind").asString()).isEqualTo("list");
    assertThat(list.path("categories").size()).isEqualTo(10);
  }

  @Test
  void jsonEscapesWhatMustBeEscaped() {
    String text = new JsonText().string("a\"b\\c\nd\te\u0001f\u00e9").toString();
    assertThat(text).isEqualTo("\"a\\\"b\\\\c\\nd\\te\\u0001f\u00e9\"");
    assertThat(mapper.readTree(text).asString()).isEqualTo("a\"b\\c\nd\te\u0001f\u00e9");
  }

  @Test
  void proseKeepsParagraphsItemsAndVerbatimLines() {
    List<String> lines = new java.util.ArrayList<>();
    TextWrap.addProse(lines, "one\ntwo\n\n- item\n  goes on\n- next\n    code  here", 2);
    assertThat(lines)
        .containsExactly("  one two", "", "  - item goes on", "  - next", "      code  here");
  }
}
