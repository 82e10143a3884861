// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.trapline.host.PipedProcess;
import dev.trapline.host.Tool;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/// The picture in ARCHITECTURE.md, held to the code.
class ArchitectureTest {
  private static final String ROOT = "dev.trapline";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          // Once packaged, core's tests are a jar, which the option above does not know.
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages(ROOT);

  /// Whom a package may know beside itself and the errors in the root. A package below one of these
  /// has its rights, and may know the one above it.
  private static final Map<String, Set<String>> MAY_KNOW =
      Map.ofEntries(
          Map.entry("", Set.of()),
          Map.entry("syscall", Set.of()),
          Map.entry("tally", Set.of("syscall")),
          Map.entry("statistics", Set.of()),
          Map.entry("host", Set.of()),
          Map.entry("reading", Set.of("tally")),
          // Outcomes of several clients are put together.
          Map.entry("workload", Set.of("reading", "statistics")),
          // Virtual machines are made of an image, a monitor and an agent, each a package; another
          // machine counts by itself what is started on it.
          Map.entry("environment", Set.of("host", "environment", "capture", "tally", "syscall")),
          // The way to other machines, and what runs there.
          Map.entry("remote", Set.of("remote", "environment", "store", "capture", "tally", "host")),
          Map.entry("intake", Set.of("syscall", "tally", "reading")),
          Map.entry(
              "imported",
              Set.of("reading", "intake", "workload", "run", "tally", "syscall", "capture")),
          Map.entry("yaml", Set.of("syscall")),
          Map.entry("study", Set.of("tally", "syscall", "run", "workload", "yaml")),
          Map.entry("audit", Set.of("study", "run", "tally", "syscall", "statistics", "workload")),
          // A capture that has a tool count for it reads the tool's log as an importer would.
          Map.entry("capture", Set.of("syscall", "tally", "host", "intake", "reading")),
          Map.entry("run", Set.of("tally", "host", "capture", "workload")),
          Map.entry(
              "campaign",
              Set.of(
                  "run",
                  "tally",
                  "host",
                  "capture",
                  "workload",
                  "environment",
                  "statistics",
                  "syscall",
                  "yaml")),
          Map.entry("store", Set.of("run", "syscall", "tally", "capture", "workload")),
          Map.entry("analysis", Set.of("run", "tally", "statistics", "workload", "capture")),
          Map.entry("calibration", Set.of("statistics", "host")),
          Map.entry(
              "account",
              Set.of(
                  "analysis",
                  "calibration",
                  "run",
                  "capture",
                  "syscall",
                  "tally",
                  "statistics",
                  "workload")),
          Map.entry(
              "roofline",
              Set.of("analysis", "calibration", "run", "tally", "statistics", "workload")),
          Map.entry(
              "finding", Set.of("analysis", "run", "tally", "statistics", "workload", "capture")),
          Map.entry("metric", Set.of("analysis", "run", "tally", "workload", "capture")),
          Map.entry(
              "comparison",
              Set.of("metric", "analysis", "statistics", "run", "tally", "workload", "capture")),
          Map.entry("association", Set.of("metric", "statistics", "run", "workload")),
          Map.entry(
              // The forms of a report are packages of their own, and share words.
              "report",
              Set.of(
                  "report",
                  "account",
                  "calibration",
                  "roofline",
                  "association",
                  "comparison",
                  "metric",
                  "analysis",
                  "finding",
                  "audit",
                  "study",
                  "run",
                  "syscall",
                  "tally",
                  "statistics",
                  "workload",
                  "capture")),
          Map.entry(
              "app",
              Set.of(
                  "report",
                  "store",
                  "campaign",
                  "run",
                  "capture",
                  "workload",
                  "environment",
                  "syscall",
                  "tally",
                  "host")));

  /// More classes than a reader holds in mind want a package of their own.
  private static final int MOST_CLASSES = 20;

  /// Packages that are larger, and why that is right.
  private static final Map<String, Integer> LARGER =
      // A class for each verb, and what only verbs share.
      Map.of(
          "app",
          38,
          // The forms of one schema share how its parts are written.
          "store",
          24);

  @Test
  void dependenciesPointDown() {
    Set<String> wrong = new TreeSet<>();
    for (JavaClass user : CLASSES) {
      for (Dependency dependency : user.getDirectDependenciesFromSelf()) {
        String from = nameOf(user.getPackageName());
        String to = nameOf(dependency.getTargetClass().getPackageName());
        if (isOurs(dependency.getTargetClass()) && !mayKnow(from, to)) {
          wrong.add(from + " -> " + to + ": " + dependency.getDescription());
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static boolean isOurs(JavaClass type) {
    return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
  }

  /// The package without the prefix that all have.
  private static String nameOf(String packageName) {
    return packageName.equals(ROOT) ? "" : packageName.replace(ROOT + ".", "");
  }

  private static String top(String name) {
    return name.contains(".") ? name.substring(0, name.indexOf('.')) : name;
  }

  private static boolean mayKnow(String from, String to) {
    boolean upwardsInOne = top(from).equals(top(to)) && from.startsWith(to);
    Set<String> allowed = MAY_KNOW.get(top(from));
    return from.equals(to)
        || to.isEmpty()
        || upwardsInOne
        || (top(from).equals("app") && !from.equals(to) && MAY_KNOW.containsKey(top(to)))
        || (allowed != null && allowed.contains(top(to)));
  }

  @Test
  void everyPackageHasItsPlaceInThePicture() {
    Set<String> unplaced = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (!MAY_KNOW.containsKey(top(nameOf(type.getPackageName())))) {
        unplaced.add(type.getPackageName());
      }
    }
    assertThat(unplaced).isEmpty();
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void onlyToolStartsProcessesThroughTheJdk() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(Tool.class.getName())
        .and()
        .doNotHaveFullyQualifiedName(PipedProcess.class.getName())
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName(ProcessBuilder.class.getName())
        .orShould()
        .callMethod(Runtime.class, "exec", String[].class)
        .because(
            "whatever outlives us must carry a lease's mark, and no start may come between"
                + " a capture and its exec")
        .check(CLASSES);
  }

  @Test
  void onlyMainTouchesTheStandardStreams() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(Main.class.getName())
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .accessField(System.class, "in")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .check(CLASSES);
  }

  @Test
  void nobodyLogs() {
    noClasses()
        .that()
        // It only tells a library to be quiet.
        .doNotHaveFullyQualifiedName(ROOT + ".store.TallyParquet")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.logging..", "org.slf4j..", "org.apache.logging..")
        .because("what a user should know is in the report or in an error")
        .check(CLASSES);
  }

  @Test
  void plainLookUpsNeedNeitherJsonNorParquetNorNativeCode() {
    noClasses()
        .that()
        .haveFullyQualifiedName(QuickPath.class.getName())
        .or()
        .resideInAPackage(ROOT + ".syscall")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "tools.jackson..",
            "org.apache.parquet..",
            "dev.hardwood..",
            "java.lang.foreign..",
            "picocli..")
        .because("`explain readv` must answer at once")
        .check(CLASSES);
  }

  @Test
  void everyPackageIsDescribedAndKnowsNoNullUnlessItSaysSo() {
    for (String name : packages().keySet()) {
      JavaPackage described = CLASSES.getPackage(name);
      assertThat(described.isAnnotatedWith(NullMarked.class)).as("@NullMarked " + name).isTrue();
    }
  }

  @Test
  void packagesStaySmall() {
    assertThat(packages())
        .hasSizeGreaterThan(10)
        .allSatisfy((name, classes) ->
            assertThat(classes)
                .as(name)
                .hasSizeLessThanOrEqualTo(LARGER.getOrDefault(nameOf(name), MOST_CLASSES)));
  }

  /// The outermost classes of each package.
  private static Map<String, List<String>> packages() {
    Map<String, List<String>> packages = new TreeMap<>();
    for (JavaClass type : CLASSES) {
      if (type.isTopLevelClass() && !type.getSimpleName().equals("package-info")) {
        packages
            .computeIfAbsent(type.getPackageName(), unseen -> new java.util.ArrayList<>())
            .add(type.getSimpleName());
      }
    }
    return packages;
  }
}
