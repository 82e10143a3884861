// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.capture.KernelActivity;
import dev.trapline.run.MachineUse;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleTally;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// Reads `run.json` field by field into the nouns: the reverse of [RunJson], in the same order.
///
/// @param run without its tallies
/// @param tallyFile what the tallies' file must be
record RunJsonReader(Run run, TallyFile tallyFile) {

  private static final String SCHEMA = "schema";
  private static final String TRIALS = "trials";
  private static final String PROVENANCE = "provenance";
  private static final String COMPLETENESS = "completeness";

  /// One trial is JSON at a time.
  ///
  /// @throws dev.trapline.TraplineException `RUN-SCHEMA`, or `RUN-CORRUPT` with the place
  static RunJsonReader read(Path file) {
    List<Trial> trials = new ArrayList<>();
    try {
      JsonFields root =
          JsonFields.parse(
              file,
              TRIALS,
              (before, trial) -> {
                if (trials.isEmpty()) {
                  checkHead(file, before);
                }
                trials.add(trial(trial));
              });
      checkSchema(file, root);
      if (root.has(TRIALS)) {
        // It is not an array, and complains.
        root.objects(TRIALS);
      }
      return read(root, trials);
    } catch (IllegalArgumentException e) {
      // A noun refused a figure that no run can have.
      throw StoreFailure.corrupt(file, StoreFailure.reason(e), e);
    }
  }

  /// What is wrong before the trials is told before what is wrong in them.
  private static void checkHead(Path file, JsonFields head) {
    if (head.has(SCHEMA)) {
      checkSchema(file, head);
    }
    if (head.has(PROVENANCE)) {
      provenance(head.object(PROVENANCE));
    }
    if (head.has(COMPLETENESS)) {
      completeness(head.object(COMPLETENESS));
    }
  }

  private static void checkSchema(Path file, JsonFields root) {
    String schema = root.text(SCHEMA);
    if (!schema.equals(Run.SCHEMA)) {
      throw StoreFailure.otherSchema(file, Run.SCHEMA, schema);
    }
  }

  /// What [RunJson#writePlan] wrote.
  static RunJournal.Plan plan(Path file, String json) {
    JsonFields root = rootOf(file, json, RunJournal.PLAN_SCHEMA);
    return new RunJournal.Plan(provenance(root.object("provenance")), root.texts("trials"));
  }

  /// What [RunJson#writeTrialFile] wrote.
  static Trial trialFile(Path file, String json) {
    try {
      return trial(rootOf(file, json, RunJournal.TRIAL_SCHEMA).object("trial"));
    } catch (IllegalArgumentException e) {
      throw StoreFailure.corrupt(file, StoreFailure.reason(e), e);
    }
  }

  private static JsonFields rootOf(Path file, String json, String expected) {
    JsonFields root = JsonFields.parse(file, json);
    String schema = root.text("schema");
    if (!schema.equals(expected)) {
      throw StoreFailure.otherSchema(file, expected, schema);
    }
    return root;
  }

  private static RunJsonReader read(JsonFields root, List<Trial> trials) {
    List<RoleTally> talliesAreElsewhere = List.of();
    return new RunJsonReader(
        new Run(
            provenance(root.object(PROVENANCE)),
            completeness(root.object(COMPLETENESS)),
            trials,
            talliesAreElsewhere,
            // Runs from before there were virtual machines have no such key.
            root.has("environments")
                ? root.objects("environments").stream().map(GuestJson::readEnvironment).toList()
                : List.of()),
        tallyFile(root.object("files").object(RunDirectory.TALLY_FILE)));
  }

  private static Provenance provenance(JsonFields fields) {
    return new Provenance(
        fields.text("kind"),
        fields.text("traplineVersion"),
        fields.texts("commandLine"),
        fields.instantOrNull("startedAt"),
        fields.textsByName("machine"),
        fields.textsByName("tools"),
        fields.text("captureSource"),
        fields.text("captureLevel"),
        fields.text("captureReason"),
        fields.texts("cannotKnow"),
        fields.textOrNull("campaign"),
        fields.numberOrNull("seed"),
        fields.textsByName("settings"),
        fields.texts("warnings"),
        // Runs from before there were imports have no such key.
        fields.has("sources")
            ? fields.objects("sources").stream().map(SourceFileJson::read).toList()
            : List.of());
  }

  /// The verdict is not read: it follows from the figures.
  static Completeness completeness(JsonFields fields) {
    return new Completeness(
        fields.number("lostEvents"),
        fields.number("droppedCalls"),
        fields.number("threadsMissed"),
        fields.number("inFlightAtStart"),
        fields.number("inFlightAtEnd"),
        fields.number("cutShortByExit"),
        fields.texts("notes"));
  }

  private static Trial trial(JsonFields fields) {
    SortedMap<String, RoleUse> roles = new TreeMap<>();
    fields.objectsByName("roles").forEach((role, use) -> roles.put(role, roleUse(use)));
    return new Trial(
        fields.text("id"),
        fields.text("environment"),
        fields.textOrNull("test"),
        fields.smallNumber("repeat"),
        fields.smallNumber("order"),
        fields.truth("traced"),
        fields.instantOrNull("startedAt"),
        fields.numberOrNull("durationNanos"),
        OutcomeJson.outcome(fields.objectOrNull("outcome")),
        fields.textOrNull("failure"),
        roles,
        completeness(fields.object("completeness")),
        kernelActivity(fields.object("kernelActivity")),
        machineUse(fields.object("machine")),
        fields.objects("invariants").stream().map(OutcomeJson::invariant).toList());
  }

  private static RoleUse roleUse(JsonFields fields) {
    return new RoleUse(
        fields.text("node"),
        fields.texts("command"),
        fields.smallNumberOrNull("exitCode"),
        fields.numberOrNull("cpuNanos"),
        fields.numberOrNull("voluntarySwitches"),
        fields.numberOrNull("involuntarySwitches"),
        fields.has("vmm") ? GuestJson.readVmm(fields.objectOrNull("vmm")) : null,
        fields.has("kvm") ? GuestJson.readKvm(fields.objectOrNull("kvm")) : null,
        fields.has("rate") ? GuestJson.readRate(fields.objectOrNull("rate")) : null);
  }

  static KernelActivity kernelActivity(JsonFields fields) {
    return new KernelActivity(
        fields.numberOrNull("netReceiveSoftirqNanos"),
        fields.numberOrNull("netReceiveSoftirqs"),
        fields.numberOrNull("netTransmitSoftirqNanos"),
        fields.numberOrNull("netTransmitSoftirqs"),
        fields.numberOrNull("tcpRetransmissions"),
        fields.numbersByNameOrNull("ioUringOperations"));
  }

  private static MachineUse machineUse(JsonFields fields) {
    return new MachineUse(
        fields.numberOrNull("contextSwitches"),
        fields.numberOrNull("stealNanos"),
        fields.numbersByName("kernelThreadCpuNanos"),
        // Runs from before others' work was noticed have none of these.
        fields.has("otherCpuNanos") ? fields.numberOrNull("otherCpuNanos") : null,
        fields.has("lowestKilohertz") ? fields.numberOrNull("lowestKilohertz") : null,
        fields.has("highestKilohertz") ? fields.numberOrNull("highestKilohertz") : null);
  }

  private static TallyFile tallyFile(JsonFields fields) {
    return new TallyFile(fields.number("rows"), fields.number("bytes"), fields.text("sha256"));
  }
}
