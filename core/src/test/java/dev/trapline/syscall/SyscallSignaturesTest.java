// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Signatures against the syscall tracepoints of the running kernel, which name every argument.
class SyscallSignaturesTest {
  private static final List<Path> EVENTS =
      List.of(
          Path.of("/sys/kernel/tracing/events/syscalls"),
          Path.of("/sys/kernel/debug/tracing/events/syscalls"));

  private static final String ENTER = "sys_enter_";

  /// Where the kernel's own name for the descriptor argument is not one of the usual ones.
  private static final Map<String, String> UNUSUAL_DESCRIPTOR_NAMES =
      Map.of("timerfd_settime", "ufd", "timerfd_gettime", "ufd", "open_by_handle_at", "mountdirfd");

  private static final List<String> DESCRIPTOR_NAMES =
      List.of(
          "fd",
          "epfd",
          "dfd",
          "out_fd",
          "fd_in",
          "fdin",
          "mqdes",
          "pidfd",
          "olddfd",
          "newdfd",
          "fanotify_fd",
          "ruleset_fd",
          "from_dfd",
          "fs_fd",
          "kernel_fd");

  private static final Map<String, List<String>> FIELDS = new TreeMap<>();

  private final SyscallCatalogue catalogue = SyscallCatalogue.instance();

  @BeforeAll
  static void readTheTracepointsOfTheRunningKernel() throws IOException {
    for (Path events : EVENTS) {
      if (FIELDS.isEmpty() && Files.isReadable(events)) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(events, ENTER + "*")) {
          for (Path entry : entries) {
            String name = entry.getFileName().toString().substring(ENTER.length());
            FIELDS.put(name, argumentNames(entry.resolve("format")));
          }
        }
      }
    }
    assumeTrue(
        !FIELDS.isEmpty(),
        "no syscall tracepoints readable under " + EVENTS + ": be root and mount tracefs");
  }

  private static List<String> argumentNames(Path format) throws IOException {
    List<String> names = new ArrayList<>();
    boolean afterNumber = false;
    for (String line : Files.readAllLines(format)) {
      int semicolon = line.indexOf(';');
      if (line.strip().startsWith("field:") && semicolon > 0) {
        String declaration = line.substring(0, semicolon);
        String name = declaration.substring(declaration.lastIndexOf(' ') + 1);
        if (afterNumber) {
          names.add(name);
        }
        // Older kernels call it nr.
        afterNumber |= name.equals("__syscall_nr") || name.equals("nr");
      }
    }
    return names;
  }

  @Test
  void everyTracepointOfTheRunningKernelHasAnEntry() {
    List<String> unknown = new ArrayList<>();
    for (String name : FIELDS.keySet()) {
      if (catalogue.byName(name).isEmpty()) {
        unknown.add(name);
      }
    }
    assertThat(unknown).isEmpty();
  }

  @Test
  void argumentCountsAgreeWithTheRunningKernel() {
    Map<String, Integer> mine = new TreeMap<>();
    Map<String, Integer> kernel = new TreeMap<>();
    for (Map.Entry<String, List<String>> entry : FIELDS.entrySet()) {
      Optional<Syscall> syscall = catalogue.byName(entry.getKey());
      if (syscall.isPresent()) {
        mine.put(entry.getKey(), syscall.get().argumentCount());
        kernel.put(entry.getKey(), entry.getValue().size());
      }
    }
    assertThat(mine).isEqualTo(kernel);
  }

  @Test
  void descriptorArgumentsAreDescriptorsForTheRunningKernelToo() {
    for (Map.Entry<String, List<String>> entry : FIELDS.entrySet()) {
      Syscall syscall = catalogue.byName(entry.getKey()).orElseThrow();
      if (syscall.descriptorArgument().index().isPresent()) {
        String name = entry.getValue().get(syscall.descriptorArgument().index().getAsInt());
        String unusual = UNUSUAL_DESCRIPTOR_NAMES.get(syscall.name());
        if (unusual == null) {
          assertThat(DESCRIPTOR_NAMES).as(syscall.signature()).contains(name);
        } else {
          assertThat(name).isEqualTo(unusual);
        }
      }
    }
  }

  @Test
  void aFirstArgumentThatTheKernelCallsADescriptorIsOne() {
    for (Map.Entry<String, List<String>> entry : FIELDS.entrySet()) {
      Syscall syscall = catalogue.byName(entry.getKey()).orElseThrow();
      List<String> names = entry.getValue();
      if (!names.isEmpty() && DESCRIPTOR_NAMES.contains(names.getFirst())) {
        // Not close_range: it works on a range of them.
        boolean range = syscall.name().equals("close_range");
        assertThat(syscall.descriptorArgument())
            .as(syscall.signature())
            .isIn(
                range ? DescriptorArgument.NONE : DescriptorArgument.FIRST,
                DescriptorArgument.RETURN_VALUE);
      }
    }
  }

  @Test
  void argumentsThatTheKernelNamesAlikeStandInTheSamePlace() {
    int compared = 0;
    for (Map.Entry<String, List<String>> entry : FIELDS.entrySet()) {
      Syscall syscall = catalogue.byName(entry.getKey()).orElseThrow();
      List<String> mine = argumentNames(syscall.signature());
      for (int i = 0; i < entry.getValue().size(); i++) {
        String kernelName = entry.getValue().get(i);
        if (mine.contains(kernelName)) {
          assertThat(mine.indexOf(kernelName))
              .as(syscall.signature() + " " + kernelName)
              .isEqualTo(i);
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThan(400);
  }

  private static List<String> argumentNames(String signature) {
    List<String> names = new ArrayList<>();
    int at = signature.indexOf('(');
    while (at < signature.length() - 1) {
      int end = signature.indexOf(',', at + 1);
      end = end < 0 ? signature.length() - 1 : end;
      String argument = signature.substring(at + 1, end);
      int nameStart = Math.max(argument.lastIndexOf(' '), argument.lastIndexOf('*')) + 1;
      int bracket = argument.indexOf('[');
      names.add(argument.substring(nameStart, bracket < 0 ? argument.length() : bracket));
      at = end;
    }
    return names;
  }
}
