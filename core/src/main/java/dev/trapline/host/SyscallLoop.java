// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes the same few system calls again and again without coming back to Java in between, so that
/// they can be timed: a downcall of the JDK costs as much as a cheap system call, and would be half
/// of the figure.
///
/// It is a piece of machine code of our own that walks a table of calls. It times nothing and
/// decides nothing; x86-64 only. The code is kept as bytes with its source beside it, which a test
/// assembles again and compares.
public final class SyscallLoop {
  /// The source: System V calling convention, `void rows(long repeats, struct row *rows, long
  /// count)`. Of each row: copy before the call, call, keep the result, count it if it is negative,
  /// copy after the call.
  static final String ASSEMBLY =
      """
          push rbx
          push rbp
          push r12
          push r13
          push r14
          mov rbx, rsi
          mov r12, rdx
          mov r13, rdi
      again:
          mov rbp, rbx
          mov r14, r12
      row:
          mov rcx, [rbp + 80]
          test rcx, rcx
          jz call
          mov rdi, [rbp + 64]
          mov rsi, [rbp + 72]
          rep movsq
      call:
          mov rax, [rbp]
          mov rdi, [rbp + 8]
          mov rsi, [rbp + 16]
          mov rdx, [rbp + 24]
          mov r10, [rbp + 32]
          mov r8, [rbp + 40]
          mov r9, [rbp + 48]
          syscall
          mov [rbp + 56], rax
          test rax, rax
          jns fine
          inc qword ptr [rbp + 112]
          mov [rbp + 120], rax
      fine:
          mov rcx, [rbp + 104]
          test rcx, rcx
          jz next
          mov rdi, [rbp + 88]
          mov rsi, [rbp + 96]
          rep movsq
      next:
          add rbp, 128
          dec r14
          jnz row
          dec r13
          jnz again
          pop r14
          pop r13
          pop r12
          pop rbp
          pop rbx
          ret
      """;

  /// [#ASSEMBLY], assembled.
  static final byte[] CODE =
      HexFormat.of()
          .parseHex(
              "53554154415541564889f34989d44989fd" // prologue
                  + "4889dd4d89e6" // again
                  + "488b4d504885c9740b488b7d40488b7548f348a5" // copy before
                  + "488b4500488b7d08488b7510488b55184c8b55204c8b45284c8b4d300f05" // call
                  + "488945384885c0790848ff457048894578" // result
                  + "488b4d684885c9740b488b7d58488b7560f348a5" // copy after
                  + "4881c58000000049ffce759d49ffcd7592" // next
                  + "415e415d415c5d5bc3"); // epilogue

  private static final int ROW_BYTES = 128;
  private static final int MOST_ARGUMENTS = 6;
  private static final int RESULT = 56;
  private static final int COPY_BEFORE = 64;
  private static final int COPY_AFTER = 88;
  private static final int FAILURES = 112;
  private static final int LAST_ERROR = 120;

  private final MethodHandle rows;
  private final MemorySegment table;
  private final int count;

  /// Eight-byte words that are copied around a call, as a program does that restores a set of
  /// descriptors, or stores a word.
  ///
  /// @param words how many
  public record Copy(MemorySegment target, MemorySegment source, long words) {}

  /// One call of the loop.
  ///
  /// @param number of the call, as this architecture has it
  /// @param arguments up to six; addresses as numbers, of memory that outlives the loop
  /// @param before null to copy nothing
  /// @param after null to copy nothing
  public record Call(
      long number, List<Long> arguments, @Nullable Copy before, @Nullable Copy after) {
    /// Keeps a copy.
    ///
    /// @throws IllegalArgumentException if there are more than six
    public Call {
      arguments = List.copyOf(arguments);
      if (arguments.size() > MOST_ARGUMENTS) {
        throw new IllegalArgumentException("no system call has " + arguments.size() + " arguments");
      }
    }

    /// A call alone.
    public static Call of(long number, long... arguments) {
      return new Call(number, java.util.Arrays.stream(arguments).boxed().toList(), null, null);
    }

    /// The same with a copy before it.
    public Call withCopyBefore(Copy copy) {
      return new Call(number, arguments, copy, after);
    }

    /// The same with a copy behind it.
    public Call withCopyAfter(Copy copy) {
      return new Call(number, arguments, before, copy);
    }
  }

  /// A loop over these calls. Its memory, and the code, live as long as the arena.
  ///
  /// @throws LibC.Failure if the kernel does not let us run code of our own
  /// @throws UnsupportedOperationException if [#isSupported] says no
  public SyscallLoop(List<Call> calls, Arena arena) throws LibC.Failure {
    if (!isSupported()) {
      throw new UnsupportedOperationException("no machine code for " + architecture());
    }
    count = calls.size();
    table = arena.allocate((long) ROW_BYTES * Math.max(1, count), ROW_BYTES);
    for (int row = 0; row < count; row++) {
      Call call = calls.get(row);
      long at = (long) row * ROW_BYTES;
      table.set(JAVA_LONG, at, call.number());
      for (int argument = 0; argument < call.arguments().size(); argument++) {
        table.set(JAVA_LONG, at + 8 + 8L * argument, call.arguments().get(argument));
      }
      set(at + COPY_BEFORE, call.before());
      set(at + COPY_AFTER, call.after());
    }
    rows =
        Linker.nativeLinker()
            .downcallHandle(
                LibC.mapCode(CODE, arena),
                FunctionDescriptor.ofVoid(JAVA_LONG, ADDRESS, JAVA_LONG));
  }

  /// Whether there is code for this machine.
  public static boolean isSupported() {
    return architecture().equals("amd64");
  }

  private static String architecture() {
    return System.getProperty("os.arch");
  }

  private void set(long at, @Nullable Copy copy) {
    if (copy != null) {
      table.set(ADDRESS, at, copy.target());
      table.set(ADDRESS, at + 8, copy.source());
      table.set(JAVA_LONG, at + 16, copy.words());
    }
  }

  /// Makes all calls, in order, so many times over. Any thread may; only one at a time.
  ///
  /// @param repeats 0 or more
  public void run(long repeats) {
    if (repeats <= 0 || count == 0) {
      return;
    }
    try {
      rows.invokeExact(repeats, table, (long) count);
    } catch (Throwable failure) {
      throw new IllegalStateException("the loop could not be entered", failure);
    }
  }

  /// What this call returned last: -errno if it failed.
  public long lastResult(int call) {
    return table.get(JAVA_LONG, (long) call * ROW_BYTES + RESULT);
  }

  /// How often this call failed since the loop was made.
  public long failures(int call) {
    return table.get(JAVA_LONG, (long) call * ROW_BYTES + FAILURES);
  }

  /// The errno of its last failure; 0 if it never failed.
  public int lastErrno(int call) {
    return (int) -table.get(JAVA_LONG, (long) call * ROW_BYTES + LAST_ERROR);
  }
}
