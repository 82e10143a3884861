// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.study.Figure;
import dev.trapline.study.Study;
import dev.trapline.study.StudyCount;
import dev.trapline.study.StudyEnvironment;
import dev.trapline.syscall.NetworkRelevance;
import dev.trapline.syscall.Syscall;
import dev.trapline.tally.Count;
import dev.trapline.tally.ObjectKind;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A row of counts with what it is to be read with.
///
/// @param where label of the environment, with the study's name where there are several
/// @param syscall null if the catalogue does not have it
/// @param work what it is divided by; null if nothing tells
/// @param shareOfWork of the measured kernel work of the same side; null if that is not known
record SeenCall(
    Study study,
    StudyEnvironment environment,
    String where,
    StudyCount count,
    @Nullable Syscall syscall,
    @Nullable Work work,
    @Nullable Double shareOfWork) {
  private static final int MANY = 1000;
  private static final int SOME = 100;

  /// Files, terminals and the like are not what a message goes through.
  private static final java.util.Set<ObjectKind> NOT_TRAFFIC =
      java.util.EnumSet.of(ObjectKind.FILE, ObjectKind.OTHER, ObjectKind.NETLINK);

  /// The catalogue's name, or that of the source.
  String name() {
    return syscall == null ? count.syscall() : syscall.name();
  }

  String test() {
    return count.test();
  }

  /// `server`, or that the source does not tell.
  String side() {
    return count.role() == null ? "not told" : count.role();
  }

  Figure calls() {
    return count.calls();
  }

  double number() {
    return count.calls().number();
  }

  @Nullable Count measured() {
    return count.measured();
  }

  /// `tcp`, `kvm-vcpu KVM_RUN`, or nothing.
  String on() {
    String object = count.object() == null ? "" : count.object().label();
    String request = count.request();
    if (request == null) {
      return object;
    }
    String shorter = request.startsWith("FUTEX_") ? request.substring(6) : request;
    return object.isEmpty() ? shorter : object + " " + shorter;
  }

  /// `BM throughput, server`.
  String place() {
    return where
        + " "
        + test()
        + (count.role() == null ? ", side not told" : ", " + count.role())
        + (count.thread() == null ? "" : ", thread " + count.thread());
  }

  /// Calls for one unit of work; null if that is not known.
  @Nullable Double perUnit() {
    return work == null ? null : Double.valueOf(number() / work.amount());
  }

  /// Whether calls per unit of work say something: a handful of set-up calls does not become a cost
  /// by division.
  boolean isWorthDividing() {
    boolean onTheDataPath =
        syscall == null || syscall.networkRelevance() == NetworkRelevance.DATA_PATH;
    return number() >= MANY || (number() >= SOME && onTheDataPath && mayBeTraffic());
  }

  /// Whether both were counted on the same side of the same test, in the same run, over all
  /// threads: only such counts may be divided by each other.
  boolean isBeside(SeenCall other) {
    return isOf(other.study)
        && count.environment().equals(other.count.environment())
        && test().equals(other.test())
        && Objects.equals(count.role(), other.count.role())
        && Objects.equals(count.run(), other.count.run())
        && count.thread() == null
        && other.count.thread() == null;
  }

  @SuppressWarnings("ReferenceEquality") // Two equal studies are two all the same.
  boolean isOf(Study other) {
    return study == other;
  }

  /// Whether it can have been traffic, as far as the descriptor is known.
  boolean mayBeTraffic() {
    return count.object() == null || !NOT_TRAFFIC.contains(count.object());
  }
}
