// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.TraplineException;
import dev.trapline.host.ProcFs;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// Which CPUs each side may run on. Two nodes on one machine are two nodes only if each has CPUs of
/// its own: left to the scheduler, both sides of a ping-pong land on one CPU in some trials and on
/// two in others, and the half-RTT differs tenfold (2.5 us against 32 us in one virtual machine).
///
/// It binds the programs, not the kernel's work for them: softirqs run where the packet arrives.
///
/// @param server the CPUs of the server; empty for any
/// @param client the CPUs of the client; empty for any
/// @param halved whether they are halves of this machine's CPUs, and not CPUs that were named
public record CpuSets(List<Integer> server, List<Integer> client, boolean halved) {
  /// Linux numbers no more than that many (NR_CPUS of the kernel's Kconfig).
  private static final int HIGHEST_CPU = 8191;

  /// No binding.
  public static final CpuSets ANY = new CpuSets(List.of(), List.of());

  /// CPUs that were named.
  public CpuSets(List<Integer> server, List<Integer> client) {
    this(server, client, false);
  }

  /// Keeps copies.
  public CpuSets {
    server = List.copyOf(server);
    client = List.copyOf(client);
  }

  /// From the words of `--cpus`.
  ///
  /// @param words `split` (each side gets one half of the CPUs that we may use; [#ANY] if there is
  ///   only one), `any`, or `LIST:LIST` for server and client, each such as `0-3,8`
  /// @throws TraplineException `USAGE` if it is none of these, or a CPU is not ours to use
  public static CpuSets of(String words) {
    List<Integer> available = available();
    return switch (words) {
      case "any" -> ANY;
      case "split" -> halves(available);
      default -> lists(words, available);
    };
  }

  private static CpuSets halves(List<Integer> available) {
    int half = available.size() / 2;
    return half == 0
        ? ANY
        : new CpuSets(available.subList(0, half), available.subList(half, available.size()), true);
  }

  private static CpuSets lists(String words, List<Integer> available) {
    String[] sides = words.split(":", -1);
    if (sides.length != 2) {
      throw misuse(words, available);
    }
    return new CpuSets(parse(sides[0], words, available), parse(sides[1], words, available));
  }

  private static List<Integer> parse(String list, String words, List<Integer> available) {
    List<Integer> cpus = numbers(list);
    if (cpus.isEmpty() || !available.containsAll(cpus)) {
      throw misuse(words, available);
    }
    return cpus;
  }

  private static TraplineException misuse(String words, List<Integer> available) {
    return new TraplineException(
        "USAGE",
        "--cpus is '"
            + words
            + "'; it takes split, any, or two lists of the CPUs "
            + render(available)
            + ", the server's and the client's.",
        "--cpus 0:1, or --cpus 0-3:4-7");
  }

  /// The CPUs that this process may run on, from /proc/self/status.
  private static List<Integer> available() {
    for (String line : ProcFs.read("self/status").orElse("").split("\n", -1)) {
      if (line.startsWith("Cpus_allowed_list:")) {
        return numbers(line.substring(line.indexOf(':') + 1).strip());
      }
    }
    return List.of();
  }

  /// The numbers of a list such as `0-3,8`; empty if it is none.
  static List<Integer> numbers(String list) {
    TreeSet<Integer> numbers = new TreeSet<>();
    try {
      for (String part : list.split(",", -1)) {
        String[] ends = part.strip().split("-", -1);
        int last = Integer.parseInt(ends[ends.length - 1]);
        if (ends.length > 2 || last > HIGHEST_CPU) {
          return List.of();
        }
        for (int number = Integer.parseInt(ends[0]); number <= last; number++) {
          numbers.add(number);
        }
      }
    } catch (NumberFormatException malformed) {
      return List.of();
    }
    return new ArrayList<>(numbers);
  }

  private static String render(List<Integer> cpus) {
    return String.join(",", cpus.stream().map(String::valueOf).toList());
  }

  @Override
  public String toString() {
    return equals(ANY) ? "any" : "server " + render(server) + " and client " + render(client);
  }
}
