// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.capture.KernelActivity;
import dev.trapline.environment.Environment;
import dev.trapline.report.BenchReport;
import dev.trapline.report.Document;
import dev.trapline.report.RunReport;
import dev.trapline.report.csv.ReportCsv;
import dev.trapline.report.html.ReportPage;
import dev.trapline.report.json.ReportJson;
import dev.trapline.run.MachineUse;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Trial;
import dev.trapline.store.RunDirectory;
import dev.trapline.store.RunJournal;
import dev.trapline.store.StoredRun;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import dev.trapline.workload.BitRate;
import dev.trapline.workload.Bytes;
import dev.trapline.workload.Iperf3;
import dev.trapline.workload.Throughput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A campaign of 500 trials, planned, kept, broken off, gone on with, put together and analysed.
/// The workload is made up from a seed and takes no time: with real ones this would take half an
/// hour, and they are proven elsewhere. What each trial costs is measured by
/// `benchmarks/campaign-bookkeeping.sh`.
class CampaignScaleTest {
  private static final int TESTS = 5;
  private static final int REPEATS = 50;
  private static final int KINDS_OF_CALLS = 60;

  /// The Parquet reader takes 80 and more for any file, whatever its size.
  private static final int MEBIBYTES_FOR_A_REPORT = 144;

  @TempDir Path folder;
  private int runs;

  private static Campaign campaign() {
    List<PlannedWorkload> tests = new ArrayList<>();
    for (int number = 1; number <= TESTS; number++) {
      tests.add(new PlannedWorkload("test-" + number, Iperf3.ofSeconds(1), 1));
    }
    return new Campaign(
        "made-up",
        List.of(new Environment.Loopback()),
        tests,
        REPEATS,
        REPEATS,
        1,
        CpuSets.ANY,
        0,
        0,
        null);
  }

  private static Provenance provenance() {
    return new Provenance(
        "bench",
        "0",
        List.of("bench"),
        Instant.EPOCH,
        new TreeMap<>(),
        new TreeMap<>(),
        "none",
        "full",
        "made up",
        List.of(),
        "made-up",
        1L,
        new TreeMap<>(),
        List.of(),
        List.of());
  }

  private TrialRunner.Finished made(Campaign.PlannedTrial planned, int order) {
    runs++;
    Random random = new Random(planned.id().hashCode() * 0x9E3779B97F4A7C15L);
    long bytes = Math.round(1e9 * (1 + random.nextDouble()));
    Throughput outcome =
        new Throughput(
            "TCP",
            new BitRate(bytes * 8.0),
            new Bytes(bytes),
            null,
            1,
            null,
            List.of(),
            List.of(),
            List.of(),
            null,
            null,
            null);
    List<RoleTally> tallies = new ArrayList<>();
    if (planned.traced()) {
      for (String role : List.of("server", "client")) {
        TreeMap<Key, Count> counts = new TreeMap<>();
        for (int call = 0; call < KINDS_OF_CALLS; call++) {
          counts.put(
              new Key(new ThreadKey(order, "tool", order, "tool"), "call" + call, null, null),
              count(random));
        }
        tallies.add(
            new RoleTally(
                planned.id(),
                "loopback",
                planned.test().name(),
                "local",
                role,
                new Tally(counts, Completeness.COMPLETE)));
      }
    }
    return new TrialRunner.Finished(
        new Trial(
            planned.id(),
            "loopback",
            planned.test().name(),
            planned.repeat(),
            order,
            planned.traced(),
            Instant.EPOCH,
            1L,
            outcome,
            null,
            new TreeMap<>(),
            Completeness.COMPLETE,
            KernelActivity.UNKNOWN,
            new MachineUse(null, null, new TreeMap<>()),
            outcome.invariants()),
        tallies);
  }

  /// With a distribution of times, which is most of the size of a count.
  private static Count count(Random random) {
    long[] buckets = new long[LatencyHistogram.BUCKETS];
    for (int value = 0; value < 20; value++) {
      buckets[40 + random.nextInt(60)] += 1L + random.nextInt(1000);
    }
    long calls = Arrays.stream(buckets).sum();
    long nanos = calls * 1000;
    return new Count(
        calls,
        calls,
        new TreeMap<>(),
        calls,
        nanos,
        nanos,
        0L,
        0L,
        0L,
        LatencyHistogram.ofBuckets(buckets, 1 << 20));
  }

  private void run(RunJournal journal, int most) throws InterruptedException {
    Campaign campaign = campaign();
    CampaignState state = new CampaignState(campaign);
    journal.forEachTrial(state::add);
    new CampaignRunner(
            campaign,
            state,
            (planned, order, raw) -> {
              if (order > most) {
                throw new InterruptedException();
              }
              return made(planned, order);
            },
            new CampaignRunner.Keeper() {
              @Override
              public Path rawFolder(String trialId) {
                return folder;
              }

              @Override
              public void keep(Trial trial, List<RoleTally> tallies) {
                journal.keep(trial, tallies);
              }

              @Override
              public void warn(String line) {
                journal.warn(line);
              }
            },
            new CampaignRunner.Listener() {
              @Override
              public void starting(Campaign.PlannedTrial planned, String id) {}

              @Override
              public void ended(Trial trial) {}

              @Override
              public void passedOver(Campaign.PlannedTrial planned) {}

              @Override
              public void told(String line) {}
            })
        .run();
  }

  @Test
  void fiveHundredTrialsAreKeptOnceEachAlthoughTheCampaignWasBrokenOff() throws Exception {
    Path directory = folder.resolve("run");
    List<String> plan = campaign().plan().stream().map(Campaign.PlannedTrial::id).toList();
    assertThat(plan).hasSize(500).doesNotHaveDuplicates();
    try (RunJournal journal =
        RunJournal.begin(RunDirectory.create(directory), new RunJournal.Plan(provenance(), plan))) {
      assertThatThrownBy(() -> run(journal, 217)).isInstanceOf(InterruptedException.class);
    }
    try (RunJournal journal = RunJournal.resume(directory)) {
      assertThat(journal.plan().trials()).isEqualTo(plan);
      run(journal, Integer.MAX_VALUE);
      journal.finish(provenance(), List.of(), stored -> {});
    }
    assertThat(runs).isEqualTo(500);
    StoredRun stored = RunDirectory.open(directory);
    assertThat(stored.run().trials()).extracting(Trial::id).isEqualTo(plan);
    int[] tallies = {0};
    stored.tallies().forEach(tally -> tallies[0]++);
    assertThat(tallies[0]).isEqualTo(500);
    reportIsMadeInLittleMemory(directory);
  }

  /// The tallies alone are 30,000 rows of 2.5 kB and more in memory: with all of them there, 160
  /// MiB were not enough.
  private static void reportIsMadeInLittleMemory(Path directory)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + MEBIBYTES_FOR_A_REPORT + "m",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ReportOfMany.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).isEqualTo("5 tests, 0 failures\n");
  }

  /// Makes every form of a report.
  static final class ReportOfMany {
    private ReportOfMany() {}

    public static void main(String[] arguments) {
      StoredRun stored = RunDirectory.open(Path.of(arguments[0]));
      RunReport report = RunReport.of(stored.run(), stored.tallies(), null);
      List<String> forms =
          List.of(
              String.join("\n", BenchReport.of(report, "trapline findings DIR").toTerminal()),
              BenchReport.whole(report, new Document()).toMarkdown(),
              ReportCsv.rows("run", report),
              ReportPage.of(report, ReportJson.of(report)));
      if (forms.stream().anyMatch(String::isEmpty)) {
        throw new IllegalStateException("a report says nothing");
      }
      int failures =
          report.tests().stream().mapToInt(test -> test.analysis().failures().size()).sum();
      System.out.println(report.tests().size() + " tests, " + failures + " failures");
    }
  }
}
