// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.perf;

import dev.trapline.intake.perf.CallTable.Call;
import dev.trapline.intake.perf.ObservedThreads.ObservedThread;
import dev.trapline.syscall.Architecture;
import dev.trapline.syscall.RequestArgument;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Reads a perf.data file of `perf record -R -c 1 -e raw_syscalls:sys_enter,raw_syscalls:sys_exit`
/// (or of `perf trace record`) into a tally: per thread, syscall and request; errors by name,
/// bytes, wall time with its distribution. Without sys_enter there is no time and no request. One
/// object reads one file.
///
/// What a descriptor is and what the time was spent on is not in such a file. perf now and then
/// records one event twice, to the nanosecond alike (seen with perf 6.1 on Linux 6.18, about one in
/// 20,000); the second is not counted.
///
/// Numbers are taken as those of 64-bit programs: a file does not tell the 32-bit ones apart.
public final class PerfDataReader {
  private final Set<Integer> excludedProcesses;
  private final CallTable calls;
  private final CallPairing pairing;
  private final Set<Integer> processesSeen = new HashSet<>();

  private PerfDataReader(
      Architecture architecture, Set<Integer> excludedProcesses, int awaitedExecOf) {
    this.excludedProcesses = Set.copyOf(excludedProcesses);
    calls = new CallTable(architecture);
    pairing = new CallPairing(calls, CallPairing.Clock.EXACT, false, awaitedExecOf);
  }

  /// A reader that counts all there is in a file, but for some processes.
  public static PerfDataReader ofAllBut(Architecture architecture, Set<Integer> processes) {
    return new PerfDataReader(architecture, processes, 0);
  }

  /// A reader that begins to count when a process first executes a program.
  public static PerfDataReader fromExecOf(Architecture architecture, int pid) {
    return new PerfDataReader(architecture, Set.of(), pid);
  }

  /// Reads a file.
  ///
  /// @throws IOException if it is no perf.data file, or one with content that is not understood
  public Tally read(Path path) throws IOException {
    PerfDataFile file = new PerfDataFile(this::take);
    file.read(path);
    List<String> notes = new ArrayList<>();
    if (file.isCut()) {
      notes.add("the perf.data file is cut: perf was ended, or the disk is full");
    }
    return pairing.tally(file.lostEvents(), notes);
  }

  /// The processes that had any event in the file.
  public Set<Integer> processesSeen() {
    return Set.copyOf(processesSeen);
  }

  private void take(PerfEvent event) {
    if (excludedProcesses.contains(event.pid())) {
      return;
    }
    processesSeen.add(event.pid());
    switch (event) {
      case PerfEvent.Enter enter -> enter(enter);
      case PerfEvent.Exit exit -> exit(exit);
      case PerfEvent.Named named -> pairing.name(thread(named), named.name(), named.byExec());
      case PerfEvent.Forked forked -> pairing.fork(forked.parentTid(), forked.pid(), forked.tid());
      case PerfEvent.Ended ended -> pairing.endOfThread(ended.tid());
    }
  }

  private ObservedThread thread(PerfEvent event) {
    return pairing.thread(event.pid(), event.tid());
  }

  private void enter(PerfEvent.Enter event) {
    Call call = calls.byNumber(event.number());
    String request =
        call.request == RequestArgument.NONE
            ? null
            : call.request.describe(event.secondArgument() & 0xffffffffL);
    pairing.begin(thread(event), event.timeNanos(), call, request);
  }

  private void exit(PerfEvent.Exit event) {
    // rt_sigreturn has replaced the number by that of no call.
    Call call = event.number() < 0 ? null : calls.byNumber(event.number());
    pairing.end(thread(event), event.timeNanos(), call, event.result());
  }
}
