// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Every Linux syscall up to 6.18 of x86-64 and arm64, found by name, alias or number.
///
/// It stands on the start path of `trapline explain`, which must answer about as fast as a Java
/// machine starts: one resource of tab-separated lines, read with plain loops; no regular
/// expressions, streams or reflection. Deep entries are read one at a time when asked for.
///
/// Not a statement about the running kernel: that may be older, newer or built without some of
/// them. Numbers of the 32-bit and x32 tables are not in it.
public final class SyscallCatalogue {
  private static final String TABLE = "syscalls.tsv";
  private static final int FIELDS = 15;

  private final List<Syscall> all;
  private final Map<String, Syscall> byName;
  private final @Nullable Syscall[] byX86Number;
  private final @Nullable Syscall[] byArm64Number;

  private SyscallCatalogue(List<Syscall> syscalls) {
    all = Collections.unmodifiableList(syscalls);
    byName = HashMap.newHashMap(3 * syscalls.size());
    byX86Number = new @Nullable Syscall[highestNumber(Architecture.X86_64) + 1];
    byArm64Number = new @Nullable Syscall[highestNumber(Architecture.ARM64) + 1];
    for (int i = 0; i < syscalls.size(); i++) {
      Syscall syscall = syscalls.get(i);
      addName(syscall.name(), syscall);
      for (int j = 0; j < syscall.aliases().size(); j++) {
        addName(syscall.aliases().get(j), syscall);
      }
      if (syscall.x86Number().isPresent()) {
        byX86Number[syscall.x86Number().getAsInt()] = syscall;
      }
      if (syscall.arm64Number().isPresent()) {
        byArm64Number[syscall.arm64Number().getAsInt()] = syscall;
      }
    }
  }

  private int highestNumber(Architecture architecture) {
    int highest = 0;
    for (int i = 0; i < all.size(); i++) {
      highest = Math.max(highest, all.get(i).number(architecture).orElse(0));
    }
    return highest;
  }

  private void addName(String name, Syscall syscall) {
    Syscall other = byName.put(name, syscall);
    if (other != null) {
      throw new IllegalStateException(
          "the name " + name + " stands for both " + other.name() + " and " + syscall.name());
    }
  }

  /// The catalogue, read once per Java machine.
  public static SyscallCatalogue instance() {
    return Holder.INSTANCE;
  }

  private static final class Holder {
    static final SyscallCatalogue INSTANCE = load();
  }

  /// Reads the catalogue from its resource. [#instance()] is what callers want.
  public static SyscallCatalogue load() {
    String text = resource(TABLE);
    if (text == null) {
      throw new IllegalStateException(
          "the syscall catalogue is missing from the program: " + TABLE);
    }
    List<Syscall> syscalls = new ArrayList<>(400);
    String[] fields = new String[FIELDS];
    int at = 0;
    while (at < text.length()) {
      int end = text.indexOf('\n', at);
      end = end < 0 ? text.length() : end;
      if (end > at && text.charAt(at) != '#') {
        split(text, at, end, fields);
        syscalls.add(parse(fields));
      }
      at = end + 1;
    }
    return new SyscallCatalogue(syscalls);
  }

  private static void split(String text, int start, int end, String[] fields) {
    int at = start;
    for (int i = 0; i < FIELDS; i++) {
      int tab = i == FIELDS - 1 ? end : text.indexOf('\t', at);
      if (tab < 0 || tab > end) {
        throw new IllegalStateException("catalogue line too short: " + text.substring(start, end));
      }
      fields[i] = text.substring(at, tab);
      at = tab + 1;
    }
  }

  private static Syscall parse(String[] fields) {
    String flags = fields[8];
    return new Syscall(
        fields[0],
        number(fields[1]),
        number(fields[2]),
        fields[3],
        Category.bySlug(fields[4]).orElseThrow(),
        fields[5],
        Blocking.bySlug(fields[6]),
        NetworkRelevance.bySlug(fields[7]),
        flags.contains("bytes"),
        flags.contains("vdso"),
        flags.contains("never-returns"),
        DescriptorArgument.bySlug(fields[9]),
        names(fields[10]),
        names(fields[11]),
        fields[12],
        fields[13],
        fields[14].equals("-") ? "" : fields[14]);
  }

  private static OptionalInt number(String field) {
    return field.equals("-") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(field));
  }

  private static List<String> names(String field) {
    if (field.equals("-")) {
      return List.of();
    }
    List<String> names = new ArrayList<>(4);
    int at = 0;
    for (int comma = field.indexOf(','); comma >= 0; comma = field.indexOf(',', at)) {
      names.add(field.substring(at, comma));
      at = comma + 1;
    }
    names.add(field.substring(at));
    return List.copyOf(names);
  }

  /// All syscalls, by x86-64 number.
  public List<Syscall> all() {
    return all;
  }

  /// The syscalls of a category, in the order of [#all()].
  public List<Syscall> inCategory(Category category) {
    List<Syscall> found = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).category() == category) {
        found.add(all.get(i));
      }
    }
    return found;
  }

  /// The syscall with a name or alias. Prefixes of tracepoints and kernel functions
  /// (`sys_enter_read`, `__x64_sys_read`) are taken off.
  public Optional<Syscall> byName(String name) {
    Syscall syscall = byName.get(name);
    if (syscall == null) {
      syscall = byName.get(withoutPrefix(name));
    }
    return Optional.ofNullable(syscall);
  }

  private static final String[] PREFIXES = {
    "sys_enter_", "sys_exit_", "__x64_sys_", "__arm64_sys_", "__se_sys_", "__do_sys_", "sys_"
  };

  private static String withoutPrefix(String name) {
    for (String prefix : PREFIXES) {
      if (name.startsWith(prefix)) {
        return name.substring(prefix.length());
      }
    }
    return name;
  }

  /// The syscall with a number on an architecture.
  public Optional<Syscall> byNumber(Architecture architecture, int number) {
    @Nullable Syscall[] table =
        switch (architecture) {
          case X86_64 -> byX86Number;
          case ARM64 -> byArm64Number;
        };
    return number < 0 || number >= table.length
        ? Optional.empty()
        : Optional.ofNullable(table[number]);
  }

  /// What an expert would tell about the syscall, if the catalogue has it; read from its resource
  /// now.
  public Optional<DeepEntry> deepEntry(Syscall syscall) {
    String text = resource("entries/" + syscall.name() + ".txt");
    return text == null ? Optional.empty() : Optional.of(DeepEntry.parse(text));
  }

  /// Whether the catalogue has a deep entry for the syscall, without reading it.
  public boolean hasDeepEntry(Syscall syscall) {
    return SyscallCatalogue.class.getResource("entries/" + syscall.name() + ".txt") != null;
  }

  /// The syscalls whose names are nearest to a misspelt one, nearest first.
  public List<Syscall> nearest(String name, int count) {
    String wanted = withoutPrefix(name);
    int[] scores = new int[all.size()];
    for (int i = 0; i < scores.length; i++) {
      Syscall syscall = all.get(i);
      int score = NameDistance.score(wanted, syscall.name());
      for (int j = 0; j < syscall.aliases().size(); j++) {
        // An alias must be clearly nearer than a proper name to win over it.
        int penalty = NameDistance.PER_EDIT + 1;
        score = Math.min(score, NameDistance.score(wanted, syscall.aliases().get(j)) + penalty);
      }
      scores[i] = score;
    }
    List<Syscall> nearest = new ArrayList<>(count);
    for (int taken = 0; taken < Math.min(count, scores.length); taken++) {
      int best = 0;
      for (int i = 1; i < scores.length; i++) {
        if (scores[i] < scores[best]) {
          best = i;
        }
      }
      nearest.add(all.get(best));
      scores[best] = Integer.MAX_VALUE;
    }
    return nearest;
  }

  static @Nullable String resource(String name) {
    try (InputStream stream = SyscallCatalogue.class.getResourceAsStream(name)) {
      return stream == null ? null : new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the catalogue's " + name, e);
    }
  }
}
