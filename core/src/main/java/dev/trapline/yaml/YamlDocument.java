// SPDX-License-Identifier: Apache-2.0
package dev.trapline.yaml;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/// A YAML file as nodes with their lines, and every complaint about it.
///
/// Only what our files need of YAML is let in: one document of mappings, sequences and scalars.
/// Anchors, aliases and tags are refused, so that a small file cannot stand for a large one
/// ("billion laughs") and what is read is what a reader of the file sees. Size and depth are
/// limited, and checked on the stream of events before any tree is built.
public final class YamlDocument {
  /// Two hundred times the first study; a file beyond it is not one that somebody wrote.
  public static final int MOST_BYTES = 4 << 20;

  /// A study needs 5.
  public static final int DEEPEST = 16;

  private static final int LONGEST_QUOTE = 60;

  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setAllowDuplicateKeys(true) // Told by YamlFields, with both lines.
          .setAllowNonScalarKeys(true) // Told by YamlFields too.
          .setCodePointLimit(MOST_BYTES)
          .setParseComments(false)
          .build();

  private final String source;
  private final YamlDialect dialect;
  private final Consumer<TraplineException> complaints;

  private YamlDocument(String source, YamlDialect dialect, Consumer<TraplineException> complaints) {
    this.source = source;
    this.dialect = dialect;
    this.complaints = complaints;
  }

  /// What a file holds.
  ///
  /// @param file for errors and places
  /// @param root its only document
  public record Opened(YamlDocument file, Node root) {}

  /// A file of which the first complaint is the last.
  ///
  /// @throws TraplineException with the dialect's code
  public static Opened open(Path path, YamlDialect dialect) {
    YamlDocument file = new YamlDocument(path.toString(), dialect, YamlDocument::refuse);
    return new Opened(file, file.compose(file.text(path)));
  }

  /// As [#open], of text that is in memory.
  public static Opened of(String text, String source, YamlDialect dialect) {
    return of(text, source, dialect, YamlDocument::refuse);
  }

  /// As [#of], with somewhere to put complaints that leave the rest readable. What makes the whole
  /// file unreadable is still thrown.
  public static Opened of(
      String text, String source, YamlDialect dialect, Consumer<TraplineException> complaints) {
    YamlDocument file = new YamlDocument(source, dialect, complaints);
    return new Opened(file, file.compose(text));
  }

  /// What a file holds, as text.
  ///
  /// @throws TraplineException with the dialect's code if it cannot be read, or is no text
  public static String textOf(Path path, YamlDialect dialect) {
    return new YamlDocument(path.toString(), dialect, YamlDocument::refuse).text(path);
  }

  private static void refuse(TraplineException complaint) {
    throw complaint;
  }

  /// Tells of something wrong after which reading can go on. Throws where it may not.
  void complain(TraplineException complaint) {
    complaints.accept(complaint);
  }

  private String text(Path path) {
    if (Files.isDirectory(path)) {
      throw whole("is a directory, not a file with a " + dialect.noun(), dialect.format());
    }
    if (!Files.exists(path)) {
      throw whole(
          "does not exist, so there is no " + dialect.noun() + " to read", "check the path");
    }
    byte[] bytes;
    try (InputStream stream = Files.newInputStream(path)) {
      bytes = stream.readNBytes(MOST_BYTES + 1);
    } catch (IOException e) {
      throw new TraplineException(
          dialect.code(),
          clean(source) + ": cannot be read: " + quote(String.valueOf(e.getMessage())),
          "check that it is a file and that you may read it",
          e);
    }
    if (bytes.length > MOST_BYTES) {
      throw whole(
          "is larger than " + (MOST_BYTES >> 20) + " MiB, which no " + dialect.noun() + " is",
          dialect.format());
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw whole("is not UTF-8 text, so it is no " + dialect.noun() + " file", dialect.format());
    }
  }

  private Node compose(String text) {
    try {
      checkEvents(text);
      Optional<Node> root = new Compose(SETTINGS).composeString(text);
      if (root.isEmpty()) {
        throw whole("is empty: it holds no " + dialect.noun(), dialect.format());
      }
      return root.get();
    } catch (MarkedYamlEngineException e) {
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      throw new TraplineException(
          dialect.code(),
          placeOf(mark)
              + ": not well-formed YAML: "
              + quote(e.getProblem() == null ? "no reason told" : e.getProblem())
              + (e.getContext() == null ? "" : " (" + quote(e.getContext()) + ")"),
          dialect.format(),
          e);
    } catch (YamlEngineException e) {
      throw new TraplineException(
          dialect.code(),
          clean(source) + ": not well-formed YAML: " + quote(String.valueOf(e.getMessage())),
          dialect.format(),
          e);
    }
  }

  private void checkEvents(String text) {
    int depth = 0;
    int documents = 0;
    for (Event event : new Parse(SETTINGS).parseString(text)) {
      switch (event) {
        case DocumentStartEvent start -> {
          documents++;
          if (documents > 1) {
            throw at(
                event.getStartMark(),
                "a second YAML document begins here, and a " + dialect.noun() + " is one",
                "split the file");
          }
        }
        case AliasEvent alias ->
            throw at(
                event.getStartMark(),
                "`*"
                    + quote(alias.getAlias().toString())
                    + "` is an alias, and aliases are refused",
                "write the value out");
        case CollectionStartEvent start -> {
          checkTag(event, start.getTag().filter(tag -> !start.isImplicit()).orElse(null));
          depth++;
          if (depth > DEEPEST) {
            throw at(
                event.getStartMark(),
                "nested deeper than " + DEEPEST + ", as no " + dialect.noun() + " is",
                dialect.format());
          }
        }
        case CollectionEndEvent end -> depth--;
        case ScalarEvent scalar -> checkTag(event, scalar.getTag().orElse(null));
        default -> {}
      }
      if (event instanceof NodeEvent node
          && !(event instanceof AliasEvent)
          && node.getAnchor().isPresent()) {
        throw at(
            event.getStartMark(),
            "`&"
                + quote(node.getAnchor().get().toString())
                + "` is an anchor, and anchors are refused",
            "write the value out where it is needed");
      }
    }
  }

  private void checkTag(Event event, @Nullable String tag) {
    if (tag != null) {
      throw at(
          event.getStartMark(),
          "`" + quote(tag) + "` is a YAML tag, and tags are refused",
          "remove the tag");
    }
  }

  // ---- complaints ----------------------------------------------------------------------

  private TraplineException whole(String fact, String remedy) {
    return new TraplineException(dialect.code(), clean(source) + ": " + fact, remedy);
  }

  private TraplineException at(Optional<Mark> mark, String fact, String remedy) {
    return new TraplineException(dialect.code(), placeOf(mark) + ": " + fact, remedy);
  }

  private String placeOf(Optional<Mark> mark) {
    String place = clean(source);
    if (mark.isPresent()) {
      place += ":" + (mark.get().getLine() + 1);
      if (dialect.columns()) {
        place += ":" + (mark.get().getColumn() + 1);
      }
    }
    return place;
  }

  /// An error at a node.
  public TraplineException error(Node node, String fact) {
    return at(node.getStartMark(), fact, dialect.format());
  }

  /// An error at a node with what to do.
  public TraplineException error(Node node, String fact, String remedy) {
    return at(node.getStartMark(), fact, remedy);
  }

  List<String> sentences() {
    return dialect.sentences();
  }

  boolean hasRoundedFigures() {
    return dialect.roundedFigures();
  }

  /// The name of the file, for places in it.
  public String source() {
    return source;
  }

  /// The line that a node begins in, from 1; 0 if that is not known.
  public static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
  }

  /// Text of the file inside a message: on one line, without what a terminal obeys, and short.
  public static String quote(String text) {
    String safe = clean(text);
    return safe.codePointCount(0, safe.length()) > LONGEST_QUOTE
        ? safe.substring(0, safe.offsetByCodePoints(0, LONGEST_QUOTE)) + "..."
        : safe;
  }

  private static String clean(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints().forEach(point -> safe.appendCodePoint(isObeyed(point) ? '?' : point));
    return safe.toString();
  }

  private static boolean isObeyed(int point) {
    int type = Character.getType(point);
    return Character.isISOControl(point)
        || type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR
        || type == Character.SURROGATE;
  }
}
