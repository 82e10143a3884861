// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

/// What part a syscall plays in a network workload, as far as its name alone can tell.
///
/// Not a statement about one call: whether a `read` is traffic depends on its descriptor.
public enum NetworkRelevance {
  /// Can occur once or more per message: its count belongs beside the message count.
  DATA_PATH("data path: can occur per message"),
  /// Prepares or ends communication: its count should follow connections, not messages.
  SET_UP("set-up: per connection or per run"),
  /// No part in networking.
  NONE("none");

  private static final NetworkRelevance[] ALL = values();

  private final String title;

  NetworkRelevance(String title) {
    this.title = title;
  }

  /// The value in words.
  public String title() {
    return title;
  }

  /// The name in files: `data-path`, `set-up`, `none`.
  public String slug() {
    return switch (this) {
      case DATA_PATH -> "data-path";
      case SET_UP -> "set-up";
      case NONE -> "none";
    };
  }

  static NetworkRelevance bySlug(String slug) {
    for (NetworkRelevance relevance : ALL) {
      if (relevance.slug().equals(slug)) {
        return relevance;
      }
    }
    throw new IllegalArgumentException("no network relevance is called " + slug);
  }
}
