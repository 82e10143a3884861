// SPDX-License-Identifier: Apache-2.0
package dev.trapline.statistics;

/// Where a figure may lie.
///
/// @param low lower end, in the unit of the figure
/// @param high upper end
/// @param confidence from 0 to 1, as the method means it; with few values the real one may be less,
///   and the method that made this says so
public record Interval(double low, double high, double confidence) {
  /// Whether this value could be the true one.
  public boolean admits(double value) {
    return low <= value && value <= high;
  }
}
