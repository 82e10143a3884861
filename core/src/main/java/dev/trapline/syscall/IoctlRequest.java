// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.util.Arrays;
import java.util.Optional;

/// Names of ioctl requests by number, for the families that network and virtual machine workloads
/// use: KVM, vhost, TUN, terminals, sockets and interfaces, namespaces, block devices, perf events,
/// VFIO and some more.
///
/// A request number is unique only together with the driver behind the descriptor. Where families
/// share a number the names are joined with `|`, since the number alone cannot decide. The table
/// holds the numbers of x86-64 and arm64 together.
public final class IoctlRequest {
  private static final String TABLE = "ioctl-requests.tsv";

  private IoctlRequest() {}

  /// Read only when the first ioctl is named: most commands never need it.
  private static final class Table {
    static final long[] NUMBERS;
    static final String[] NAMES;

    static {
      String text = SyscallCatalogue.resource(TABLE);
      if (text == null) {
        throw new IllegalStateException("the table of ioctl requests is missing: " + TABLE);
      }
      long[] numbers = new long[1024];
      String[] names = new String[1024];
      int count = 0;
      int at = 0;
      while (at < text.length()) {
        int newline = text.indexOf('\n', at);
        int end = newline < 0 ? text.length() : newline;
        int tab = text.indexOf('\t', at);
        if (end > at && text.charAt(at) != '#' && tab > 0) {
          if (count == numbers.length) {
            numbers = Arrays.copyOf(numbers, 2 * count);
            names = Arrays.copyOf(names, 2 * count);
          }
          numbers[count] = Long.parseLong(text, at, tab, 16);
          names[count] = text.substring(tab + 1, end);
          count++;
        }
        at = end + 1;
      }
      NUMBERS = Arrays.copyOf(numbers, count);
      NAMES = Arrays.copyOf(names, count);
    }
  }

  /// The name of a request, such as `KVM_RUN` for 0xae80. The kernel looks at the low 32 bits only,
  /// and so does this: a C library that extends the sign changes nothing.
  public static Optional<String> name(long request) {
    int at = Arrays.binarySearch(Table.NUMBERS, request & 0xffffffffL);
    return at < 0 ? Optional.empty() : Optional.of(Table.NAMES[at]);
  }
}
