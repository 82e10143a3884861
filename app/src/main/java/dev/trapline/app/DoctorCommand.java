// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.report.Printable;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `trapline doctor`: what works on this machine, found by trying.
@Command(
    name = "doctor",
    description = "Tries what Trapline needs, and says what works, what was seen, and the remedy.",
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80)
public final class DoctorCommand implements Callable<Integer> {
  private static final int WIDTH = 80;
  private static final int NAME_WIDTH = 19;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", description = "As JSON (schema trapline.doctor/1).")
  private boolean json;

  @Override
  public Integer call() {
    List<Checkup.Finding> findings = new Checkup().findings();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(toJson(findings));
      return Main.DONE;
    }
    for (Checkup.Finding finding : findings) {
      print(out, finding.works() ? "ok " : "NO ", finding.name(), finding.seen());
      if (finding.remedy() != null) {
        print(out, "   ", "", "remedy: " + finding.remedy());
      }
    }
    long missing = findings.stream().filter(finding -> !finding.works()).count();
    out.println();
    out.println(
        missing == 0
            ? "All of it works here."
            : (findings.size() - missing) + " of " + findings.size() + " work here.");
    return Main.DONE;
  }

  private static void print(PrintWriter out, String mark, String name, String text) {
    StringBuilder line = new StringBuilder(mark);
    line.append(name).append(" ".repeat(Math.max(1, NAME_WIDTH - name.length())));
    int indent = mark.length() + NAME_WIDTH;
    for (String word : Printable.terminal(text).split(" ", -1)) {
      if (line.length() + word.length() > WIDTH && line.length() > indent) {
        out.println(line.toString().stripTrailing());
        line.setLength(0);
        line.append(" ".repeat(indent));
      }
      line.append(word).append(' ');
    }
    out.println(line.toString().stripTrailing());
  }

  private static String toJson(List<Checkup.Finding> findings) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode().put("schema", "trapline.doctor/1");
    ArrayNode checks = root.putArray("checks");
    for (Checkup.Finding finding : findings) {
      @Nullable String remedy = finding.remedy();
      checks
          .addObject()
          .put("name", finding.name())
          .put("works", finding.works())
          .put("seen", finding.seen())
          .put("remedy", remedy);
    }
    return root.toPrettyString();
  }
}
