// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.environment.ClockReading;
import dev.trapline.environment.NodeFacts;
import dev.trapline.environment.RemoteMachine;
import dev.trapline.environment.RemoteTrial;
import dev.trapline.host.MachineSample;
import dev.trapline.remote.wire.Message;
import dev.trapline.remote.wire.ProtocolFailure;
import dev.trapline.remote.wire.SampleMessage;
import dev.trapline.remote.wire.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The controller's end of the talk with the agent on one node. Between requests nothing passes but
/// heartbeats and the news that a program has ended.
///
/// What the agent says is checked: lengths, kinds, numbers. It gives no names of files, and what it
/// sends is unpacked up to a limit. An agent that breaks the rules is a lost one.
///
/// Closing it ends the agent, and with it all that runs there for us.
public final class AgentConnection implements RemoteMachine {
  /// An agent that answers nothing for so long is stuck, heartbeats or not.
  private static final Duration ANSWERS_WITHIN = Duration.ofMinutes(2);

  private static final Duration GREETS_WITHIN = Duration.ofSeconds(60);

  /// More than [NodeFacts] waits for one that does not answer.
  private static final Duration EACH_PEER = Duration.ofSeconds(4);

  private static final int LONGEST_WORDS = 500;
  private static final Duration LOOKS_EVERY = Duration.ofMillis(250);
  private static final int CLOCK_EXCHANGES = 9;
  private static final Pattern CODE = Pattern.compile("[A-Z][A-Z0-9-]{2,40}");

  private final String name;
  private final Line line;
  private final Wire wire;
  private final AtomicLong numbers = new AtomicLong();
  private final Map<Long, Request> requests = new ConcurrentHashMap<>();
  private final Map<Long, AgentProgram> programs = new ConcurrentHashMap<>();
  private final CompletableFuture<Message> hello = new CompletableFuture<>();
  private final Object losing = new Object();
  private volatile @Nullable TraplineException lost;
  private volatile @Nullable IOException broken;
  private volatile boolean closing;
  private @Nullable SortedMap<String, String> facts;

  /// What waits for an answer.
  ///
  /// @param body where the body of the answer goes, packed as it comes; null if it has none
  private record Request(CompletableFuture<Message> answer, @Nullable Body body) {}

  private AgentConnection(String name, Line line) {
    this.name = name;
    this.line = line;
    this.wire = new Wire(line.input(), line.output());
  }

  /// Starts a program whose standard streams lead to an agent, and waits for the agent's greeting.
  ///
  /// @param name of the node, for errors and tables
  /// @param command program and arguments, such as a Java machine with `Main agent`
  /// @param log file that the errors of the program and of the agent are added to
  /// @throws TraplineException `NODE-AGENT` if no agent greets
  public static AgentConnection start(String name, List<String> command, Path log)
      throws InterruptedException {
    return Nodes.connect(name, command, log);
  }

  /// To be called when the agent's greeting has been read from the line.
  static AgentConnection greeted(String name, Line line) throws InterruptedException {
    line.forgetWords();
    AgentConnection connection = new AgentConnection(name, line);
    Thread.ofPlatform().daemon().name("node " + name).start(connection::listen);
    Thread.ofPlatform().daemon().name("node " + name + " beat").start(connection::beat);
    Thread.ofPlatform().daemon().name("node " + name + " watch").start(connection::watchSilence);
    try {
      Message hello = connection.await(connection.hello, GREETS_WITHIN);
      connection.facts = checked(hello.textsByName("facts"));
      return connection;
    } catch (ProtocolFailure failure) {
      connection.close();
      throw NodeFailure.agent(name, "it " + failure.getMessage(), failure);
    } catch (TraplineException failure) {
      connection.close();
      throw connection.broken instanceof ProtocolFailure misbehaviour
          ? NodeFailure.agent(name, "it " + misbehaviour.getMessage(), failure)
          : failure;
    } catch (InterruptedException | RuntimeException failure) {
      connection.close();
      throw failure;
    }
  }

  // ---- what a machine can do -----------------------------------------------------------

  @Override
  public String name() {
    return name;
  }

  @Override
  public SortedMap<String, String> facts() {
    SortedMap<String, String> known = facts;
    if (known == null) {
      throw new IllegalStateException("asked for facts before the agent's greeting");
    }
    return known;
  }

  @Override
  public boolean isReachable() {
    return lost == null && !closing;
  }

  @Override
  public ClockReading clock() throws InterruptedException {
    List<ClockReading.Exchange> exchanges = new ArrayList<>();
    for (int exchange = 0; exchange < CLOCK_EXCHANGES; exchange++) {
      exchanges.add(exchange());
    }
    return ClockReading.of(exchanges);
  }

  private ClockReading.Exchange exchange() throws InterruptedException {
    long number = numbers.incrementAndGet();
    CompletableFuture<Message> answer = new CompletableFuture<>();
    requests.put(number, new Request(answer, null));
    try {
      checkReachable();
      long askedNanos = nanosOf(Instant.now());
      long before = System.nanoTime();
      wire.sendNumbers(Wire.CLOCK, number);
      Message said = await(answer, ANSWERS_WITHIN);
      return new ClockReading.Exchange(
          askedNanos, said.number("there"), askedNanos + said.number("heard") - before);
    } catch (IOException failure) {
      throw lose(failure);
    } finally {
      requests.remove(number);
    }
  }

  private static long nanosOf(Instant moment) {
    return moment.getEpochSecond() * 1_000_000_000L + moment.getNano();
  }

  @Override
  public SortedMap<String, String> examine(String address, List<String> peers)
      throws InterruptedException {
    Message answer =
        ask(
            Message.empty()
                .with("ask", "examine")
                .with("address", address)
                .withTexts("peers", peers),
            null,
            ANSWERS_WITHIN.plus(EACH_PEER.multipliedBy(peers.size())));
    try {
      return checked(answer.textsByName("facts"));
    } catch (ProtocolFailure failure) {
      throw lose(failure);
    }
  }

  private static SortedMap<String, String> checked(SortedMap<String, String> facts)
      throws ProtocolFailure {
    if (facts.size() > NodeFacts.MOST
        || facts.entrySet().stream()
            .anyMatch(fact ->
                fact.getKey().length() > NodeFacts.LONGEST_NAME
                    || fact.getValue().length() > NodeFacts.LONGEST_VALUE)) {
      throw new ProtocolFailure("sent more facts, or longer ones, than there are");
    }
    return facts;
  }

  @Override
  public MachineSample sample() throws InterruptedException {
    Message answer = ask(Message.empty().with("ask", "sample"), null);
    try {
      return SampleMessage.read(answer);
    } catch (ProtocolFailure failure) {
      throw lose(failure);
    }
  }

  @Override
  public RemoteTrial begin(@Nullable String captureSource, @Nullable CaptureLevel level)
      throws InterruptedException {
    long number = numbers.incrementAndGet();
    ask(
        Message.empty()
            .with("ask", "begin")
            .with("trial", number)
            .with("source", captureSource)
            .with("level", level == null ? null : level.label()),
        null);
    return new AgentTrial(this, number, captureSource != null);
  }

  // ---- requests ------------------------------------------------------------------------

  long nextNumber() {
    return numbers.incrementAndGet();
  }

  void watch(long number, AgentProgram program) {
    programs.put(number, program);
  }

  void forget(long number) {
    programs.remove(number);
  }

  Message ask(Message question, @Nullable Body body) throws InterruptedException {
    return ask(question, body, ANSWERS_WITHIN);
  }

  private Message ask(Message question, @Nullable Body body, Duration limit)
      throws InterruptedException {
    long number = numbers.incrementAndGet();
    CompletableFuture<Message> answer = new CompletableFuture<>();
    requests.put(number, new Request(answer, body));
    try {
      checkReachable();
      wire.send(question.with("id", number));
      Message said = await(answer, limit);
      if (said.has("error")) {
        Message error = said.message("error");
        throw new TraplineException(
            codeOf(error.text("code")),
            "on node " + name + ": " + shortened(error.text("fact")),
            shortened(error.text("remedy")));
      }
      return said;
    } catch (IOException failure) {
      throw lose(failure);
    } finally {
      requests.remove(number);
    }
  }

  private static String shortened(String words) {
    return words.length() > LONGEST_WORDS ? words.substring(0, LONGEST_WORDS) + "..." : words;
  }

  private static String codeOf(String said) throws ProtocolFailure {
    if (!CODE.matcher(said).matches()) {
      throw new ProtocolFailure("sent an error without a code");
    }
    return said;
  }

  void checkReachable() {
    TraplineException failure = lost;
    if (failure != null) {
      throw again(failure);
    }
    if (closing) {
      throw NodeFailure.lost(name, "the connection has been closed", null);
    }
  }

  /// Waits for what the agent will say.
  <T> T await(CompletableFuture<T> answer, Duration limit) throws InterruptedException {
    try {
      return answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException timeout) {
      throw lose(new IOException("no answer came within " + limit.toSeconds() + " s", timeout));
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof TraplineException known) {
        throw again(known);
      }
      throw new IllegalStateException(failure.getCause());
    }
  }

  /// An exception of this very call, with the words of the first.
  static TraplineException again(TraplineException first) {
    return new TraplineException(
        first.code(), String.valueOf(first.getMessage()), first.remedy(), first);
  }

  // ---- the agent's side of the talk ----------------------------------------------------

  private void listen() {
    try {
      for (Optional<Wire.Frame> frame = wire.read(); frame.isPresent(); frame = wire.read()) {
        hear(frame.get());
      }
      lose(new IOException("its end of the connection was closed"));
    } catch (IOException failure) {
      lose(failure);
    } catch (RuntimeException failure) {
      lose(new IOException("its words could not be worked on: " + failure, failure));
    }
  }

  private void hear(Wire.Frame frame) throws IOException {
    switch (frame.kind()) {
      case Wire.HEARTBEAT -> {}
      case Wire.CLOCK -> {
        long heard = System.nanoTime();
        ByteBuffer payload = ByteBuffer.wrap(frame.payload());
        if (payload.remaining() != 2 * Long.BYTES) {
          throw new ProtocolFailure("sent a time of " + payload.remaining() + " bytes");
        }
        Request request = requests.get(payload.getLong());
        if (request != null) {
          request
              .answer()
              .complete(Message.empty().with("there", payload.getLong()).with("heard", heard));
        }
      }
      case Wire.BODY -> {
        Request request = requests.get(frame.number());
        if (request != null && request.body() != null) {
          request.body().take(frame.payload(), Long.BYTES);
        }
      }
      default -> hear(Message.parse(frame.payload()));
    }
  }

  private void hear(Message message) throws ProtocolFailure {
    if (message.has("answer")) {
      Request request = requests.get(message.number("answer"));
      if (request != null) {
        request.answer().complete(message);
      }
      return;
    }
    String event = message.text("event");
    switch (event) {
      case "hello" -> hello.complete(message);
      case "ended" -> {
        AgentProgram program = programs.get(message.number("program"));
        if (program != null) {
          program.ended(message);
        }
      }
      default -> throw new ProtocolFailure("told of an unknown event");
    }
  }

  private void beat() {
    try {
      while (isReachable()) {
        wire.beat();
        Thread.sleep(Wire.HEARTBEAT_EVERY);
      }
    } catch (IOException failure) {
      lose(failure);
    } catch (InterruptedException interruption) {
      lose(new IOException("the connection's thread was interrupted", interruption));
    }
  }

  /// Not the thread that beats: writing may wait for a way that is dead.
  private void watchSilence() {
    try {
      while (isReachable()) {
        if (wire.silence().compareTo(Wire.SILENCE) > 0) {
          lose(new IOException("nothing was heard of it for " + Wire.SILENCE.toSeconds() + " s"));
        }
        Thread.sleep(LOOKS_EVERY);
      }
    } catch (InterruptedException interruption) {
      lose(new IOException("the connection's thread was interrupted", interruption));
    }
  }

  /// From now on everybody who asks is told so.
  private TraplineException lose(IOException cause) {
    TraplineException failure;
    boolean first = false;
    synchronized (losing) {
      if (lost == null) {
        first = true;
        broken = cause;
        lost =
            closing
                ? NodeFailure.lost(name, "the connection has been closed", cause)
                : NodeFailure.lost(name, reason(cause), cause);
      }
      failure = lost;
    }
    if (first) {
      // ssh itself may be waiting for a dead network.
      line.kill();
      hello.completeExceptionally(failure);
      requests.values().forEach(request -> request.answer().completeExceptionally(failure));
      programs.values().forEach(program -> program.lost(failure));
    }
    return again(failure);
  }

  private String reason(IOException cause) {
    if (cause instanceof ProtocolFailure) {
      return "its agent " + cause.getMessage();
    }
    try {
      // What ssh has to say comes a little after the end of what it passed on.
      line.await(Duration.ofSeconds(1));
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
    }
    String words = line.words();
    return words.isEmpty() ? String.valueOf(cause.getMessage()) : words;
  }

  TraplineException broken(IOException failure) {
    return lose(failure);
  }

  /// Ends the agent and what runs there for us.
  @Override
  public void close() {
    closing = true;
    line.close();
  }

  /// The process id of what leads to the agent, most often ssh(1).
  public long linePid() {
    return line.pid();
  }
}
