// SPDX-License-Identifier: Apache-2.0

import dev.trapline.campaign.Campaign;
import dev.trapline.campaign.CampaignRunner;
import dev.trapline.campaign.CampaignState;
import dev.trapline.campaign.CpuSets;
import dev.trapline.campaign.PlannedWorkload;
import dev.trapline.campaign.TrialRunner;
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
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/// What a campaign costs beside its trials: a workload that is made up and takes no time, everything
/// else as in a bench. Prints "NAME MILLISECONDS-PER-TRIAL".
public final class CampaignBookkeeping {
  private static Duration cpuBefore = Duration.ZERO;
  private static final int KEYS = 60;
  private static final int TESTS = 5;

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    int repeats = Integer.parseInt(arguments[1]);
    long seed = Long.parseLong(arguments[2]);
    Campaign campaign =
        new Campaign(
            "made-up",
            List.of(new Environment.Loopback()),
            tests(),
            repeats,
            repeats,
            seed,
            CpuSets.ANY,
            0,
            0,
            null);
    Provenance provenance =
        new Provenance(
            "bench", "0", List.of("bench"), Instant.EPOCH, new TreeMap<>(), new TreeMap<>(), "none",
            "full", "a benchmark", List.of(), "made-up", seed, new TreeMap<>(), List.of(),
            List.of());
    long start = System.nanoTime();
    List<Campaign.PlannedTrial> plan = campaign.plan();
    int trials = plan.size();
    tell("plan", start, trials);
    RunDirectory output = RunDirectory.create(directory);
    List<String> ids = plan.stream().map(Campaign.PlannedTrial::id).toList();
    start = System.nanoTime();
    try (RunJournal journal = RunJournal.begin(output, new RunJournal.Plan(provenance, ids))) {
      run(campaign, journal, trials / 2);
    }
    tell("keep", start, trials / 2);
    start = System.nanoTime();
    try (RunJournal journal = RunJournal.resume(directory)) {
      CampaignState state = new CampaignState(campaign);
      journal.forEachTrial(state::add);
      tell("resume", start, trials / 2);
      run(campaign, journal, Integer.MAX_VALUE);
      start = System.nanoTime();
      journal.finish(
          provenance,
          List.of(),
          stored ->
              output.writeReport(
                  BenchReport.whole(
                          RunReport.of(stored.run(), stored.tallies(), null), new Document())
                      .toMarkdown()));
      tell("finish-with-report.md", start, trials);
    }
    System.out.println("heap-MiB-after-trials " + usedMebibytes());
    start = System.nanoTime();
    StoredRun stored = RunDirectory.open(directory);
    RunReport report = RunReport.of(stored.run(), stored.tallies(), null);
    tell("read-and-analyse", start, trials);
    System.out.println("heap-MiB-with-the-report " + usedMebibytes());
    start = System.nanoTime();
    BenchReport.whole(report, new Document()).toMarkdown();
    ReportCsv.rows("run", report);
    ReportPage.of(report, ReportJson.of(report));
    tell("write-report", start, trials);
    if (report.tests().size() != TESTS || stored.run().trials().size() != trials) {
      throw new IllegalStateException(report.tests().size() + " tests");
    }
  }

  private static List<PlannedWorkload> tests() {
    List<PlannedWorkload> tests = new ArrayList<>();
    for (int number = 1; number <= TESTS; number++) {
      tests.add(new PlannedWorkload("test-" + number, Iperf3.ofSeconds(1), 1));
    }
    return tests;
  }

  private static String usedMebibytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return String.format("%.1f", (runtime.totalMemory() - runtime.freeMemory()) / 1048576.0);
  }

  private static void tell(String what, long start, int trials) {
    System.out.printf("%s %.3f%n", what, (System.nanoTime() - start) / 1e6 / trials);
    Duration cpu = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    System.out.printf("%s-cpu %.3f%n", what, cpu.minus(cpuBefore).toNanos() / 1e6 / trials);
    cpuBefore = cpu;
  }

  private static void run(Campaign campaign, RunJournal journal, int most) {
    CampaignState state = new CampaignState(campaign);
    journal.forEachTrial(state::add);
    try {
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
                  return journal.directory().rawFolder(trialId);
                }

                @Override
                public void keep(Trial trial, List<RoleTally> tallies) {
                  journal.keep(trial, tallies);
                }

                @Override
                public void warn(String line) {}
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
    } catch (InterruptedException brokenOff) {
      // As asked for.
    }
  }

  private static TrialRunner.Finished made(Campaign.PlannedTrial planned, int order) {
    Random random = new Random(planned.id().hashCode() * 0x9E3779B97F4A7C15L);
    long bytes = Math.round(1e9 * (1 + random.nextDouble()));
    Throughput outcome =
        new Throughput(
            "TCP", new BitRate(bytes * 8.0), new Bytes(bytes), null, 1, null, List.of(), List.of(),
            List.of(), null, null, null);
    List<RoleTally> tallies = new ArrayList<>();
    if (planned.traced()) {
      for (String role : List.of("server", "client")) {
        TreeMap<Key, Count> counts = new TreeMap<>();
        for (int key = 0; key < KEYS; key++) {
          long[] buckets = new long[LatencyHistogram.BUCKETS];
          for (int bucket = 0; bucket < 20; bucket++) {
            buckets[40 + random.nextInt(60)] += 1 + random.nextInt(1000);
          }
          long calls = java.util.Arrays.stream(buckets).sum();
          long nanos = calls * 1000;
          counts.put(
              new Key(new ThreadKey(order, "tool", order, "tool"), "call" + key, null, null),
              new Count(
                  calls, calls, new TreeMap<>(), calls, nanos, nanos, 0L, 0L, 0L,
                  LatencyHistogram.ofBuckets(buckets, 1 << 20)));
        }
        tallies.add(
            new RoleTally(
                planned.id(), "loopback", planned.test().name(), "local", role,
                new Tally(counts, Completeness.COMPLETE)));
      }
    }
    return new TrialRunner.Finished(
        new Trial(
            planned.id(), "loopback", planned.test().name(), planned.repeat(), order,
            planned.traced(), Instant.EPOCH, 1L, outcome, null, new TreeMap<>(),
            Completeness.COMPLETE, KernelActivity.UNKNOWN,
            new MachineUse(null, null, new TreeMap<>()), outcome.invariants()),
        tallies);
  }
}
