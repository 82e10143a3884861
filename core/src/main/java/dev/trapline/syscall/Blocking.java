// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

/// Whether a syscall can put its thread to sleep.
///
/// A statement about the syscall in general: on a non-blocking descriptor a [#MAY] does not wait.
/// Short sleeps on kernel-internal locks and memory reclaim are not counted.
public enum Blocking {
  /// Does not wait for a peer, a device or another thread.
  NEVER("never waits"),
  /// Waits if data, room, a disk or a lock is not there.
  MAY("may wait"),
  /// Waiting is its purpose: time spent asleep in it is no cost.
  ///
  /// `futex` is one of them, though its wake operations do not wait; split it by operation.
  WAITS("waiting is its purpose");

  private static final Blocking[] ALL = values();

  private final String title;

  Blocking(String title) {
    this.title = title;
  }

  /// The value in words: `may wait`.
  public String title() {
    return title;
  }

  /// The name in files: `never`, `may`, `waits`.
  public String slug() {
    return switch (this) {
      case NEVER -> "never";
      case MAY -> "may";
      case WAITS -> "waits";
    };
  }

  static Blocking bySlug(String slug) {
    for (Blocking blocking : ALL) {
      if (blocking.slug().equals(slug)) {
        return blocking;
      }
    }
    throw new IllegalArgumentException("no blocking value is called " + slug);
  }
}
