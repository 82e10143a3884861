// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.tally.Count;
import dev.trapline.tally.ObjectKind;
import java.util.List;
import org.junit.jupiter.api.Test;

class StudyOfRunTest {
  private final Study study = StudyOfRun.of(BenchRuns.twoTests(), "run-1");

  private StudyOutcome outcome(String name) {
    return study.outcome("netns", name).orElseThrow();
  }

  private StudyCount count(String test, String role, String syscall) {
    return study.counts().stream()
        .filter(one ->
            one.test().equals(test) && role.equals(one.role()) && one.syscall().equals(syscall))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void speedIsOfTheUntracedTrialsAndWorkDoneOfTheTracedOnes() {
    assertThat(outcome(StudyOutcome.THROUGHPUT).figure().value()).isEqualByComparingTo("10");
    assertThat(outcome(StudyOutcome.LATENCY).figure().value()).isEqualByComparingTo("20");
    assertThat(outcome(StudyOutcome.THROUGHPUT).run()).isEqualTo("netns/throughput/control");
    StudyOutcome transferred = outcome(StudyOutcome.TRANSFERRED);
    assertThat(transferred.figure().value()).isEqualByComparingTo(Long.toString(4L << 30));
    assertThat(transferred.unitAsWritten()).isEqualTo("B");
    assertThat(transferred.run()).isEqualTo("netns/throughput/traced");
    assertThat(outcome(StudyOutcome.MESSAGES).figure().value()).isEqualByComparingTo("2000");
  }

  @Test
  void aCountIsTheSumOverTheTracedTrialsWithWhatWasMeasured() {
    StudyCount read = count("throughput", "server", "read");
    assertThat(read.calls().value()).isEqualByComparingTo("80000");
    assertThat(read.calls().rounded()).isFalse();
    assertThat(read.object()).isEqualTo(ObjectKind.TCP);
    assertThat(read.run()).isEqualTo("netns/throughput/traced");
    Count measured = read.measured();
    assertThat(measured).isNotNull();
    assertThat(measured).extracting(Count::bytes).isEqualTo(4L << 30);
    assertThat(count("latency", "client", "sendto").calls().value()).isEqualByComparingTo("2000");
  }

  @Test
  void nothingDividesAcrossTracedAndUntracedTrials() {
    assertThat(MessageCount.of(study, "netns", "netns/latency/traced").orElseThrow().messages())
        .isEqualTo(2000);
    assertThat(MessageCount.of(study, "netns", "netns/latency/control")).isEmpty();
    assertThat(
            PayloadAmount.of(study, "netns", "netns/throughput/traced").orElseThrow().gibibytes())
        .isEqualTo(4);
    assertThat(PayloadAmount.of(study, "netns", null)).isEmpty();
  }

  @Test
  void theToolIsTheCommandThatRan() {
    assertThat(study.tools()).containsEntry("throughput", "iperf3 -c 198.18.0.1 -P 4");
    assertThat(study.name()).isEqualTo("bench quick");
    assertThat(study.source()).isEqualTo("run-1");
  }

  @Test
  void aTrialThatFailedIsNamedAndLeftOut() {
    Study withFailure = StudyOfRun.of(BenchRuns.withAFailedTrial(), "run-2");
    assertThat(withFailure.counts())
        .isEqualTo(StudyOfRun.of(BenchRuns.twoTests(), "run-2").counts());
    assertThat(withFailure.notes())
        .anySatisfy(
            note -> assertThat(note).contains("failed-1").contains("the server did not start"));
  }

  @Test
  void aRecordingHasCountsWithoutAUnitOfWork() {
    Study recording = StudyOfRun.of(BenchRuns.recording(), "run-3");
    assertThat(recording.counts()).hasSize(2);
    assertThat(recording.counts()).extracting(StudyCount::test).containsOnly("recording");
    assertThat(recording.outcomes()).isEmpty();
    assertThat(recording.tools()).containsEntry("recording", "curl http://example.invalid/");
    assertThat(recording.notes()).isEmpty();
  }

  @Test
  void whatTheCaptureLostIsANote() {
    assertThat(StudyOfRun.of(BenchRuns.incomplete(), "run-4").notes())
        .anySatisfy(note -> assertThat(note).contains("7 events were lost"))
        .anySatisfy(note -> assertThat(note).contains("bytes of vectors"));
    assertThat(study.notes()).isEmpty();
  }

  @Test
  void bytesThatWerePrintedRoundedKeepTheDigitsThatAreRight() {
    Study imported = StudyOfRun.of(BenchRuns.importedCounts(), "run-6");
    StudyOutcome transferred = imported.outcome("netns", StudyOutcome.TRANSFERRED).orElseThrow();
    assertThat(transferred.unitAsWritten()).isEqualTo("GiB");
    assertThat(transferred.figure().value().toPlainString()).isEqualTo("82.2");
    assertThat(imported.notes())
        .anySatisfy(note -> assertThat(note).contains("calls per GiB are too high"));
  }

  @Test
  void anEmptyRunIsAnEmptyStudy() {
    Study empty = StudyOfRun.of(BenchRuns.empty(), "run-5");
    assertThat(List.of(empty.counts(), empty.outcomes(), empty.environments()))
        .allSatisfy(part -> assertThat(part).isEmpty());
  }
}
