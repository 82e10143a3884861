// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import dev.trapline.TraplineException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Where libbpf is. Apart from [Libbpf], whose handles are made when its class is: an exception
/// from there would be an error of the Java machine, and no longer one that tells a remedy.
final class BpfLibrary {
  private static final String NAME = "libbpf.so.1";

  private BpfLibrary() {}

  /// The machine's own first. On a node that has none, the one that came with the runtime image is
  /// taken, after the libraries that it needs: the dynamic linker finds these by their names once
  /// they are loaded (dlopen(3)).
  ///
  /// @throws TraplineException `LIBBPF-MISSING`
  static SymbolLookup lookUp() {
    try {
      return SymbolLookup.libraryLookup(NAME, Arena.global());
    } catch (IllegalArgumentException missing) {
      return brought()
          .orElseThrow(() ->
              new TraplineException(
                  "LIBBPF-MISSING",
                  "libbpf.so.1 cannot be loaded, so the eBPF capture is not available.",
                  "apt-get install libbpf1",
                  missing));
    }
  }

  private static Optional<SymbolLookup> brought() {
    String runtime = System.getProperty("trapline.runtime");
    if (runtime == null) {
      return Optional.empty();
    }
    for (String needed : List.of("libz.so.1", "libzstd.so.1", "libelf.so.1", NAME)) {
      try {
        SymbolLookup library =
            SymbolLookup.libraryLookup(Path.of(runtime, "native", needed), Arena.global());
        if (needed.equals(NAME)) {
          return Optional.of(library);
        }
      } catch (IllegalArgumentException missing) {
        // The machine may have it itself; otherwise the last one cannot be loaded either.
      }
    }
    return Optional.empty();
  }
}
