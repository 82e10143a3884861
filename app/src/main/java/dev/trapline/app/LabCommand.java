// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `trapline lab`: what machines without KVM can do in an emulated one.
@Command(
    name = "lab",
    description = {
      "Runs Trapline in a lab host that QEMU emulates, virtualization included: real KVM, vhost-net"
          + " and tracepoints on a machine without them. Counts are those of the real code paths;"
          + " times are those of an emulated CPU."
    },
    subcommands = LabBenchCommand.class,
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class LabCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
