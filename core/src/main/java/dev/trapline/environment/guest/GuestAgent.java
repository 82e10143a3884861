// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.guest;

import dev.trapline.TraplineException;
import dev.trapline.environment.GuestMachine;
import dev.trapline.environment.GuestProgram;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The host's end of the serial line to a guest's `init`, where the protocol is written down. One
/// port serves the kernel's messages and all of this, since some monitors have no second.
///
/// Whatever the guest says is untrusted: a line is ours only if it has its own length in it, and a
/// file only if its checksum is right.
final class GuestAgent {
  private static final Pattern OURS = Pattern.compile("TRAPLINE (\\d{1,5}) (.*)");
  private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/]+={0,2}");
  private static final Pattern PLAIN_WORD = Pattern.compile("[A-Za-z0-9._:/=,@%+-]+");
  private static final Pattern SHELL_TIME = Pattern.compile("(\\d+)m(\\d+)\\.(\\d{1,9})s");

  /// `panic()` of kernel/panic.c.
  private static final String PANIC = "Kernel panic - not syncing";

  /// A byte from here on, up to 255, says that a program has ended: this plus the program's number,
  /// modulo [#NUMBERS]. The kernel and we speak ASCII.
  private static final int FIRST_END = 128;

  private static final int NUMBERS = 128;

  private static final Duration ACKNOWLEDGED_WITHIN = Duration.ofSeconds(10);
  private static final int ATTEMPTS = 3;
  private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(30);
  private static final Duration DELIVERED_WITHIN = Duration.ofSeconds(60);
  private static final int QUOTED_LINES = 8;
  private static final int QUOTED_CHARACTERS = 160;
  private static final int LONGEST_LINE = 8192;

  /// More than any tool of ours prints; a guest must not fill the host's memory.
  private static final int LARGEST_FILE = 64 << 20;

  private final String name;
  private final InputStream fromGuest;
  private final OutputStream toGuest;
  private final Path console;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private final Deque<String> lastLines = new ArrayDeque<>();

  /// By number, modulo [#NUMBERS]: one that was never taken leave of gives way to a later one.
  private final Map<Integer, Program> programs = new HashMap<>();

  private @Nullable String ready;
  private @Nullable String failed;
  private boolean ended;
  private @Nullable String panic;
  private int acknowledged;
  private int commands;
  private int made;
  private @Nullable Delivery delivery;

  /// A file that is coming in.
  private static final class Delivery {
    private final String what;
    private final int bytes;
    private final String sha256;
    private final StringBuilder text = new StringBuilder();
    private boolean finished;

    private Delivery(String what, int bytes, String sha256) {
      this.what = what;
      this.bytes = bytes;
      this.sha256 = sha256;
    }
  }

  /// @param name of the machine, for words
  /// @param console file that everything the guest says is kept in
  GuestAgent(String name, InputStream fromGuest, OutputStream toGuest, Path console) {
    this.name = name;
    this.fromGuest = fromGuest;
    this.toGuest = toGuest;
    this.console = console;
    Thread.ofPlatform().daemon().name("serial " + name).start(this::read);
  }

  private void read() {
    // Appended to: a machine that is started again has the same console.
    try (OutputStream kept =
        Files.newOutputStream(
            console,
            java.nio.file.StandardOpenOption.CREATE,
            java.nio.file.StandardOpenOption.APPEND)) {
      byte[] buffer = new byte[4096];
      StringBuilder line = new StringBuilder();
      for (int count = fromGuest.read(buffer); count >= 0; count = fromGuest.read(buffer)) {
        keep(buffer, count, kept);
        for (int index = 0; index < count; index++) {
          char character = (char) (buffer[index] & 0xff);
          if (character >= FIRST_END) {
            // It is no part of any line, wherever it comes.
            hearEnd(character - FIRST_END);
          } else if (character == '\n' || line.length() == LONGEST_LINE) {
            hear(line.toString());
            line.setLength(0);
          } else if (character != '\r') {
            line.append(character);
          }
        }
      }
      hear(line.toString());
    } catch (IOException closed) {
      // The monitor has ended; or the console cannot be kept, and then nothing can be told of it.
    } finally {
      update(() -> ended = true);
    }
  }

  /// In ASCII, so that it is a text: of any other byte its hexadecimal digits, such as `<85>`.
  private static void keep(byte[] heard, int count, OutputStream kept) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream(count);
    for (int index = 0; index < count; index++) {
      int character = heard[index] & 0xff;
      if (character < FIRST_END) {
        text.write(character);
      } else {
        text.writeBytes(
            ("<" + Integer.toHexString(character) + ">").getBytes(StandardCharsets.US_ASCII));
      }
    }
    text.writeTo(kept);
  }

  private void hearEnd(int number) {
    update(() -> {
      Program program = programs.get(number);
      if (program != null) {
        program.over = true;
      }
    });
  }

  private void update(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void hear(String line) {
    update(() -> {
      Matcher ours = OURS.matcher(line);
      if (ours.find() && Integer.parseInt(ours.group(1)) == ours.group(2).length()) {
        obey(ours.group(2).split(" ", -1), ours.group(2));
        return;
      }
      Delivery coming = delivery;
      if (coming != null && !coming.finished && BASE64.matcher(line).matches()) {
        if (coming.text.length() < LARGEST_FILE) {
          coming.text.append(line);
        }
        return;
      }
      if (line.contains(PANIC) && panic == null) {
        panic = line.substring(line.indexOf(PANIC));
      }
      String words = printable(line);
      if (!words.isEmpty()) {
        lastLines.addLast(words);
        if (lastLines.size() > QUOTED_LINES) {
          lastLines.removeFirst();
        }
      }
    });
  }

  private static String printable(String line) {
    String words =
        line.replaceAll("\u001b\\[[0-9;?]*[A-Za-z]", "").replaceAll("[^ -~]+", " ").strip();
    return words.substring(0, Math.min(words.length(), QUOTED_CHARACTERS));
  }

  /// What is malformed in spite of its right length is left unheard.
  private void obey(String[] words, String all) {
    try {
      switch (words[0]) {
        case "READY" -> ready = words[1];
        case "FAILED" -> failed = printable(all.substring("FAILED".length()));
        case "ACK" -> acknowledged = Integer.parseInt(words[1]);
        case "ARMED" -> program(words[1]).ifPresent(program -> program.armed = true);
        case "LISTENING" -> program(words[1]).ifPresent(program -> program.listening = true);
        case "ENDED" ->
            program(words[1])
                .ifPresent(program ->
                    program.end =
                        new GuestProgram.End(
                            Integer.parseInt(words[2]), cpuNanos(words[3], words[4])));
        case "BEGIN" -> {
          int bytes = Integer.parseInt(words[3]);
          delivery = new Delivery(words[1] + " " + words[2], bytes, words[4]);
        }
        case "FINISH" -> {
          Delivery coming = delivery;
          if (coming != null && coming.what.equals(words[1] + " " + words[2])) {
            coming.finished = true;
          }
        }
        default -> {
          // A word of no protocol of ours.
        }
      }
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException malformed) {
      lastLines.addLast(printable(all));
    }
  }

  private Optional<Program> program(String id) {
    return Optional.ofNullable(programs.get(Integer.parseInt(id) % NUMBERS))
        .filter(program -> program.id.equals(id));
  }

  private static @Nullable Long cpuNanos(String user, String system) {
    Matcher first = SHELL_TIME.matcher(user);
    Matcher second = SHELL_TIME.matcher(system);
    return first.matches() && second.matches() ? Long.valueOf(nanos(first) + nanos(second)) : null;
  }

  private static long nanos(Matcher time) {
    String fraction = (time.group(3) + "000000000").substring(0, 9);
    return TimeUnit.MINUTES.toNanos(Long.parseLong(time.group(1)))
        + TimeUnit.SECONDS.toNanos(Long.parseLong(time.group(2)))
        + Long.parseLong(fraction);
  }

  /// Whether the guest can be talked to.
  boolean isAlive() {
    lock.lock();
    try {
      return !ended && panic == null && failed == null;
    } finally {
      lock.unlock();
    }
  }

  /// Waits for the guest's first word.
  ///
  /// @return the release of its kernel
  /// @throws TraplineException `GUEST-NOT-READY`, `GUEST-PANIC`, `VMM-DIED`
  String awaitReady(Duration limit, java.util.function.Supplier<String> monitorSaid)
      throws InterruptedException {
    lock.lockInterruptibly();
    try {
      boolean heard = await(limit, () -> ready != null || failed != null || ended || panic != null);
      String release = ready;
      if (release != null && panic == null && !ended) {
        return release;
      }
      if (failed != null) {
        throw new TraplineException(
            "GUEST-NOT-READY",
            "the guest " + name + " booted, and gave up: " + failed + "." + tail(),
            "see " + console + "; a kernel of your own needs virtio_net for this kind of machine");
      }
      if (heard) {
        throw dead(monitorSaid.get());
      }
      throw new TraplineException(
          "GUEST-NOT-READY",
          "the guest " + name + " said nothing of use within " + limit.toSeconds() + " s." + tail(),
          "see " + console + "; on a slow machine, --guest-ready-within 300");
    } finally {
      lock.unlock();
    }
  }

  /// With the lock held.
  private boolean await(Duration limit, BooleanSupplier condition) throws InterruptedException {
    long left = limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (left <= 0) {
        return false;
      }
      left = changed.awaitNanos(left);
    }
    return true;
  }

  /// With the lock held.
  private void throwIfDead() {
    if (ended || panic != null) {
      throw dead("");
    }
  }

  private TraplineException dead(String monitorSaid) {
    if (panic != null) {
      return new TraplineException(
          "GUEST-PANIC",
          "the kernel of the guest " + name + " panicked: " + printable(panic) + "." + tail(),
          "see " + console);
    }
    return new TraplineException(
        "VMM-DIED",
        "the virtual machine monitor of "
            + name
            + " ended under its guest."
            + (monitorSaid.isEmpty() ? "" : " It said: " + monitorSaid + ".")
            + tail(),
        "see " + console + ", and dmesg for an out-of-memory kill");
  }

  /// The end of what the guest's kernel said.
  private String tail() {
    return lastLines.isEmpty()
        ? " Its console is empty."
        : " Its console ends: " + String.join(" | ", lastLines);
  }

  /// Sends a command until it is acknowledged.
  ///
  /// @throws TraplineException `GUEST-SILENT` if it never is
  private void command(String words) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      int number = ++commands;
      byte[] line =
          (number + " " + words.length() + " " + words + "\n").getBytes(StandardCharsets.US_ASCII);
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        throwIfDead();
        try {
          toGuest.write(line);
          toGuest.flush();
        } catch (IOException closed) {
          ended = true;
          throw dead("");
        }
        if (await(ACKNOWLEDGED_WITHIN, () -> acknowledged == number || ended || panic != null)) {
          throwIfDead();
          return;
        }
      }
      throw new TraplineException(
          "GUEST-SILENT",
          "the guest "
              + name
              + " did not acknowledge a command within "
              + ACKNOWLEDGED_WITHIN.multipliedBy(ATTEMPTS).toSeconds()
              + " s."
              + tail(),
          "see " + console);
    } finally {
      lock.unlock();
    }
  }

  private static String word(String argument) {
    return PLAIN_WORD.matcher(argument).matches()
        ? argument
        : "base64:" + Base64.getEncoder().encodeToString(argument.getBytes(StandardCharsets.UTF_8));
  }

  GuestProgram arm(List<String> words, GuestMachine.Listening listening)
      throws InterruptedException {
    Program program;
    lock.lockInterruptibly();
    try {
      program = new Program(++made);
      programs.put(program.number % NUMBERS, program);
    } finally {
      lock.unlock();
    }
    List<String> sent = new ArrayList<>();
    for (String word : words) {
      sent.add(word(word));
    }
    command(
        "arm "
            + program.id
            + " "
            + listening.transport()
            + " "
            + listening.port()
            + " "
            + String.join(" ", sent));
    answer("arm a program", () -> program.armed);
    return program;
  }

  /// Waits for what a command that was acknowledged leads to.
  private void answer(String what, BooleanSupplier condition) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      boolean heard =
          await(ANSWERED_WITHIN, () -> condition.getAsBoolean() || ended || panic != null);
      throwIfDead();
      if (!heard) {
        throw new TraplineException(
            "GUEST-SILENT",
            "the guest "
                + name
                + " was asked to "
                + what
                + ", and did not answer within "
                + ANSWERED_WITHIN.toSeconds()
                + " s."
                + tail(),
            "see " + console);
      }
    } finally {
      lock.unlock();
    }
  }

  /// Tells everything that is armed to go: an empty line, to which there is no answer.
  private void goAll() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      throwIfDead();
      for (Program program : programs.values()) {
        program.told |= program.armed;
      }
      toGuest.write('\n');
      toGuest.flush();
    } catch (IOException closed) {
      ended = true;
      throw dead("");
    } finally {
      lock.unlock();
    }
  }

  /// A program in the guest, by its number.
  private final class Program implements GuestProgram {
    private final int number;
    private final String id;
    private boolean armed;
    private boolean told;
    private boolean listening;
    private boolean over;
    private GuestProgram.@Nullable End end;

    private Program(int number) {
      this.number = number;
      this.id = Integer.toString(number);
    }

    @Override
    public void go() throws InterruptedException {
      boolean todo;
      lock.lockInterruptibly();
      try {
        todo = !told;
      } finally {
        lock.unlock();
      }
      if (todo) {
        goAll();
      }
    }

    @Override
    public boolean isListening() {
      lock.lock();
      try {
        throwIfDead();
        return listening;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean isAlive() {
      lock.lock();
      try {
        return !over && !ended && panic == null;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean await(Duration limit) throws InterruptedException {
      lock.lockInterruptibly();
      try {
        GuestAgent.this.await(limit, () -> over || ended || panic != null);
        if (!over) {
          throwIfDead();
        }
        return over;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public End end() throws InterruptedException {
      GuestProgram.End known = end;
      if (known == null) {
        command("report " + id);
        answer("tell how a program ended", () -> end != null);
        known = Objects.requireNonNull(end);
      }
      return known;
    }

    @Override
    public void signal(int signal) throws InterruptedException {
      if (isAlive()) {
        command("signal " + id + " " + signal);
      }
    }

    @Override
    public void deliver(Path standardOutput, Path standardError) throws InterruptedException {
      fetch("out", standardOutput);
      fetch("err", standardError);
      command("forget " + id);
      update(() -> programs.remove(number % NUMBERS, this));
    }

    private void fetch(String stream, Path target) throws InterruptedException {
      String problem = "";
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        command("deliver " + id + " " + stream);
        Delivery arrived = arrival(id + " " + stream);
        try {
          Files.write(target, content(arrived));
          return;
        } catch (IOException damaged) {
          problem = String.valueOf(damaged.getMessage());
        }
      }
      throw new TraplineException(
          "GUEST-SILENT",
          "what a program in the guest " + name + " printed could not be fetched: " + problem + ".",
          "see " + console);
    }
  }

  private static byte[] content(@Nullable Delivery arrived) throws IOException {
    if (arrived == null) {
      throw new IOException("it did not come in time");
    }
    return GuestFile.content(arrived.text.toString(), arrived.bytes, arrived.sha256, LARGEST_FILE);
  }

  private @Nullable Delivery arrival(String what) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      await(
          DELIVERED_WITHIN,
          () -> {
            Delivery coming = delivery;
            return ended
                || panic != null
                || (coming != null && coming.what.equals(what) && coming.finished);
          });
      throwIfDead();
      Delivery coming = delivery;
      delivery = null;
      return coming != null && coming.finished && coming.what.equals(what) ? coming : null;
    } finally {
      lock.unlock();
    }
  }
}
