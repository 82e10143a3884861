// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.TraplineException;
import dev.trapline.host.TinyGuest;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// A guest of a few bytes that does nothing but come back to user space. Opened, run and closed by
/// one thread.
final class KvmProbe implements Probe, AutoCloseable {
  private static final int BATCHES = 15;
  private static final int RETURNS = 20;

  private final TinyGuest guest;

  private KvmProbe(TinyGuest guest) {
    this.guest = guest;
  }

  /// @param skipped gets the reason if there can be no guest
  /// @return null then
  static @Nullable KvmProbe open(SortedMap<String, String> skipped) {
    Optional<String> reason = TinyGuest.unavailable();
    if (reason.isPresent()) {
      skipped.put(MachineCosts.KVM_RUN_RETURN, reason.get());
      return null;
    }
    try {
      return new KvmProbe(TinyGuest.open());
    } catch (TraplineException refused) {
      skipped.put(MachineCosts.KVM_RUN_RETURN, String.valueOf(refused.getMessage()));
      return null;
    }
  }

  @Override
  public String name() {
    return MachineCosts.KVM_RUN_RETURN;
  }

  @Override
  public void round(Samples samples) {
    double[] batches = new double[BATCHES];
    for (int batch = 0; batch < BATCHES; batch++) {
      batches[batch] = guest.run(RETURNS).nanosPerReturn();
    }
    samples.cost(name(), Samples.median(batches));
  }

  @Override
  public void close() {
    guest.close();
  }
}
