// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.agent;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureSource;
import dev.trapline.environment.NodeFacts;
import dev.trapline.host.Lease;
import dev.trapline.host.MachineSample;
import dev.trapline.remote.wire.Message;
import dev.trapline.remote.wire.Packed;
import dev.trapline.remote.wire.ProtocolFailure;
import dev.trapline.remote.wire.SampleMessage;
import dev.trapline.remote.wire.Wire;
import dev.trapline.store.CaptureJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/// The agent's end of the talk. It is quiet while programs run: heartbeats, and news of an end.
///
/// It ends everything that it started, and then itself, when its input ends, or when nothing has
/// been heard for [Wire#SILENCE], which with the ending is less than ten seconds after the last
/// word. If it is killed, the next agent on this machine ends what it left: see [Lease].
///
/// What the controller says is believed as far as a user of this machine would be: it may run any
/// program, since that is what it is for, but it names no files and can ask for no more memory than
/// the bounds of [Wire] and [Trial].
public final class Agent {
  /// Requests that may wait for their turn; a controller waits for each answer.
  private static final int MOST_WAITING = 1024;

  private static final Duration LOOKS_EVERY = Duration.ofMillis(250);

  /// The ten seconds, less what halting takes.
  private static final Duration LAST_RESORT = Duration.ofMillis(9_300);

  private final List<CaptureSource> sources;
  private final Runnable halt;
  private final BlockingQueue<Message> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
  private final Object ending = new Object();
  private volatile boolean ended;
  private volatile @Nullable Trial trial;
  private @Nullable Lease lease;

  /// @param sources that can count here, best first
  /// @param halt ends the process at once, whatever it is doing: the last resort
  public Agent(List<CaptureSource> sources, Runnable halt) {
    this.sources = List.copyOf(sources);
    this.halt = halt;
  }

  /// Serves one controller until it goes away. Everything that was started has ended then.
  ///
  /// @throws TraplineException `LEASE-FOLDER` if it could not be cleaned up behind it
  public void run(InputStream input, OutputStream output) {
    Lease held = Lease.take(Lease.defaultFolder());
    lease = held;
    String runtime = System.getProperty("trapline.runtime");
    if (runtime != null) {
      OldRuntimes.remove(Path.of(runtime));
    }
    Thread exit = new Thread(this::end, "agent exit");
    Runtime.getRuntime().addShutdownHook(exit);
    try {
      output.write(("\n" + Wire.GREETING + "\n").getBytes(StandardCharsets.US_ASCII));
      Wire wire = new Wire(input, output);
      wire.send(hello());
      Thread.ofPlatform().daemon().name("agent watch").start(() -> watch(wire));
      Thread.ofPlatform().daemon().name("agent beat").start(() -> beat(wire));
      Thread.ofPlatform().daemon().name("agent work").start(() -> work(wire, held));
      listen(wire);
    } catch (IOException goneController) {
      // Nobody is left to be told.
    } finally {
      end();
      try {
        Runtime.getRuntime().removeShutdownHook(exit);
      } catch (IllegalStateException exitsAlready) {
        // Then the hook has run, or runs and finds nothing to do.
      }
    }
  }

  private static Message hello() {
    return Message.empty().with("event", "hello").withTexts("facts", NodeFacts.machine());
  }

  private void listen(Wire wire) throws IOException {
    for (Optional<Wire.Frame> frame = wire.read(); frame.isPresent(); frame = wire.read()) {
      switch (frame.get().kind()) {
        case Wire.HEARTBEAT -> {}
        case Wire.CLOCK -> {
          Instant now = Instant.now();
          wire.sendNumbers(
              Wire.CLOCK,
              frame.get().number(),
              now.getEpochSecond() * 1_000_000_000L + now.getNano());
        }
        case Wire.MESSAGE -> {
          if (!waiting.offer(Message.parse(frame.get().payload()))) {
            throw new ProtocolFailure("asks faster than it can be answered");
          }
        }
        default -> throw new ProtocolFailure("sends bodies, which only agents do");
      }
      if (ended) {
        return;
      }
    }
  }

  private void beat(Wire wire) {
    try {
      while (!ended) {
        Thread.sleep(Wire.HEARTBEAT_EVERY);
        wire.beat();
      }
    } catch (IOException | InterruptedException goneController) {
      // The end of the input tells; or the silence.
    }
  }

  /// It neither writes nor waits for a lock that a writer may hold.
  private void watch(Wire wire) {
    boolean endingBegun = false;
    while (true) {
      Duration silence = wire.silence();
      if (silence.compareTo(Wire.SILENCE) > 0 && !endingBegun) {
        endingBegun = true;
        Thread.ofPlatform()
            .daemon()
            .name("agent end")
            .start(() -> {
              end();
              halt.run();
            });
      }
      if (silence.compareTo(LAST_RESORT) > 0) {
        halt.run();
        return;
      }
      try {
        Thread.sleep(LOOKS_EVERY);
      } catch (InterruptedException interruption) {
        return;
      }
    }
  }

  /// Ends everything that was started. Once; others wait until it is done.
  private void end() {
    ended = true;
    synchronized (ending) {
      Trial running = trial;
      trial = null;
      if (running != null) {
        running.close();
      }
      if (lease != null) {
        lease.close();
        lease = null;
      }
    }
  }

  // ---- requests ------------------------------------------------------------------------

  private void work(Wire wire, Lease held) {
    try {
      while (!ended) {
        Message request = waiting.take();
        long id = request.number("id");
        try {
          wire.send(answer(request, wire, held).with("answer", id));
        } catch (ProtocolFailure tooLong) {
          wire.send(error(misuse("the answer is too long")).with("answer", id));
        }
      }
    } catch (IOException | InterruptedException goneController) {
      // The listener sees that too; of a request without a number nothing can be said.
    }
  }

  private Message answer(Message request, Wire wire, Lease held)
      throws IOException, InterruptedException {
    try {
      return obey(request, wire, held);
    } catch (TraplineException failure) {
      return error(failure);
    } catch (ProtocolFailure failure) {
      return error(misuse("the controller " + failure.getMessage()));
    } catch (RuntimeException | LinkageError bug) {
      return error(misuse("a bug: " + bug));
    }
  }

  private Message obey(Message request, Wire wire, Lease held)
      throws IOException, InterruptedException {
    String asked = request.text("ask");
    switch (asked) {
      case "examine" -> {
        return Message.empty()
            .withTexts(
                "facts",
                NodeFacts.examine(sources, request.text("address"), request.texts("peers")));
      }
      case "sample" -> {
        return SampleMessage.of(MachineSample.take());
      }
      case "begin" -> begin(request, wire, held);
      case "start" -> trial(request).start(request);
      case "stop-capture" -> {
        long id = request.number("id");
        CaptureResult result = trial(request).stopCapture();
        try (Writer lines =
            new OutputStreamWriter(Packed.packing(wire.body(id)), StandardCharsets.UTF_8)) {
          CaptureJson.write(result, lines);
        }
      }
      case "end" -> {
        Trial running = trial;
        if (running != null && running.number() == request.number("trial")) {
          running.close();
          trial = null;
        }
      }
      case "listening" -> {
        return Message.empty().with("listening", program(request).isListening(request));
      }
      case "signal" -> program(request).signal(request.smallNumber("signal"));
      case "fetch" -> {
        long id = request.number("id");
        try (OutputStream body = Packed.packing(wire.body(id))) {
          return Message.empty()
              .with("bytes", program(request).print(request.text("stream"), body));
        }
      }
      default -> throw misuse("it does not know what '" + asked + "' is");
    }
    return Message.empty();
  }

  private void begin(Message request, Wire wire, Lease held) throws ProtocolFailure {
    Trial before = trial;
    if (before != null) {
      // Its end was asked for and could not be done, or the asking was cut short.
      before.close();
      trial = null;
    }
    String wanted = request.textOrNull("source");
    CaptureSource source = null;
    if (wanted != null) {
      source =
          sources.stream()
              .filter(candidate -> candidate.name().equals(wanted))
              .findFirst()
              .orElseThrow(() -> misuse("it has no capture source '" + wanted + "'"));
    }
    Trial begun =
        Trial.begin(request.number("trial"), source, request.textOrNull("level"), wire, held);
    synchronized (ending) {
      trial = begun;
    }
    if (ended) {
      begun.close();
    }
  }

  private Trial trial(Message request) throws ProtocolFailure {
    Trial running = trial;
    if (running == null || running.number() != request.number("trial")) {
      throw misuse("there is no such trial");
    }
    return running;
  }

  private Program program(Message request) throws ProtocolFailure {
    Trial running = trial;
    Program program = running == null ? null : running.program(request.number("program"));
    if (program == null) {
      throw misuse("there is no such program");
    }
    return program;
  }

  static TraplineException misuse(String words) {
    return new TraplineException(
        "NODE-AGENT",
        "the agent cannot do what it was asked: " + words + ".",
        "use one version of Trapline for controller and nodes; otherwise report this");
  }

  private static Message error(TraplineException failure) {
    return Message.empty()
        .with(
            "error",
            Message.empty()
                .with("code", failure.code())
                .with("fact", String.valueOf(failure.getMessage()))
                .with("remedy", failure.remedy()));
  }
}
