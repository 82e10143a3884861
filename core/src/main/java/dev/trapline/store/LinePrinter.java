// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.PrettyPrinter;

/// Breaks lines in the two outer levels and nowhere below: one line per fact of the provenance, per
/// trial and per tally, so that `grep` and `diff` work on what is not small. For one document; it
/// counts its depth.
final class LinePrinter implements PrettyPrinter {
  private static final int LEVELS_WITH_LINES = 2;

  private int depth;

  @Override
  public void writeRootValueSeparator(JsonGenerator generator) {
    generator.writeRaw('\n');
  }

  @Override
  public void writeStartObject(JsonGenerator generator) {
    start(generator, '{');
  }

  @Override
  public void writeStartArray(JsonGenerator generator) {
    start(generator, '[');
  }

  @Override
  public void beforeObjectEntries(JsonGenerator generator) {
    newLine(generator);
  }

  @Override
  public void beforeArrayValues(JsonGenerator generator) {
    newLine(generator);
  }

  @Override
  public void writeObjectEntrySeparator(JsonGenerator generator) {
    separator(generator);
  }

  @Override
  public void writeArrayValueSeparator(JsonGenerator generator) {
    separator(generator);
  }

  @Override
  public void writeObjectNameValueSeparator(JsonGenerator generator) {
    generator.writeRaw(": ");
  }

  @Override
  public void writeEndObject(JsonGenerator generator, int entries) {
    end(generator, entries, '}');
  }

  @Override
  public void writeEndArray(JsonGenerator generator, int values) {
    end(generator, values, ']');
  }

  private void start(JsonGenerator generator, char bracket) {
    generator.writeRaw(bracket);
    depth++;
  }

  private void separator(JsonGenerator generator) {
    generator.writeRaw(',');
    if (depth > LEVELS_WITH_LINES) {
      generator.writeRaw(' ');
    }
    newLine(generator);
  }

  private void end(JsonGenerator generator, int size, char bracket) {
    boolean lines = depth <= LEVELS_WITH_LINES;
    depth--;
    if (lines && size > 0) {
      indent(generator);
    }
    generator.writeRaw(bracket);
  }

  private void newLine(JsonGenerator generator) {
    if (depth <= LEVELS_WITH_LINES) {
      indent(generator);
    }
  }

  private void indent(JsonGenerator generator) {
    generator.writeRaw('\n');
    for (int i = 0; i < depth; i++) {
      generator.writeRaw("  ");
    }
  }
}
