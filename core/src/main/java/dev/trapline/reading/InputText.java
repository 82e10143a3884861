// SPDX-License-Identifier: Apache-2.0
package dev.trapline.reading;

import com.github.luben.zstd.ZstdInputStream;
import dev.trapline.TraplineException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/// A text to be read, once, from a file or a stream, plain or compressed; the compression is known
/// by its magic number, not by the file's name. Not thread-safe, but for [#bytesTaken].
///
/// A compressed stream that is damaged or ends early is not an error of reading: what came before
/// is text, and [#damage] says in words that more was to come. A reader of lines sees an end.
public final class InputText implements AutoCloseable {
  private static final String CODE = "IMPORT-FILE";
  private static final int HEAD_BYTES = 1 << 18;
  private static final int LONGEST_MAGIC = 6;
  private static final int BUFFER_BYTES = 1 << 16;

  /// Bytes that no tool's text holds, more often than now and then: it is a picture or a program.
  private static final double MOST_BINARY = 0.02;

  /// How a text is compressed.
  public enum Compression {
    /// RFC 1952.
    GZIP(0x1f, 0x8b),
    /// RFC 8878.
    ZSTD(0x28, 0xb5, 0x2f, 0xfd),
    /// The .xz file format, tukaani.org.
    XZ(0xfd, '7', 'z', 'X', 'Z', 0);

    private final String magic;

    Compression(int... magic) {
      StringBuilder bytes = new StringBuilder();
      for (int one : magic) {
        bytes.append((char) one);
      }
      this.magic = bytes.toString();
    }

    /// The word in reports and files.
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    private InputStream open(InputStream source) throws IOException {
      return switch (this) {
        case GZIP -> new GZIPInputStream(source, BUFFER_BYTES);
        case ZSTD -> new ZstdInputStream(source);
        case XZ -> new XZInputStream(source);
      };
    }
  }

  private final String name;
  private final @Nullable Path file;
  private final SourceStream source;
  private final @Nullable Compression compression;
  private final InputStream text;
  private byte[] head = new byte[0];
  private boolean wholeInHead;
  private @Nullable String damage;

  private InputText(String name, @Nullable Path file, InputStream raw) throws IOException {
    this.name = name;
    this.file = file;
    this.source = new SourceStream(raw);
    PushbackInputStream start = new PushbackInputStream(source, LONGEST_MAGIC);
    byte[] magic = start.readNBytes(LONGEST_MAGIC);
    start.unread(magic);
    this.compression = compressionOf(magic);
    this.text = compression == null ? start : new Forgiving(start, compression);
  }

  /// Opens a file and looks at its beginning.
  ///
  /// @throws TraplineException `IMPORT-FILE` if it is missing, a directory, not readable, empty, or
  ///   no text
  public static InputText ofFile(Path file) {
    if (Files.isDirectory(file)) {
      throw new TraplineException(
          CODE,
          file + " is a directory, where the output of one tool was expected.",
          "name the files in it: trapline import " + file + "/*");
    }
    try {
      return opened(file.toString(), file, Files.newInputStream(file));
    } catch (NoSuchFileException missing) {
      throw new TraplineException(CODE, file + " does not exist.", "check the path", missing);
    } catch (IOException failure) {
      throw notRead(file.toString(), failure);
    }
  }

  /// Takes a stream that the caller has opened, such as standard input.
  ///
  /// @throws TraplineException `IMPORT-FILE` as above
  public static InputText ofStream(String name, InputStream stream) {
    try {
      return opened(name, null, stream);
    } catch (IOException failure) {
      throw notRead(name, failure);
    }
  }

  private static InputText opened(String name, @Nullable Path file, InputStream stream)
      throws IOException {
    InputText input = new InputText(name, file, stream);
    boolean usable = false;
    try {
      input.head = input.text.readNBytes(HEAD_BYTES);
      input.wholeInHead = input.head.length < HEAD_BYTES;
      input.checkHead();
      usable = true;
      return input;
    } finally {
      if (!usable) {
        stream.close();
      }
    }
  }

  private static TraplineException notRead(String name, IOException failure) {
    return new TraplineException(
        CODE,
        name + " cannot be read: " + failure.getClass().getSimpleName() + ".",
        "check that it exists and may be read: ls -l " + name,
        failure);
  }

  private static @Nullable Compression compressionOf(byte[] start) {
    String beginning = new String(start, StandardCharsets.ISO_8859_1);
    for (Compression candidate : Compression.values()) {
      if (beginning.startsWith(candidate.magic)) {
        return candidate;
      }
    }
    return null;
  }

  private void checkHead() {
    if (head.length == 0) {
      throw new TraplineException(
          CODE,
          name
              + ":1: is empty"
              + (damage == null ? "" : " (" + damage + ")")
              + ", where the output of a tool was expected.",
          "the tool was perhaps killed, or wrote to standard error; run it again");
    }
    int blank = 0;
    int binary = 0;
    for (byte one : head) {
      boolean isControl = one >= 0 && one < ' ' && "\t\n\r\f\b\u001b\u0007".indexOf(one) < 0;
      binary += isControl || one == 0x7f ? 1 : 0;
      blank += one == ' ' || one == '\n' || one == '\r' || one == '\t' ? 1 : 0;
    }
    if (new String(head, 0, Math.min(8, head.length), StandardCharsets.ISO_8859_1)
        .equals("PERFILE2")) {
      throw new TraplineException(
          CODE,
          name + ":1: is the binary file of perf record, where text was expected.",
          "perf script -i " + name + " | trapline import -");
    }
    if (binary > head.length * MOST_BINARY) {
      throw new TraplineException(
          CODE,
          name
              + ":1: is binary ("
              + binary
              + " control characters in its first "
              + head.length
              + " bytes), where the text of a tool was expected.",
          "give the text that strace, perf, bpftrace, iperf3 or sockperf printed");
    }
    if (blank == head.length && wholeInHead) {
      throw new TraplineException(
          CODE,
          name + ":1: holds only blanks, where the output of a tool was expected.",
          "the tool was perhaps killed, or wrote to standard error; run it again");
    }
  }

  /// As the user named it; `-` for standard input.
  public String name() {
    return name;
  }

  /// How it is compressed, if it is.
  public Optional<Compression> compression() {
    return Optional.ofNullable(compression);
  }

  /// The beginning, decompressed: up to 256 KiB, to tell the format by. Not to be changed.
  public byte[] head() {
    return head;
  }

  /// The whole text from its first byte, decompressed. To be asked for once.
  public InputStream stream() {
    return new SequenceInputStream(new ByteArrayInputStream(head), text);
  }

  /// The file, if it is plain text in one and may be read at any position, by several threads.
  public Optional<Path> plainFile() {
    return compression == null && file != null && Files.isRegularFile(file)
        ? Optional.of(file)
        : Optional.empty();
  }

  /// The file, compressed or not, if it is one whose size does not depend on who writes to it.
  public Optional<Path> file() {
    return file != null && Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
  }

  /// Bytes taken from the source so far, before decompression: for showing progress.
  public long bytesTaken() {
    return source.taken;
  }

  /// For who reads the [#plainFile] itself: how far it is.
  public void tookUpTo(long position) {
    source.taken = position;
  }

  /// Why the compressed stream gave less text than it was made of, known once the stream has ended;
  /// null if it is whole.
  public @Nullable String damage() {
    return damage;
  }

  @Override
  public void close() {
    try {
      text.close();
    } catch (IOException failure) {
      // It was only read; nothing is lost.
    }
  }

  /// Counts, and remembers whether a failure was the disk's rather than the decompressor's.
  private static final class SourceStream extends FilterInputStream {
    private volatile long taken;
    private boolean failed;

    SourceStream(InputStream raw) {
      super(raw);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread reads, others only look
    public int read(byte[] into, int from, int length) throws IOException {
      try {
        int count = super.read(into, from, length);
        taken += Math.max(count, 0);
        return count;
      } catch (IOException failure) {
        failed = true;
        throw failure;
      }
    }
  }

  /// Ends where the compressed data ends or breaks.
  private final class Forgiving extends InputStream {
    private final InputStream compressed;
    private final Compression kind;
    private @Nullable InputStream plain;
    private boolean ended;
    private long given;

    Forgiving(InputStream compressed, Compression kind) {
      this.compressed = compressed;
      this.kind = kind;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      if (ended) {
        return -1;
      }
      try {
        if (plain == null) {
          plain = kind.open(compressed);
        }
        int count = plain.read(into, from, length);
        given += Math.max(count, 0);
        return count;
      } catch (IOException | IllegalStateException broken) {
        if (source.failed) {
          throw broken instanceof IOException failure ? failure : new IOException(broken);
        }
        ended = true;
        damage =
            "its "
                + kind.label()
                + " data ends early or is damaged after "
                + given
                + " bytes of text";
        return -1;
      }
    }

    @Override
    public void close() throws IOException {
      if (plain != null) {
        plain.close();
      }
      compressed.close();
    }
  }
}
