// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/// ^C and its kin, as an event instead of an end.
///
/// `sun.misc.Signal` is the only door that the JDK has to signals; it is gone through by reflection
/// because the compiler warns of its name, which our build treats as an error. A script's
/// background job starts with SIGINT ignored, and the JVM would keep it so: the disposition is
/// reset first, as strace and perf do.
public final class Interrupts {
  private static final int SIGINT = 2;

  private Interrupts() {}

  /// Calls the action at each SIGINT or SIGTERM from now on, on a thread of the JVM's.
  public static void onInterrupt(Runnable action) {
    LibC.resetSignal(SIGINT);
    handle("INT", action);
    handle("TERM", action);
  }

  private static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      MethodHandle run =
          MethodHandles.lookup()
              .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
              .bindTo(action);
      Object listener =
          MethodHandleProxies.asInterfaceInstance(
              handler, MethodHandles.dropArguments(run, 0, signal));
      Object number = signal.getConstructor(String.class).newInstance(name);
      signal.getMethod("handle", signal, handler).invoke(null, number, listener);
    } catch (ReflectiveOperationException failure) {
      throw new IllegalStateException("signals cannot be handled", failure);
    }
  }

  /// Whether a ^C at the terminal reaches the other processes of our group without our help.
  public static boolean terminalReachesOurGroup() {
    return ProcFs.stat((int) ProcessHandle.current().pid())
        .map(stat -> stat.processGroup() == stat.terminalForegroundGroup())
        .orElse(false);
  }
}
