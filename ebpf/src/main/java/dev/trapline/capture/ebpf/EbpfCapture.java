// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.trapline.TraplineException;
import dev.trapline.capture.CallRate;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.capture.KernelActivity;
import dev.trapline.capture.KvmActivity;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.LibC;
import dev.trapline.host.ProcFs;
import dev.trapline.syscall.Architecture;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// One life of the programs in `syscalls.bpf.c`: open, set the constants, load, attach, mark the
/// targets, and at the end detach and read.
///
/// All counting happens in the kernel, in slots that belong to one thread each. This side maps the
/// slots and reads them without a syscall: those of threads that ended (by exit or by exec) every
/// [#HARVEST_NANOS], so that their room serves others, and the rest after everything is detached.
/// Links hold the programs: if this process dies, the kernel detaches them.
///
/// The order of start matters. Attach first, then mark the tasks of a running target, and mark
/// again until a walk finds none unmarked: a thread born meanwhile is marked by its parent's fork
/// or by the next walk. A launched program is armed for instead: a child that we fork while armed
/// is marked at its exec, so nothing before it is counted.
public final class EbpfCapture implements Capture {
  private static final String OBJECT = "syscalls.bpf.o";
  private static final long HARVEST_NANOS = 50_000_000;

  /// How many slots and thread records there are at one time.
  record Room(int slots, int threads) {
    private static final int SLOTS_PER_THREAD = 4;

    /// Slots have some 2.7 kB: 22 MB for chosen targets, 88 MB for a whole machine.
    static Room forTarget(CaptureTarget target) {
      int slots = target instanceof CaptureTarget.Everything ? 32_768 : 8_192;
      return new Room(slots, slots / SLOTS_PER_THREAD);
    }
  }

  private static final int MARKED_TARGETS = 0;
  private static final int EVERY_TARGET = 1;
  private static final int CGROUP_TARGET = 2;

  private static final int VERIFIER_LINES = 8;
  private static final int O_DIRECTORY = 0200000;

  /// Program in `syscalls.bpf.c` -> tracepoint, which a kernel without it does without.
  private static final SortedMap<String, String> OPTIONAL_PROGRAMS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("on_guest_entry", "kvm_entry"),
              Map.entry("on_guest_exit", "kvm_exit"),
              Map.entry("on_guest_return", "kvm_userspace_exit"),
              Map.entry("on_message_interrupt", KvmActivity.MSI),
              Map.entry("on_line_interrupt", KvmActivity.LINE),
              Map.entry("on_interrupt_at_entry", KvmActivity.AT_ENTRY),
              Map.entry("on_softirq_entry", "softirq_entry"),
              Map.entry("on_softirq_exit", "softirq_exit"),
              Map.entry("on_tcp_retransmit", "tcp_retransmit_skb"),
              Map.entry("on_io_uring_submit", "io_uring_submit_req"),
              Map.entry("on_io_uring_submit_old", "io_uring_submit_sqe")));

  /// A program at a function of KVM's: it needs the function tracer besides, which shows when it is
  /// attached.
  private static final String KICK_PROGRAM = "on_kick";

  private static final String KICK_FUNCTION = "ioeventfd_write";

  /// What was found out in this process; the kernel is the same for all captures.
  private static volatile @Nullable String kicksRefusedBecause;

  private static final List<String> LIFE_PROGRAMS =
      List.of("on_rename", "on_exit", "on_exec", "on_fork");
  private static final String COUNTING_PROGRAM = "on_sys_exit";
  private static final List<String> TIMED_PROGRAMS =
      List.of("on_waking", "on_switch", "on_sys_enter");

  private final CaptureLevel level;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment object;
  private final List<MemorySegment> links = new ArrayList<>();
  private final List<String> missingTracepoints = new ArrayList<>();
  private @Nullable String kicksUnwatchedBecause;
  private final List<String> roles = new ArrayList<>(List.of(TARGET_ROLE));
  private final Map<Integer, Integer> roleOfTarget = new TreeMap<>();
  private final SlotReader reader;
  private final MemorySegment control;
  private final MemorySegment softirqs;
  private final MemorySegment vcpus;
  private final int possibleCpus;
  private final int cgroupDescriptor;
  private final CallRates rates;
  private long stoppedAt;
  private volatile boolean harvesting = true;
  private @Nullable Thread harvester;
  private boolean closed;

  /// @param withoutKicksBecause null if the program that counts kicks is to be loaded
  private EbpfCapture(
      CaptureTarget target, CaptureLevel level, Room room, @Nullable String withoutKicksBecause)
      throws Libbpf.BpfFailure {
    this.level = level;
    this.kicksUnwatchedBecause = withoutKicksBecause;
    this.possibleCpus = possibleCpus();
    Architecture architecture = Architecture.current().orElseThrow(EbpfCapture::unknownMachine);
    SyscallTraits traits = new SyscallTraits(architecture);
    Libbpf.takeWarnings();
    this.object = Libbpf.open(objectBytes(), arena);
    int cgroup = -1;
    try {
      chooseProgramsAndConfigure(target, traits, room);
      size("slots", room.slots);
      size("free_slots", room.slots);
      size("threads", room.threads);
      size("free_threads", room.threads);
      size("softirqs", possibleCpus);
      size("vcpus", level == CaptureLevel.FULL ? EbpfLayout.VCPU_RECORDS : 1);
      Libbpf.load(object);
      control = mapped("control", EbpfLayout.CONTROL.byteSize(), 1);
      vcpus =
          mapped(
              "vcpus",
              EbpfLayout.VCPU.byteSize(),
              level == CaptureLevel.FULL ? EbpfLayout.VCPU_RECORDS : 1);
      softirqs = mapped("softirqs", EbpfLayout.SOFTIRQ.byteSize(), possibleCpus);
      reader =
          new SlotReader(
              mapped("threads", EbpfLayout.THREAD.byteSize(), room.threads),
              mapped("slots", EbpfLayout.SLOT.byteSize(), room.slots),
              Libbpf.descriptor(Libbpf.map(object, "free_threads")),
              Libbpf.descriptor(Libbpf.map(object, "free_slots")),
              traits,
              level);
      if (target instanceof CaptureTarget.Cgroup group) {
        cgroup = chooseCgroup(group.path());
      }
      attach();
      if (target instanceof CaptureTarget.Processes processes) {
        mark(Map.of(TARGET_ROLE, processes.pids()));
      } else if (target instanceof CaptureTarget.Roles running) {
        mark(running.pidsByRole());
      }
    } catch (Libbpf.BpfFailure | RuntimeException failure) {
      release(cgroup);
      throw failure;
    }
    this.cgroupDescriptor = cgroup;
    this.rates = new CallRates(System.nanoTime());
  }

  /// Starts to count.
  ///
  /// @throws TraplineException `BPF-LOAD` with the verifier's words, `BPF-DENIED`, `CGROUP-MISSING`
  ///   or `PROCESS-MISSING`
  static EbpfCapture start(CaptureTarget target, CaptureLevel level) {
    return start(target, level, Room.forTarget(target));
  }

  /// The same with less room, to see what happens when it is used up.
  static EbpfCapture start(CaptureTarget target, CaptureLevel level, Room room) {
    try {
      EbpfCapture capture = loaded(target, level, room);
      capture.harvester =
          Thread.ofPlatform().daemon().name("harvester").start(capture::harvestUntilStopped);
      return capture;
    } catch (Libbpf.BpfFailure failure) {
      throw explained(failure);
    }
  }

  /// With kicks, or else without: a kernel may refuse programs at its functions, or at this one,
  /// that takes those at its tracepoints.
  private static EbpfCapture loaded(CaptureTarget target, CaptureLevel level, Room room)
      throws Libbpf.BpfFailure {
    String refusedBefore = kicksRefusedBecause;
    if (level == CaptureLevel.LIGHT || refusedBefore != null) {
      return new EbpfCapture(target, level, room, refusedBefore);
    }
    try {
      return new EbpfCapture(target, level, room, null);
    } catch (Libbpf.BpfFailure refused) {
      String because =
          "the kernel took no program at its function "
              + KICK_FUNCTION
              + ": "
              + refused.getMessage();
      EbpfCapture without = new EbpfCapture(target, level, room, because);
      kicksRefusedBecause = because;
      return without;
    }
  }

  /// Loads and attaches everything once, for the doctor.
  static void tryLoad() {
    start(new CaptureTarget.Launched(), CaptureLevel.FULL).close();
  }

  private static TraplineException explained(Libbpf.BpfFailure failure) {
    List<String> warnings = Libbpf.takeWarnings();
    if (failure.errno() == 1 || (failure.errno() == 13 && warnings.size() < 3)) {
      return new TraplineException(
          "BPF-DENIED",
          "the kernel refused BPF: " + failure.getMessage() + ".",
          "run as root with CAP_BPF and CAP_PERFMON; in a container, on the host: see 'trapline"
              + " doctor'",
          failure);
    }
    // The verifier ends with what it objects to; what comes before fills screens.
    List<String> lines = String.join("\n", warnings).lines().toList();
    String words =
        String.join("\n", lines.subList(Math.max(0, lines.size() - VERIFIER_LINES), lines.size()));
    return new TraplineException(
        "BPF-LOAD",
        "this kernel did not take the BPF programs: " + failure.getMessage() + ".\n" + words,
        "use --capture perf or --capture strace, and report this with 'uname -r'",
        failure);
  }

  private static TraplineException unknownMachine() {
    return new TraplineException(
        "ARCHITECTURE",
        "the eBPF capture knows x86-64 and arm64, not " + System.getProperty("os.arch") + ".",
        "use --capture strace");
  }

  private static byte[] objectBytes() {
    try (InputStream stream = EbpfCapture.class.getResourceAsStream(OBJECT)) {
      if (stream == null) {
        throw new IllegalStateException(OBJECT + " is not in the jar: build with ./trapline");
      }
      return stream.readAllBytes();
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static int possibleCpus() {
    // "0-3,8-11": the last number is the largest.
    try {
      String text = Files.readString(Path.of("/sys/devices/system/cpu/possible")).strip();
      String last = text.substring(Math.max(text.lastIndexOf(','), text.lastIndexOf('-')) + 1);
      return Integer.parseInt(last) + 1;
    } catch (IOException | NumberFormatException failure) {
      return Runtime.getRuntime().availableProcessors();
    }
  }

  private void chooseProgramsAndConfigure(CaptureTarget target, SyscallTraits traits, Room room)
      throws Libbpf.BpfFailure {
    boolean canCast;
    try (Libbpf.KernelTypes types = new Libbpf.KernelTypes()) {
      canCast = types.hasFunction("bpf_rdonly_cast");
      if (level == CaptureLevel.LIGHT) {
        kicksUnwatchedBecause = "the capture was of level light, which does not watch KVM";
      } else if (kicksUnwatchedBecause == null && !types.hasFunction(KICK_FUNCTION, "kvm")) {
        kicksUnwatchedBecause = "the kernel's BTF has no function " + KICK_FUNCTION;
      }
      Libbpf.setAutoload(Libbpf.program(object, KICK_PROGRAM), kicksUnwatchedBecause == null);
      for (var program : OPTIONAL_PROGRAMS.entrySet()) {
        boolean fromModule = program.getValue().startsWith("kvm_");
        boolean present =
            types.hasTracepoint(program.getValue())
                || (fromModule && Files.exists(Path.of("/sys/kernel/btf/kvm")));
        // Softirqs come with every packet: their two clock reads were half the price of level
        // light.
        boolean timesOnly = fromModule || program.getValue().startsWith("softirq_");
        boolean wanted = present && (level == CaptureLevel.FULL || !timesOnly);
        Libbpf.setAutoload(Libbpf.program(object, program.getKey()), wanted);
        if (!wanted) {
          missingTracepoints.add(program.getValue());
        }
      }
    }
    for (String program : TIMED_PROGRAMS) {
      Libbpf.setAutoload(Libbpf.program(object, program), level == CaptureLevel.FULL);
    }
    MemorySegment config = arena.allocate(EbpfLayout.CONFIG);
    set(config, "target_mode", modeOf(target));
    set(config, "timed", level == CaptureLevel.FULL ? 1 : 0);
    set(config, "own_tgid", (int) ProcessHandle.current().pid());
    set(config, "slot_limit", room.slots);
    set(config, "thread_limit", room.threads);
    set(config, "can_cast", canCast ? 1 : 0);
    short[] table = traits.table();
    MemorySegment.copy(
        table,
        0,
        config,
        JAVA_SHORT,
        EbpfLayout.offset(EbpfLayout.CONFIG, "syscall_traits"),
        table.length);
    Libbpf.setInitialValue(Libbpf.map(object, ".rodata.config"), config);
  }

  private static void set(MemorySegment config, String field, int value) {
    config.set(JAVA_INT, EbpfLayout.offset(EbpfLayout.CONFIG, field), value);
  }

  private static int modeOf(CaptureTarget target) {
    return switch (target) {
      case CaptureTarget.Launched launched -> MARKED_TARGETS;
      case CaptureTarget.Roles running -> MARKED_TARGETS;
      case CaptureTarget.Processes processes -> MARKED_TARGETS;
      case CaptureTarget.Everything everything -> EVERY_TARGET;
      case CaptureTarget.Cgroup cgroup -> CGROUP_TARGET;
    };
  }

  private void size(String map, int entries) throws Libbpf.BpfFailure {
    Libbpf.setMaxEntries(Libbpf.map(object, map), entries);
  }

  private MemorySegment mapped(String map, long valueBytes, long entries) throws Libbpf.BpfFailure {
    try {
      return LibC.mapShared(
          Libbpf.descriptor(Libbpf.map(object, map)), valueBytes * entries, arena);
    } catch (LibC.Failure failure) {
      throw new Libbpf.BpfFailure("map " + map, failure.errno());
    }
  }

  private int chooseCgroup(Path path) throws Libbpf.BpfFailure {
    int descriptor;
    try {
      descriptor = LibC.open(path.toString(), O_DIRECTORY);
    } catch (LibC.Failure failure) {
      throw new TraplineException(
          "CGROUP-MISSING",
          "the cgroup " + path + " cannot be opened: " + failure.getMessage() + ".",
          "name a folder below /sys/fs/cgroup (version 2), as systemd-cgls shows them",
          failure);
    }
    try (Arena call = Arena.ofConfined()) {
      Libbpf.update(
          Libbpf.descriptor(Libbpf.map(object, "cgroups")),
          call.allocateFrom(JAVA_INT, 0),
          call.allocateFrom(JAVA_INT, descriptor));
    } catch (Libbpf.BpfFailure failure) {
      LibC.close(descriptor);
      throw new TraplineException(
          "CGROUP-MISSING",
          path + " is not a cgroup of version 2: " + failure.getMessage() + ".",
          "name a folder below /sys/fs/cgroup, as systemd-cgls shows them",
          failure);
    }
    return descriptor;
  }

  private void attach() throws Libbpf.BpfFailure {
    // Exit of a task before anything that marks one, so that no marked task ends unseen. What
    // counts comes last, and is the first to be detached: a call that it sees return has been seen
    // to enter, but for the one that each thread may have been in at the start.
    List<String> programs = new ArrayList<>(LIFE_PROGRAMS);
    for (var program : OPTIONAL_PROGRAMS.entrySet()) {
      if (!missingTracepoints.contains(program.getValue())) {
        programs.add(program.getKey());
      }
    }
    if (kicksUnwatchedBecause == null) {
      try {
        links.add(Libbpf.attach(Libbpf.program(object, KICK_PROGRAM), KICK_PROGRAM));
      } catch (Libbpf.BpfFailure refused) {
        kicksUnwatchedBecause =
            "the kernel let nothing be attached to its function "
                + KICK_FUNCTION
                + ": "
                + refused.getMessage();
      }
    }
    if (level == CaptureLevel.FULL) {
      programs.addAll(TIMED_PROGRAMS);
    }
    programs.add(COUNTING_PROGRAM);
    for (String program : programs) {
      links.add(Libbpf.attach(Libbpf.program(object, program), program));
    }
  }

  private void mark(Map<String, ? extends Set<Integer>> pidsByRole) throws Libbpf.BpfFailure {
    int targets = Libbpf.descriptor(Libbpf.map(object, "targets"));
    try (Arena call = Arena.ofConfined()) {
      for (Map.Entry<String, ? extends Set<Integer>> entry : pidsByRole.entrySet()) {
        MemorySegment role = call.allocateFrom(JAVA_INT, indexOf(entry.getKey()));
        for (int pid : entry.getValue()) {
          requireProcess(pid);
          roleOfTarget.put(pid, indexOf(entry.getKey()));
          Libbpf.update(targets, call.allocateFrom(JAVA_INT, pid), role);
        }
      }
    }
    MemorySegment walk = Libbpf.program(object, "mark_targets");
    long before;
    do {
      before = counter("newly_marked");
      Libbpf.iterate(walk, "mark_targets");
    } while (counter("newly_marked") != before);
  }

  private static void requireProcess(int pid) {
    String group =
        ProcFs.read(pid + "/status")
            .flatMap(status -> status.lines().filter(line -> line.startsWith("Tgid:")).findFirst())
            .map(line -> line.substring("Tgid:".length()).strip())
            .orElseThrow(() ->
                new TraplineException(
                    "PROCESS-MISSING",
                    "there is no process " + pid + ".",
                    "list processes with: ps -e -o pid,comm"));
    if (!group.equals(Integer.toString(pid))) {
      throw new TraplineException(
          "PROCESS-MISSING",
          pid + " is a thread of process " + group + ", and a process is observed as a whole.",
          "name the process: -p " + group);
    }
  }

  private long counter(String field) {
    return control.get(JAVA_LONG, EbpfLayout.offset(EbpfLayout.CONTROL, field));
  }

  @Override
  public ChildProcess launch(Launch launch, String role) {
    int index = indexOf(role);
    return ChildProcess.startWith(launch, () -> arm(index), this::disarm);
  }

  /// By which the kernel program knows a role.
  private int indexOf(String role) {
    synchronized (roles) {
      if (!roles.contains(role)) {
        roles.add(role);
      }
      return roles.indexOf(role);
    }
  }

  private void arm(int role) {
    control.set(JAVA_INT, EbpfLayout.offset(EbpfLayout.CONTROL, "armed_role"), role);
    control.set(
        JAVA_INT,
        EbpfLayout.offset(EbpfLayout.CONTROL, "armed_tgid"),
        (int) ProcessHandle.current().pid());
  }

  private void disarm() {
    control.set(JAVA_INT, EbpfLayout.offset(EbpfLayout.CONTROL, "armed_tgid"), 0);
  }

  private void harvestUntilStopped() {
    while (harvesting) {
      LockSupport.parkNanos(HARVEST_NANOS);
      reader.harvestEnded();
      long now = System.nanoTime();
      if (harvesting && rates.isDue(now)) {
        Map<Integer, Long> calls = reader.callsByRole(counter("slots_used"));
        rates.add(now, calls, System.nanoTime() - now);
      }
    }
  }

  private void stopHarvester() {
    harvesting = false;
    Thread thread = harvester;
    if (thread == null) {
      return;
    }
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public CaptureResult stop() {
    if (closed) {
      throw new IllegalStateException("this capture was stopped already");
    }
    detach();
    stopHarvester();
    try {
      if (level == CaptureLevel.FULL) {
        Libbpf.iterate(Libbpf.program(object, "count_in_flight"), "count_in_flight");
      }
    } catch (Libbpf.BpfFailure failure) {
      throw explained(failure);
    }
    reader.harvestAll();
    Completeness completeness =
        new Completeness(
            missedRuns(),
            counter("dropped_calls"),
            counter("threads_missed"),
            counter("in_flight_at_start"),
            counter("in_flight_at_end"),
            counter("cut_short_by_exit"),
            List.of());
    SortedMap<String, Tally> tallies = new TreeMap<>();
    SortedMap<String, CaptureResult.ContextSwitches> switches = new TreeMap<>();
    SortedMap<String, CallRate> callRates = new TreeMap<>();
    for (int role = 0; role < roles.size(); role++) {
      if (role > 0 || reader.hasSeen(role) || roles.size() == 1) {
        Tally tally = reader.tally(role);
        tallies.put(roles.get(role), tally);
        switches.put(roles.get(role), reader.contextSwitches(role));
        callRates.put(roles.get(role), rates.of(role, stoppedAt, tally.calls()));
      }
    }
    CaptureResult result =
        new CaptureResult(
            tallies,
            completeness,
            activity(),
            level == CaptureLevel.FULL ? switches : null,
            guests(tallies),
            callRates);
    close();
    return result;
  }

  /// Events for which the kernel did not run a program, because the same program was running on
  /// that CPU already. It does so for none of the events that we count from; if that ever changes,
  /// it is told.
  private long missedRuns() {
    List<String> programs = new ArrayList<>(LIFE_PROGRAMS);
    programs.add(COUNTING_PROGRAM);
    if (level == CaptureLevel.FULL) {
      programs.addAll(TIMED_PROGRAMS);
    }
    long sum = 0;
    try {
      for (String program : programs) {
        sum += Libbpf.missedRuns(Libbpf.program(object, program));
      }
    } catch (Libbpf.BpfFailure failure) {
      throw explained(failure);
    }
    return sum;
  }

  private KernelActivity activity() {
    Long receive = null;
    Long receives = null;
    Long transmit = null;
    Long transmits = null;
    if (!missingTracepoints.contains("softirq_entry")) {
      receive = softirqSum("receive_nanos");
      receives = softirqSum("receive_count");
      transmit = softirqSum("transmit_nanos");
      transmits = softirqSum("transmit_count");
    }
    SortedMap<String, Long> operations = null;
    if (!missingTracepoints.contains("io_uring_submit_req")
        || !missingTracepoints.contains("io_uring_submit_sqe")) {
      operations = new TreeMap<>();
      long offset = EbpfLayout.offset(EbpfLayout.CONTROL, "io_uring_operations");
      for (int opcode = 0; opcode < EbpfLayout.IO_URING_OPCODES; opcode++) {
        long count = control.get(JAVA_LONG, offset + opcode * 8L);
        if (count > 0) {
          operations.put(IoUringOpcode.name(opcode), count);
        }
      }
    }
    Long retransmissions =
        missingTracepoints.contains("tcp_retransmit_skb") ? null : counter("tcp_retransmissions");
    return new KernelActivity(receive, receives, transmit, transmits, retransmissions, operations);
  }

  /// What KVM did, by role. At level light nothing of it is watched: then only that a role has a
  /// guest can be known, by its calls.
  private SortedMap<String, KvmActivity> guests(SortedMap<String, Tally> tallies) {
    GuestReader.Seen seen =
        new GuestReader.Seen(
            attached("kvm_entry") && attached("kvm_exit"),
            attached("kvm_userspace_exit"),
            attached(KvmActivity.MSI),
            attached(KvmActivity.LINE),
            attached(KvmActivity.AT_ENTRY),
            kicksUnwatchedBecause);
    GuestReader guests =
        new GuestReader(
            vcpus,
            (int) Math.min(counter("vcpus_used"), EbpfLayout.VCPU_RECORDS),
            seen,
            counter("unattributed_injections"));
    SortedMap<String, KvmActivity> byRole = new TreeMap<>();
    for (int role = 0; role < roles.size(); role++) {
      Tally tally = tallies.getOrDefault(roles.get(role), Tally.EMPTY);
      boolean calledRun =
          tally.counts().keySet().stream().anyMatch(key -> "KVM_RUN".equals(key.request()));
      KvmActivity activity = guests.activity(role, calledRun, servedInjections(role));
      if (activity != null) {
        byRole.put(roles.get(role), seen.nothing() ? unwatched() : activity);
      }
    }
    if (counter("vcpus_missed") > 0) {
      byRole.replaceAll((role, some) ->
          KvmActivity.unknown(
              "more than " + EbpfLayout.VCPU_RECORDS + " threads ran guests or raised interrupts"));
    }
    return byRole;
  }

  private KvmActivity unwatched() {
    return KvmActivity.unknown(
        level == CaptureLevel.LIGHT
            ? "the capture was of level light, which does not watch KVM"
            : "the kernel had no tracepoints of KVM when the capture began; is the module loaded?");
  }

  private boolean attached(String tracepoint) {
    return !missingTracepoints.contains(tracepoint);
  }

  /// Interrupts that kernel threads raised for the processes of a role: messages, lines.
  private long[] servedInjections(int role) {
    long[] sums = new long[2];
    Map<Integer, Integer> roleOfProcess = new TreeMap<>(reader.roleOfProcess());
    roleOfProcess.putAll(roleOfTarget);
    int served;
    try (Arena call = Arena.ofConfined()) {
      served = Libbpf.descriptor(Libbpf.map(object, "served"));
      MemorySegment key = call.allocate(JAVA_INT);
      MemorySegment value = call.allocate(EbpfLayout.SERVED);
      for (Map.Entry<Integer, Integer> process : roleOfProcess.entrySet()) {
        if (process.getValue() == role) {
          key.set(JAVA_INT, 0, process.getKey());
          if (Libbpf.lookUp(served, key, value)) {
            sums[0] += value.get(JAVA_LONG, EbpfLayout.offset(EbpfLayout.SERVED, "messages"));
            sums[1] += value.get(JAVA_LONG, EbpfLayout.offset(EbpfLayout.SERVED, "lines"));
          }
        }
      }
    } catch (Libbpf.BpfFailure failure) {
      throw explained(failure);
    }
    return sums;
  }

  private long softirqSum(String field) {
    long sum = 0;
    for (int cpu = 0; cpu < possibleCpus; cpu++) {
      sum +=
          softirqs.get(
              JAVA_LONG,
              cpu * EbpfLayout.SOFTIRQ.byteSize() + EbpfLayout.offset(EbpfLayout.SOFTIRQ, field));
    }
    return sum;
  }

  private void detach() {
    if (links.isEmpty()) {
      return;
    }
    Libbpf.detach(links.removeLast());
    // The clock of bpf_ktime_get_ns and of nanoTime is CLOCK_MONOTONIC.
    stoppedAt = System.nanoTime();
    control.set(JAVA_LONG, EbpfLayout.offset(EbpfLayout.CONTROL, "stopped_at"), stoppedAt);
    for (MemorySegment link : links.reversed()) {
      Libbpf.detach(link);
    }
    links.clear();
    Libbpf.awaitRunningPrograms();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      detach();
      stopHarvester();
      release(cgroupDescriptor);
    }
  }

  private void release(int cgroup) {
    detach();
    if (cgroup >= 0) {
      LibC.close(cgroup);
    }
    Libbpf.close(object);
    arena.close();
  }
}
