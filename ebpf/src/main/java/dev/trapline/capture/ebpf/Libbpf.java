// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.trapline.host.LibC;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The part of libbpf 1.x that a capture needs, by hand. Each handle has its C prototype above it
/// (libbpf.h and btf.h, API version 1.0). Failures are [BpfFailure] with the errno that libbpf
/// returned.
///
/// libbpf's warnings are kept, the latest last: they hold the verifier's words.
final class Libbpf {
  private static final int LOG_LEVEL_WARN = 0;
  private static final int BTF_KIND_TYPEDEF = 8;
  private static final int BTF_KIND_FUNC = 12;
  private static final int KEPT_WARNINGS = 200;

  private static final int NO_ENTRY = 2;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBRARY = BpfLibrary.lookUp();
  private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> STATE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CAPTURED));
  private static final List<String> WARNINGS = new ArrayList<>();

  /// `libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn)`
  private static final MethodHandle SET_PRINT =
      handle("libbpf_set_print", FunctionDescriptor.of(ADDRESS, ADDRESS));

  /// `int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)`; a `va_list`
  /// is passed as a pointer on x86-64 and arm64.
  private static final MethodHandle FORMAT =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("vsnprintf"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));

  /// `struct bpf_object *bpf_object__open_mem(const void *buffer, size_t size, const struct
  /// bpf_object_open_opts *options)`
  private static final MethodHandle OPEN =
      pointerHandle(
          "bpf_object__open_mem", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));

  /// `int bpf_object__load(struct bpf_object *object)`
  private static final MethodHandle LOAD =
      handle("bpf_object__load", FunctionDescriptor.of(JAVA_INT, ADDRESS));

  /// `void bpf_object__close(struct bpf_object *object)`
  private static final MethodHandle CLOSE =
      handle("bpf_object__close", FunctionDescriptor.ofVoid(ADDRESS));

  /// `struct bpf_map *bpf_object__find_map_by_name(const struct bpf_object *object, const char
  /// *name)`
  private static final MethodHandle FIND_MAP =
      pointerHandle(
          "bpf_object__find_map_by_name", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));

  /// `struct bpf_program *bpf_object__find_program_by_name(const struct bpf_object *object, const
  /// char *name)`
  private static final MethodHandle FIND_PROGRAM =
      pointerHandle(
          "bpf_object__find_program_by_name", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));

  /// `int bpf_map__fd(const struct bpf_map *map)`
  private static final MethodHandle MAP_DESCRIPTOR =
      handle("bpf_map__fd", FunctionDescriptor.of(JAVA_INT, ADDRESS));

  /// `int bpf_program__fd(const struct bpf_program *program)`
  private static final MethodHandle PROGRAM_DESCRIPTOR =
      handle("bpf_program__fd", FunctionDescriptor.of(JAVA_INT, ADDRESS));

  /// `int bpf_obj_get_info_by_fd(int fd, void *info, __u32 *info_len)`
  private static final MethodHandle INFORMATION =
      handle("bpf_obj_get_info_by_fd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));

  /// `struct bpf_prog_info` up to `recursion_misses` (linux/bpf.h).
  private static final long MISSED_RUNS_OFFSET = 208;

  private static final long PROGRAM_INFORMATION_BYTES = 216;

  /// `long syscall(long number, ...)`, here of `membarrier(int command, unsigned flags, int cpu)`
  private static final MethodHandle SYSCALL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("syscall"),
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
          Linker.Option.firstVariadicArg(1));

  private static final long MEMBARRIER =
      System.getProperty("os.arch").equals("aarch64") ? 283 : 324;
  private static final long MEMBARRIER_COMMAND_GLOBAL = 1;

  /// `int bpf_map__set_max_entries(struct bpf_map *map, __u32 max_entries)`
  private static final MethodHandle SET_MAX_ENTRIES =
      handle("bpf_map__set_max_entries", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

  /// `int bpf_map__set_initial_value(struct bpf_map *map, const void *data, size_t size)`
  private static final MethodHandle SET_INITIAL_VALUE =
      handle(
          "bpf_map__set_initial_value",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));

  /// `int bpf_program__set_autoload(struct bpf_program *program, bool autoload)`
  private static final MethodHandle SET_AUTOLOAD =
      handle("bpf_program__set_autoload", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_BOOLEAN));

  /// `struct bpf_link *bpf_program__attach(const struct bpf_program *program)`
  private static final MethodHandle ATTACH =
      pointerHandle("bpf_program__attach", FunctionDescriptor.of(ADDRESS, ADDRESS));

  /// `struct bpf_link *bpf_program__attach_iter(const struct bpf_program *program, const struct
  /// bpf_iter_attach_opts *options)`
  private static final MethodHandle ATTACH_ITERATOR =
      pointerHandle("bpf_program__attach_iter", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));

  /// `int bpf_link__destroy(struct bpf_link *link)`
  private static final MethodHandle DESTROY_LINK =
      handle("bpf_link__destroy", FunctionDescriptor.of(JAVA_INT, ADDRESS));

  /// `int bpf_link__fd(const struct bpf_link *link)`
  private static final MethodHandle LINK_DESCRIPTOR =
      handle("bpf_link__fd", FunctionDescriptor.of(JAVA_INT, ADDRESS));

  /// `int bpf_iter_create(int link_fd)`
  private static final MethodHandle ITERATE =
      handle("bpf_iter_create", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  /// `int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)`
  private static final MethodHandle UPDATE =
      handle(
          "bpf_map_update_elem",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));

  /// `int bpf_map_lookup_elem(int fd, const void *key, void *value)`
  private static final MethodHandle LOOK_UP =
      handle("bpf_map_lookup_elem", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));

  /// `struct btf *btf__load_vmlinux_btf(void)`
  private static final MethodHandle LOAD_KERNEL_TYPES =
      pointerHandle("btf__load_vmlinux_btf", FunctionDescriptor.of(ADDRESS));

  /// `struct btf *btf__load_module_btf(const char *module_name, struct btf *vmlinux_btf)`
  private static final MethodHandle LOAD_MODULE_TYPES =
      pointerHandle("btf__load_module_btf", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));

  /// `__s32 btf__find_by_name_kind(const struct btf *btf, const char *name, __u32 kind)`
  private static final MethodHandle FIND_TYPE =
      handle("btf__find_by_name_kind", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));

  /// `void btf__free(struct btf *btf)`
  private static final MethodHandle FREE_TYPES =
      handle("btf__free", FunctionDescriptor.ofVoid(ADDRESS));

  static {
    keepWarnings();
  }

  private Libbpf() {}

  /// What libbpf refused.
  static final class BpfFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final int errno;

    BpfFailure(String what, int errno) {
      super(what + ": " + LibC.errorText(errno));
      this.errno = errno;
    }

    int errno() {
      return errno;
    }
  }

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LIBRARY.findOrThrow(name), descriptor);
  }

  /// For functions that return a pointer and leave the reason of a null one in errno.
  private static MethodHandle pointerHandle(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LIBRARY.findOrThrow(name), descriptor, Linker.Option.captureCallState("errno"));
  }

  private static MemorySegment state() {
    return STATE.get();
  }

  private static void keepWarnings() {
    try {
      MethodHandle callback =
          MethodHandles.lookup()
              .findStatic(
                  Libbpf.class,
                  "onMessage",
                  MethodType.methodType(
                      int.class, int.class, MemorySegment.class, MemorySegment.class));
      MemorySegment stub =
          LINKER.upcallStub(
              callback,
              FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS),
              Arena.global());
      MemorySegment _ = (MemorySegment) SET_PRINT.invokeExact(stub);
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// One load makes some 260 of these: the level is looked at before anything else.
  @SuppressWarnings("unused") // called from C
  private static int onMessage(int level, MemorySegment format, MemorySegment arguments) {
    if (level != LOG_LEVEL_WARN) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(65536);
      int length = (int) FORMAT.invokeExact(buffer, buffer.byteSize(), format, arguments);
      String text = buffer.getString(0).strip();
      synchronized (WARNINGS) {
        if (length > 0 && !text.isEmpty()) {
          WARNINGS.add(text);
          if (WARNINGS.size() > KEPT_WARNINGS) {
            WARNINGS.removeFirst();
          }
        }
      }
    } catch (Throwable failure) {
      // An exception must not cross into C; a lost warning is the lesser harm.
      return 0;
    }
    return 0;
  }

  /// Forgets earlier warnings, and returns them.
  static List<String> takeWarnings() {
    synchronized (WARNINGS) {
      List<String> taken = List.copyOf(WARNINGS);
      WARNINGS.clear();
      return taken;
    }
  }

  static MemorySegment open(byte[] object, Arena arena) throws BpfFailure {
    try {
      MemorySegment bytes = arena.allocate(object.length, 8);
      MemorySegment.copy(object, 0, bytes, ValueLayout.JAVA_BYTE, 0, object.length);
      return pointer(
          "open the BPF object",
          (MemorySegment) OPEN.invokeExact(state(), bytes, bytes.byteSize(), MemorySegment.NULL));
    } catch (BpfFailure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  static void load(MemorySegment object) throws BpfFailure {
    try {
      check("load the BPF object", (int) LOAD.invokeExact(object));
    } catch (BpfFailure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  static void close(MemorySegment object) {
    try {
      CLOSE.invokeExact(object);
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  static MemorySegment map(MemorySegment object, String name) throws BpfFailure {
    return find(FIND_MAP, object, name);
  }

  static MemorySegment program(MemorySegment object, String name) throws BpfFailure {
    return find(FIND_PROGRAM, object, name);
  }

  private static MemorySegment find(MethodHandle finder, MemorySegment object, String name)
      throws BpfFailure {
    try (Arena arena = Arena.ofConfined()) {
      return pointer(
          "find " + name,
          (MemorySegment) finder.invokeExact(state(), object, arena.allocateFrom(name)));
    } catch (BpfFailure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  static int descriptor(MemorySegment map) {
    try {
      return (int) MAP_DESCRIPTOR.invokeExact(map);
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  static void setMaxEntries(MemorySegment map, int entries) throws BpfFailure {
    try {
      check("size a map", (int) SET_MAX_ENTRIES.invokeExact(map, entries));
    } catch (BpfFailure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  static void setInitialValue(MemorySegment map, MemorySegment value) throws BpfFailure {
    try {
      check(
          "set the constants of the BPF object",
          (int) SET_INITIAL_VALUE.invokeExact(map, value, value.byteSize()));
    } catch (BpfFailure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  static void setAutoload(MemorySegment program, boolean autoload) throws BpfFailure {
    try {
      check("choose a program", (int) SET_AUTOLOAD.invokeExact(program, autoload));
    } catch (BpfFailure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  static MemorySegment attach(MemorySegment program, String name) throws BpfFailure {
    try {
      return pointer("attach " + name, (MemorySegment) ATTACH.invokeExact(state(), program));
    } catch (BpfFailure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  static void detach(MemorySegment link) {
    try {
      int _ = (int) DESTROY_LINK.invokeExact(link);
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Waits until no CPU is in a program that was detached before. Closing a link does not wait, and
  /// what a program does after it would be lost or half read. The kernel has no call for just this;
  /// a global barrier waits for a grace period of RCU, under which programs run.
  static void awaitRunningPrograms() {
    try {
      long _ = (long) SYSCALL.invokeExact(MEMBARRIER, MEMBARRIER_COMMAND_GLOBAL, 0L, 0L);
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// How often a program was not run because it was running on that CPU already; 0 where the kernel
  /// is too old to count it.
  static long missedRuns(MemorySegment program) throws BpfFailure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment information = arena.allocate(PROGRAM_INFORMATION_BYTES, 8);
      MemorySegment length = arena.allocateFrom(JAVA_INT, (int) PROGRAM_INFORMATION_BYTES);
      int descriptor = (int) PROGRAM_DESCRIPTOR.invokeExact(program);
      check("ask for missed runs", (int) INFORMATION.invokeExact(descriptor, information, length));
      return information.get(JAVA_LONG, MISSED_RUNS_OFFSET);
    } catch (BpfFailure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Runs an iterator program over all tasks once.
  static void iterate(MemorySegment program, String name) throws BpfFailure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment link =
          pointer(
              "attach " + name,
              (MemorySegment) ATTACH_ITERATOR.invokeExact(state(), program, MemorySegment.NULL));
      try {
        int descriptor = (int) ITERATE.invokeExact((int) LINK_DESCRIPTOR.invokeExact(link));
        check("run " + name, descriptor);
        try {
          MemorySegment buffer = arena.allocate(4096);
          while (LibC.read(descriptor, buffer) > 0) {
            // The programs print nothing; reading is what runs them.
          }
        } finally {
          LibC.close(descriptor);
        }
      } finally {
        detach(link);
      }
    } catch (BpfFailure failure) {
      throw failure;
    } catch (LibC.Failure failure) {
      throw new BpfFailure("run " + name, failure.errno());
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Writes a map element; for a stack or queue the key is null.
  static void update(int map, @Nullable MemorySegment key, MemorySegment value) throws BpfFailure {
    try {
      MemorySegment where = key == null ? MemorySegment.NULL : key;
      check("write a map", (int) UPDATE.invokeExact(map, where, value, 0L));
    } catch (BpfFailure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// Reads a map element; false if there is none with this key.
  static boolean lookUp(int map, MemorySegment key, MemorySegment value) throws BpfFailure {
    try {
      int result = (int) LOOK_UP.invokeExact(map, key, value);
      if (result == -NO_ENTRY) {
        return false;
      }
      check("read a map", result);
      return true;
    } catch (BpfFailure failure) {
      throw failure;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  /// The running kernel's types, to ask before a load what it has.
  static final class KernelTypes implements AutoCloseable {
    private final MemorySegment types;

    KernelTypes() throws BpfFailure {
      try {
        types =
            pointer(
                "read the kernel's BTF", (MemorySegment) LOAD_KERNEL_TYPES.invokeExact(state()));
      } catch (BpfFailure failure) {
        throw failure;
      } catch (Throwable failure) {
        throw unexpected(failure);
      }
    }

    /// Whether the kernel itself (not a module) has a tracepoint.
    boolean hasTracepoint(String name) {
      return has("btf_trace_" + name, BTF_KIND_TYPEDEF);
    }

    /// Whether the kernel itself (not a module) has a function.
    boolean hasFunction(String name) {
      return has(name, BTF_KIND_FUNC);
    }

    /// Whether the kernel or this module of it, if it is loaded, has a function.
    boolean hasFunction(String name, String module) {
      if (hasFunction(name)) {
        return true;
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment own =
            (MemorySegment)
                LOAD_MODULE_TYPES.invokeExact(state(), arena.allocateFrom(module), types);
        if (own.address() == 0) {
          return false;
        }
        boolean found =
            (int) FIND_TYPE.invokeExact(own, arena.allocateFrom(name), BTF_KIND_FUNC) > 0;
        FREE_TYPES.invokeExact(own);
        return found;
      } catch (Throwable failure) {
        throw unexpected(failure);
      }
    }

    private boolean has(String name, int kind) {
      try (Arena arena = Arena.ofConfined()) {
        return (int) FIND_TYPE.invokeExact(types, arena.allocateFrom(name), kind) > 0;
      } catch (Throwable failure) {
        throw unexpected(failure);
      }
    }

    @Override
    public void close() {
      try {
        FREE_TYPES.invokeExact(types);
      } catch (Throwable failure) {
        throw unexpected(failure);
      }
    }
  }

  /// libbpf 1.x returns null and sets errno; the reason is also in its warnings.
  private static MemorySegment pointer(String what, MemorySegment result) throws BpfFailure {
    if (result.address() == 0) {
      throw new BpfFailure(what, (int) ERRNO.get(state(), 0L));
    }
    return result;
  }

  private static void check(String what, int result) throws BpfFailure {
    if (result < 0) {
      throw new BpfFailure(what, -result);
    }
  }

  private static RuntimeException unexpected(Throwable failure) {
    return failure instanceof RuntimeException known
        ? known
        : new IllegalStateException("a call of libbpf failed", failure);
  }
}
