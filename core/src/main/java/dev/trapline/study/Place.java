// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

/// Where a figure stands, so that a reader can look it up.
///
/// @param source the file, or the run directory
/// @param line from 1; 0 where lines mean nothing
public record Place(String source, int line) {
  @Override
  public String toString() {
    return line == 0 ? source : source + ":" + line;
  }
}
