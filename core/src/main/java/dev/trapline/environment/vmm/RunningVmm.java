// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.vmm;

import dev.trapline.environment.HostThread;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// A virtual machine monitor that was started. Closing it ends it: gracefully if it answers, by
/// force if not, and returns when the process is gone.
public interface RunningVmm extends AutoCloseable {
  /// Its argument list.
  List<String> command();

  /// On the host.
  int pid();

  /// Whether the process runs.
  boolean isAlive();

  /// What the guest writes to its first serial port, from the first byte on. It ends with the
  /// monitor. Read by one thread.
  InputStream fromGuest();

  /// What the guest reads from its first serial port. Lines of up to 2 KiB are written at a time
  /// and must not be lost on the way: a driver whose port has a small buffer slows down.
  OutputStream toGuest();

  /// Its threads now, each with what it is for, and its vhost workers wherever the kernel keeps
  /// them.
  List<HostThread> threads();

  /// What the monitor counted of the guest's network card since it was started, by its own names;
  /// null if it does not count, or does not answer.
  default @Nullable SortedMap<String, Long> networkCounters() {
    return null;
  }

  /// Stops the guest's CPUs. A machine that does not answer is left as it is: whether it lives is
  /// found out otherwise.
  void pause();

  /// Lets them go on.
  void resume();

  /// The end of what the monitor itself said on its standard error, for errors; may be empty.
  String lastWords();

  /// Nothing is thrown; a machine that has ended is closed already.
  @Override
  void close();
}
