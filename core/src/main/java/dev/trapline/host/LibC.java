// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The few functions of the C library that the JDK has no door to: spawning without steps of our
/// own between fork and exec, network namespaces per thread, resource usage of a child, mapping a
/// BPF map. Each returns what the C function returns; a failure carries errno in [Failure].
///
/// It is not a general binding, and the structures it fills are those of glibc on 64-bit Linux.
public final class LibC {
  /// `CLONE_NEWNET` of sched.h: which namespace [#setNetworkNamespace] enters.
  private static final int CLONE_NEWNET = 0x40000000;

  private static final short POSIX_SPAWN_SETPGROUP = 0x02;
  private static final short POSIX_SPAWN_SETSIGDEF = 0x04;
  private static final short POSIX_SPAWN_SETSIGMASK = 0x08;

  /// SIGHUP, SIGINT, SIGQUIT, SIGPIPE and SIGTERM of signal(7), as bits of a `sigset_t`.
  private static final long ENDING_SIGNALS = 1L << 0 | 1L << 1 | 1L << 2 | 1L << 12 | 1L << 14;

  private static final int O_RDWR = 2;
  private static final int O_WRONLY_CREATE_TRUNCATE = 01 | 0100 | 01000;

  /// Larger than glibc's 80, 336 and 128 bytes, which its ABI fixes.
  private static final long FILE_ACTIONS_BYTES = 256;

  private static final long SPAWN_ATTRIBUTES_BYTES = 1024;
  private static final long SIGNAL_SET_BYTES = 128;
  private static final long RESOURCE_USAGE_BYTES = 144;
  private static final long CPU_SET_BYTES = 128;

  /// `FIOCLEX` of asm-generic/ioctls.h: close this descriptor on exec.
  private static final long FIOCLEX = 0x5451;

  private static final int PROT_READ_WRITE = 1 | 2;
  private static final int PROT_READ_EXECUTE = 1 | 4;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;

  /// `MAP_SHARED | MAP_ANONYMOUS` of asm-generic/mman.h
  private static final int MAP_SHARED_ANONYMOUS = 0x21;

  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 02000000;

  private static final int SYS_PIDFD_SEND_SIGNAL = 424;
  private static final int SYS_PIDFD_OPEN = 434;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LOOKUP = LINKER.defaultLookup();
  private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  /// `int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
  /// const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])`
  private static final MethodHandle POSIX_SPAWNP =
      plain(
          "posix_spawnp",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));

  /// `int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions)`
  private static final MethodHandle ACTIONS_INIT =
      plain("posix_spawn_file_actions_init", FunctionDescriptor.of(JAVA_INT, ADDRESS));

  /// `int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *actions, int fd, const char
  /// *path, int oflag, mode_t mode)`
  private static final MethodHandle ACTIONS_OPEN =
      plain(
          "posix_spawn_file_actions_addopen",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));

  /// `int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from)`,
  /// of glibc 2.34 and later
  private static final MethodHandle ACTIONS_CLOSE_FROM =
      plain(
          "posix_spawn_file_actions_addclosefrom_np",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

  /// `int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions)`
  private static final MethodHandle ACTIONS_DESTROY =
      plain("posix_spawn_file_actions_destroy", FunctionDescriptor.of(JAVA_INT, ADDRESS));

  /// `int posix_spawnattr_init(posix_spawnattr_t *attributes)`
  private static final MethodHandle ATTRIBUTES_INIT =
      plain("posix_spawnattr_init", FunctionDescriptor.of(JAVA_INT, ADDRESS));

  /// `int posix_spawnattr_setflags(posix_spawnattr_t *attributes, short flags)`
  private static final MethodHandle ATTRIBUTES_FLAGS =
      plain(
          "posix_spawnattr_setflags",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, java.lang.foreign.ValueLayout.JAVA_SHORT));

  /// `int posix_spawnattr_setsigdefault(posix_spawnattr_t *attributes, const sigset_t *signals)`
  private static final MethodHandle ATTRIBUTES_SIGNAL_DEFAULT =
      plain("posix_spawnattr_setsigdefault", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

  /// `int posix_spawnattr_setsigmask(posix_spawnattr_t *attributes, const sigset_t *mask)`
  private static final MethodHandle ATTRIBUTES_SIGNAL_MASK =
      plain("posix_spawnattr_setsigmask", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

  /// `pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)`
  private static final MethodHandle WAIT4 =
      failing("wait4", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));

  /// `int setns(int fd, int nstype)`
  private static final MethodHandle SETNS =
      failing("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

  /// `int socket(int domain, int type, int protocol)`
  private static final MethodHandle SOCKET =
      failing("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

  /// `int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask)`
  private static final MethodHandle SCHED_SETAFFINITY =
      failing("sched_setaffinity", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));

  /// `int open(const char *path, int flags, ...)`
  private static final MethodHandle OPEN =
      failing("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

  /// `int close(int fd)`
  private static final MethodHandle CLOSE =
      failing("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  /// `ssize_t read(int fd, void *buffer, size_t count)`
  private static final MethodHandle READ =
      failing("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));

  /// `void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)`
  private static final MethodHandle MMAP =
      failing(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));

  /// `int mprotect(void *addr, size_t length, int prot)`
  private static final MethodHandle MPROTECT =
      failing("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  /// `int munmap(void *addr, size_t length)`
  private static final MethodHandle MUNMAP =
      failing("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

  /// `int ioctl(int fd, unsigned long request, ...)`, here without further arguments
  private static final MethodHandle IOCTL =
      failing("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));

  /// `int ioctl(int fd, unsigned long request, ...)`, here with one argument
  private static final MethodHandle IOCTL_WITH =
      failing("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));

  /// `int kill(pid_t pid, int signal)`
  private static final MethodHandle KILL =
      failing("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

  /// `sighandler_t signal(int signum, sighandler_t handler)`
  private static final MethodHandle SIGNAL =
      plain("signal", FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS));

  /// `long syscall(long number, ...)`
  private static final MethodHandle SYSCALL =
      failing(
          "syscall",
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  /// `char *strerror(int errnum)`
  private static final MethodHandle STRERROR =
      plain("strerror", FunctionDescriptor.of(ADDRESS, JAVA_INT));

  /// `uid_t geteuid(void)`
  private static final MethodHandle GETEUID = plain("geteuid", FunctionDescriptor.of(JAVA_INT));

  private LibC() {}

  /// A call that returned an error.
  public static final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    private final int errno;

    Failure(String function, int errno) {
      super(function + ": " + errorText(errno));
      this.errno = errno;
    }

    /// The errno.
    public int errno() {
      return errno;
    }
  }

  /// How a child ended and what it used, from wait4(2).
  ///
  /// @param waitStatus the raw status word
  /// @param cpuNanos user and system time of the child and of its children that it waited for
  /// @param voluntarySwitches times that it gave up the CPU by itself
  /// @param involuntarySwitches times that the scheduler took the CPU from it
  public record Ended(
      int waitStatus, long cpuNanos, long voluntarySwitches, long involuntarySwitches) {}

  /// The text of an errno.
  public static String errorText(int errno) {
    try {
      MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
      return text.reinterpret(256).getString(0);
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Whether we are root.
  public static boolean isRoot() {
    try {
      return (int) GETEUID.invokeExact() == 0;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Starts a program. Nothing of ours runs in the child but the opening of its files. A program in
  /// the background gets its three streams and no other descriptor; one in the foreground also has
  /// what we were given ourselves, but not what the JVM has opened.
  ///
  /// @return the pid
  /// @throws Failure with the errno of what went wrong up to and including the exec
  static int spawn(Launch launch) throws Failure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment actions = arena.allocate(FILE_ACTIONS_BYTES, 8);
      MemorySegment attributes = arena.allocate(SPAWN_ATTRIBUTES_BYTES, 8);
      MemorySegment mask = arena.allocate(SIGNAL_SET_BYTES, 8);
      MemorySegment pid = arena.allocate(JAVA_INT);
      int error = (int) ACTIONS_INIT.invokeExact(actions);
      error |= (int) ATTRIBUTES_INIT.invokeExact(attributes);
      // The JVM blocks signals in some threads; a child must not inherit that.
      error |= (int) ATTRIBUTES_SIGNAL_MASK.invokeExact(attributes, mask);
      // A script's `trapline bench &` has ^C ignored, and so would have its children: those that we
      // end ourselves must hear us.
      MemorySegment heard = arena.allocate(SIGNAL_SET_BYTES, 8);
      heard.set(JAVA_LONG, 0, ENDING_SIGNALS);
      error |= (int) ATTRIBUTES_SIGNAL_DEFAULT.invokeExact(attributes, heard);
      short flags =
          launch.ownProcessGroup()
              ? (short) (POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF)
              : POSIX_SPAWN_SETSIGMASK;
      error |= (int) ATTRIBUTES_FLAGS.invokeExact(attributes, flags);
      if (launch.standardInput() != null) {
        error |= openAction(arena, actions, 0, launch.standardInput().toString(), O_RDWR);
      } else if (launch.detachedInput()) {
        error |= openAction(arena, actions, 0, "/dev/null", 0);
      }
      if (launch.standardOutput() != null) {
        String path = launch.standardOutput().toString();
        error |= openAction(arena, actions, 1, path, O_WRONLY_CREATE_TRUNCATE);
      }
      if (launch.standardError() != null) {
        String path = launch.standardError().toString();
        error |= openAction(arena, actions, 2, path, O_WRONLY_CREATE_TRUNCATE);
      }
      if (launch.detachedInput()) {
        error |= (int) ACTIONS_CLOSE_FROM.invokeExact(actions, 3);
      } else {
        keepFilesOfTheJvm();
      }
      if (error != 0) {
        throw new Failure("posix_spawn attributes", error);
      }
      MemorySegment argv = strings(arena, launch.command());
      MemorySegment environment =
          strings(
              arena,
              launch.environment().entrySet().stream()
                  .map(entry -> entry.getKey() + "=" + entry.getValue())
                  .toList());
      MemorySegment file = arena.allocateFrom(launch.command().getFirst());
      int result =
          (int) POSIX_SPAWNP.invokeExact(pid, file, actions, attributes, argv, environment);
      int _ = (int) ACTIONS_DESTROY.invokeExact(actions);
      if (result != 0) {
        throw new Failure("posix_spawnp " + launch.command().getFirst(), result);
      }
      return pid.get(JAVA_INT, 0);
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// The JVM does not mark the files that it opens (its modules, jars, the AOT cache) as closed on
  /// exec: its own children are started by a helper that closes everything.
  private static void keepFilesOfTheJvm() throws Throwable {
    String javaHome = System.getProperty("java.home");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      for (Map.Entry<Integer, String> open : ProcFs.openFiles().entrySet()) {
        String target = open.getValue();
        if (open.getKey() > 2
            && (target.startsWith(javaHome)
                || target.endsWith(".jar")
                || target.endsWith(".aot"))) {
          int _ = (int) IOCTL.invokeExact(state, open.getKey().intValue(), FIOCLEX);
        }
      }
    }
  }

  private static int openAction(
      Arena arena, MemorySegment actions, int descriptor, String path, int flags) throws Throwable {
    return (int)
        ACTIONS_OPEN.invokeExact(actions, descriptor, arena.allocateFrom(path), flags, 0644);
  }

  /// Waits until a child has ended.
  static Ended waitFor(int pid) throws Failure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      MemorySegment status = arena.allocate(JAVA_INT);
      MemorySegment usage = arena.allocate(RESOURCE_USAGE_BYTES, 8);
      while (true) {
        int result = (int) WAIT4.invokeExact(state, pid, status, 0, usage);
        if (result == pid) {
          return new Ended(
              status.get(JAVA_INT, 0),
              timeNanos(usage, 0) + timeNanos(usage, 16),
              usage.get(JAVA_LONG, 128),
              usage.get(JAVA_LONG, 136));
        }
        if (errno(state) != 4) { // anything but EINTR
          throw new Failure("wait4", errno(state));
        }
      }
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  private static long timeNanos(MemorySegment usage, long offset) {
    return usage.get(JAVA_LONG, offset) * 1_000_000_000L + usage.get(JAVA_LONG, offset + 8) * 1_000;
  }

  /// A descriptor that stands for a process, whatever becomes of its number.
  static int openPidDescriptor(int pid) throws Failure {
    return (int) call(SYS_PIDFD_OPEN, pid, 0, 0, 0);
  }

  /// Sends a signal to the process behind a pidfd.
  static void signalPidDescriptor(int descriptor, int signal) throws Failure {
    call(SYS_PIDFD_SEND_SIGNAL, descriptor, signal, 0, 0);
  }

  /// Any system call of up to four arguments, by the number that it has on this architecture.
  ///
  /// @return what it returned, which is not negative
  public static long call(long number, long first, long second, long third, long fourth)
      throws Failure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      long result = (long) SYSCALL.invokeExact(state, number, first, second, third, fourth);
      if (result < 0) {
        throw new Failure("syscall " + number, errno(state));
      }
      return result;
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Sends a signal to a process that is not our child, by number.
  public static void kill(int pid, int signal) throws Failure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      if ((int) KILL.invokeExact(state, pid, signal) != 0) {
        throw new Failure("kill " + pid, errno(state));
      }
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Gives a signal its default effect back (`SIG_DFL` is the null pointer).
  static void resetSignal(int signal) {
    try {
      MemorySegment _ = (MemorySegment) SIGNAL.invokeExact(signal, MemorySegment.NULL);
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Moves the calling thread into the network namespace behind a path. Only on a platform thread
  /// that ends afterwards: it is not moved back.
  static void setNetworkNamespace(String path) throws Failure {
    int descriptor = open(path, 0);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      if ((int) SETNS.invokeExact(state, descriptor, CLONE_NEWNET) != 0) {
        throw new Failure("setns " + path, errno(state));
      }
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    } finally {
      close(descriptor);
    }
  }

  /// Binds the calling thread, and what it starts, to some CPUs. Only on a platform thread that
  /// ends afterwards.
  public static void runOnlyOn(List<Integer> cpus) throws Failure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      MemorySegment mask = arena.allocate(CPU_SET_BYTES, 8);
      for (int cpu : cpus) {
        mask.setAtIndex(
            JAVA_LONG, cpu / 64, mask.getAtIndex(JAVA_LONG, cpu / 64) | 1L << (cpu % 64));
      }
      if ((int) SCHED_SETAFFINITY.invokeExact(state, 0, CPU_SET_BYTES, mask) != 0) {
        throw new Failure("sched_setaffinity to CPUs " + cpus, errno(state));
      }
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Opens a file, close-on-exec.
  public static int open(String path, int flags) throws Failure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      MemorySegment name = arena.allocateFrom(path);
      int descriptor = (int) OPEN.invokeExact(state, name, flags | 02000000);
      if (descriptor < 0) {
        throw new Failure("open " + path, errno(state));
      }
      return descriptor;
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Closes a descriptor; a failure to do so has no remedy and is not told.
  public static void close(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      int _ = (int) CLOSE.invokeExact(arena.allocate(CAPTURED), descriptor);
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Reads once; 0 at the end of the file.
  public static long read(int descriptor, MemorySegment buffer) throws Failure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      long count = (long) READ.invokeExact(state, descriptor, buffer, buffer.byteSize());
      if (count < 0) {
        throw new Failure("read", errno(state));
      }
      return count;
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Maps a descriptor shared, readable and writable, until the arena closes.
  public static MemorySegment mapShared(int descriptor, long bytes, Arena arena) throws Failure {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment state = call.allocate(CAPTURED);
      MemorySegment address =
          (MemorySegment) MMAP.invokeExact(state, MemorySegment.NULL, bytes, 3, 1, descriptor, 0L);
      if (address.address() == -1) {
        throw new Failure("mmap", errno(state));
      }
      return address.reinterpret(bytes, arena, LibC::unmap);
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Puts machine code where it can be run, until the arena closes. It is writable first and
  /// executable then, never both, as a strict kernel demands.
  ///
  /// @throws Failure with `EACCES` or `EPERM` where a security module forbids new code, as it would
  ///   forbid the JVM its own compiler
  static MemorySegment mapCode(byte[] code, Arena arena) throws Failure {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment state = call.allocate(CAPTURED);
      MemorySegment address =
          (MemorySegment)
              MMAP.invokeExact(
                  state,
                  MemorySegment.NULL,
                  (long) code.length,
                  PROT_READ_WRITE,
                  MAP_PRIVATE_ANONYMOUS,
                  -1,
                  0L);
      if (address.address() == -1) {
        throw new Failure("mmap", errno(state));
      }
      MemorySegment mapping = address.reinterpret(code.length, arena, LibC::unmap);
      MemorySegment.copy(code, 0, mapping, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, code.length);
      if ((int) MPROTECT.invokeExact(state, mapping, (long) code.length, PROT_READ_EXECUTE) != 0) {
        throw new Failure("mprotect", errno(state));
      }
      return mapping;
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Maps zeroed memory of whole pages, readable and writable, until the arena closes.
  static MemorySegment mapAnonymous(long bytes, Arena arena) throws Failure {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment state = call.allocate(CAPTURED);
      MemorySegment address =
          (MemorySegment)
              MMAP.invokeExact(
                  state, MemorySegment.NULL, bytes, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, -1, 0L);
      if (address.address() == -1) {
        throw new Failure("mmap", errno(state));
      }
      return address.reinterpret(bytes, arena, LibC::unmap);
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// An unbound datagram socket of IPv4, close-on-exec: what netdevice(7) asks network cards by.
  static int datagramSocket() throws Failure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      int descriptor = (int) SOCKET.invokeExact(state, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (descriptor < 0) {
        throw new Failure("socket", errno(state));
      }
      return descriptor;
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Makes the request of a driver, with an argument that is a number or an address.
  static int ioctl(int descriptor, long request, long argument) throws Failure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      int result = (int) IOCTL_WITH.invokeExact(state, descriptor, request, argument);
      if (result < 0) {
        throw new Failure("ioctl 0x" + Long.toHexString(request), errno(state));
      }
      return result;
    } catch (Failure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// The same many times, as fast as it goes: only the result or the negative errno, and the room
  /// for errno made once.
  static final class RepeatedIoctl {
    private final MemorySegment state;
    private final int descriptor;
    private final long request;

    RepeatedIoctl(int descriptor, long request, Arena arena) {
      this.state = arena.allocate(CAPTURED);
      this.descriptor = descriptor;
      this.request = request;
    }

    int call() {
      try {
        int result = (int) IOCTL_WITH.invokeExact(state, descriptor, request, 0L);
        return result < 0 ? -errno(state) : result;
      } catch (Throwable failure) {
        throw unexpected(failure);
      }
    }
  }

  private static void unmap(MemorySegment mapping) {
    try (Arena arena = Arena.ofConfined()) {
      int _ = (int) MUNMAP.invokeExact(arena.allocate(CAPTURED), mapping, mapping.byteSize());
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  private static MemorySegment strings(Arena arena, List<String> values) {
    MemorySegment array = arena.allocate(ADDRESS, values.size() + 1L);
    for (int index = 0; index < values.size(); index++) {
      array.setAtIndex(
          ADDRESS, index, arena.allocateFrom(values.get(index), StandardCharsets.UTF_8));
    }
    return array;
  }

  private static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  private static MethodHandle plain(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LOOKUP.findOrThrow(name), descriptor);
  }

  private static MethodHandle failing(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LOOKUP.findOrThrow(name), descriptor, Linker.Option.captureCallState("errno"));
  }

  private static RuntimeException unexpected(@Nullable Throwable failure) {
    return failure instanceof RuntimeException known
        ? known
        : new IllegalStateException("a native call failed", failure);
  }
}
