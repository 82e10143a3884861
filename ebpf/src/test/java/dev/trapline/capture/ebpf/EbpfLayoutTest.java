// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.host.Tool;
import dev.trapline.tally.LatencyHistogram;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// [EbpfLayout] and `syscalls.h` are one contract: a C compiler says what the header means.
class EbpfLayoutTest {
  private static final Path HEADER = Path.of("src/main/bpf/syscalls.h").toAbsolutePath();
  private static final Map<String, StructLayout> STRUCTURES =
      Map.of(
          "capture_config", EbpfLayout.CONFIG,
          "capture_control", EbpfLayout.CONTROL,
          "thread_record", EbpfLayout.THREAD,
          "slot", EbpfLayout.SLOT,
          "softirq_time", EbpfLayout.SOFTIRQ,
          "exit_count", EbpfLayout.EXIT_COUNT,
          "vcpu_record", EbpfLayout.VCPU,
          "served_injections", EbpfLayout.SERVED);
  private static final Map<String, Integer> CONSTANTS =
      Map.ofEntries(
          Map.entry("SYSCALL_NUMBERS", EbpfLayout.SYSCALL_NUMBERS),
          Map.entry("ERRORS_PER_SLOT", EbpfLayout.ERRORS_PER_SLOT),
          Map.entry("OBJECT_NAME_LENGTH", EbpfLayout.OBJECT_NAME_LENGTH),
          Map.entry("HISTOGRAM_BUCKETS", LatencyHistogram.BUCKETS),
          Map.entry("VCPU_RECORDS", EbpfLayout.VCPU_RECORDS),
          Map.entry("EXIT_REASONS", EbpfLayout.EXIT_REASONS),
          Map.entry("RETURN_FAILED", EbpfLayout.RETURN_FAILED),
          Map.entry("ISA_VMX", EbpfLayout.ISA_VMX),
          Map.entry("ISA_SVM", EbpfLayout.ISA_SVM),
          Map.entry("THREAD_ENDED", EbpfLayout.THREAD_ENDED),
          Map.entry("DESCRIPTOR_MASK", EbpfLayout.DESCRIPTOR_IS_RESULT),
          Map.entry("RETURNS_BYTES", EbpfLayout.RETURNS_BYTES),
          Map.entry("HAS_REQUEST", EbpfLayout.HAS_REQUEST),
          Map.entry("NEVER_RETURNS", EbpfLayout.NEVER_RETURNS),
          Map.entry("REPLACES_PROGRAM", EbpfLayout.REPLACES_PROGRAM),
          Map.entry("STARTS_TASK", EbpfLayout.STARTS_TASK),
          Map.entry("CLOSES_DESCRIPTOR", EbpfLayout.CLOSES_DESCRIPTOR));

  @TempDir Path folder;

  @Test
  void everyFieldIsWhereTheHeaderHasIt() throws Exception {
    TreeMap<String, Long> expected = new TreeMap<>();
    StringBuilder program =
        new StringBuilder("#include <stddef.h>\n#include <stdio.h>\n#include <linux/types.h>\n")
            .append("#include \"" + HEADER + "\"\n")
            .append("#define SAY(what, value) printf(\"%s %ld\\n\", what, (long)(value))\n")
            .append("int main(void)\n{\n");
    for (Map.Entry<String, StructLayout> structure : STRUCTURES.entrySet()) {
      String name = structure.getKey();
      say(program, expected, name, "sizeof(struct " + name + ")", structure.getValue().byteSize());
      for (MemoryLayout field : structure.getValue().memberLayouts()) {
        String fieldName = field.name().orElseThrow();
        String path = name + "." + fieldName;
        long offset = EbpfLayout.offset(structure.getValue(), fieldName);
        say(program, expected, path, "offsetof(struct " + name + ", " + fieldName + ")", offset);
        String size = "sizeof(((struct " + name + " *)0)->" + fieldName + ")";
        say(program, expected, path + ".size", size, field.byteSize());
      }
    }
    CONSTANTS.forEach((name, value) -> say(program, expected, name, name, value));
    program.append("}\n");

    Path source = Files.writeString(folder.resolve("layout.c"), program);
    Path executable = folder.resolve("layout");
    KnownCalls.compile(source.toString(), executable, List.of());
    TreeMap<String, Long> found = new TreeMap<>();
    // Through env(1), since a tool is a word to be found on PATH.
    String output = Tool.runOrFail(List.of("env", executable.toString()));
    for (String line : output.split("\n", -1)) {
      String[] words = line.split(" ", -1);
      found.put(words[0], Long.parseLong(words[1]));
    }
    assertThat(found).isEqualTo(expected);
  }

  /// With the sizes of the structures and this, the header has no field that the layout lacks.
  @Test
  void theLayoutsHaveNoGaps() {
    for (StructLayout structure : STRUCTURES.values()) {
      long end = 0;
      for (MemoryLayout field : structure.memberLayouts()) {
        end += field.byteSize();
      }
      assertThat(end).isEqualTo(structure.byteSize());
    }
  }

  private static void say(
      StringBuilder program, Map<String, Long> expected, String what, String value, long here) {
    program.append("\tSAY(\"" + what + "\", " + value + ");\n");
    expected.put(what, here);
  }
}
