// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

/// What a file can be.
public enum Format {
  STRACE_LOG("strace log", "strace"),
  STRACE_TABLE("strace -c table", "strace"),
  PERF_TRACE_LINES("perf trace lines", "perf trace"),
  PERF_TRACE_SUMMARY("perf trace -s table", "perf trace"),
  PERF_SCRIPT("perf script", "perf script"),
  BPFTRACE("bpftrace maps", "bpftrace"),
  IPERF3("iperf3 text", "iperf3"),
  IPERF3_JSON("iperf3 JSON", "iperf3"),
  SOCKPERF("sockperf text", "sockperf");

  private final String label;
  private final String tool;

  Format(String label, String tool) {
    this.label = label;
    this.tool = tool;
  }

  /// As reports name it.
  public String label() {
    return label;
  }

  /// The program that writes it. Formats of one tool may share a file (`strace -C`).
  public String tool() {
    return tool;
  }

  /// Whether it holds counts of syscalls, rather than what a benchmark measured.
  public boolean hasCounts() {
    return switch (this) {
      case STRACE_LOG, STRACE_TABLE, PERF_TRACE_LINES, PERF_TRACE_SUMMARY, PERF_SCRIPT, BPFTRACE ->
          true;
      case IPERF3, IPERF3_JSON, SOCKPERF -> false;
    };
  }
}
