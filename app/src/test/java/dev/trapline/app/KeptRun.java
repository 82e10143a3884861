// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.store.RunDirectory;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// A real run of this repository's, with what a program could have called its threads.
final class KeptRun {
  /// A name that a page must not obey. Longer than the kernel's 15 bytes, as a foreign file may
  /// have it.
  static final String HOSTILE = "</script><img src=x onerror=\"window.hostile=1\"><b>'&amp;";

  private KeptRun() {}

  /// The run as it was kept.
  static Path original() {
    return Repository.root().resolve("core/src/test/resources/dev/trapline/lab/first-run");
  }

  /// The same with every thread called so.
  static Path withHostileNames(Path folder) {
    Run run = RunDirectory.read(original());
    List<RoleTally> tallies = new ArrayList<>();
    for (RoleTally part : run.tallies()) {
      SortedMap<Key, Count> counts = new TreeMap<>();
      part.tally().counts().forEach((key, count) -> counts.merge(renamed(key), count, Count::plus));
      tallies.add(
          new RoleTally(
              part.trial(),
              part.environment(),
              part.test(),
              part.node(),
              part.role(),
              new Tally(counts, part.tally().completeness())));
    }
    RunDirectory.create(folder)
        .write(
            new Run(
                run.provenance(), run.completeness(), run.trials(), tallies, run.environments()));
    return folder;
  }

  private static Key renamed(Key key) {
    ThreadKey thread = key.thread();
    return new Key(
        new ThreadKey(thread.pid(), HOSTILE, thread.tid(), HOSTILE),
        key.syscall(),
        key.object(),
        key.request());
  }
}
