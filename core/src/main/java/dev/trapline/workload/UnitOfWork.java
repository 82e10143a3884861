// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

/// What a workload's costs are divided by.
public enum UnitOfWork {
  /// One message sent to the server; its reply belongs to it.
  MESSAGE("message"),
  /// 2^30 bytes that reached the receiving program.
  GIBIBYTE("GiB");

  private final String label;

  UnitOfWork(String label) {
    this.label = label;
  }

  /// As it is printed after "per".
  public String label() {
    return label;
  }
}
