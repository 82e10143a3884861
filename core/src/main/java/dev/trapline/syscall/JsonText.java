// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.util.List;
import java.util.OptionalInt;

/// Writes JSON on the start path, where a JSON library is too dear to load. It puts the commas and
/// escapes strings; that the brackets match is the caller's affair.
final class JsonText {
  private static final String HEXADECIMAL = "0123456789abcdef";

  private final StringBuilder text = new StringBuilder(4096);
  private boolean first = true;

  JsonText open(char bracket) {
    text.append(bracket);
    first = true;
    return this;
  }

  JsonText close(char bracket) {
    text.append(bracket);
    first = false;
    return this;
  }

  /// Begins a member of an object; a value must follow.
  JsonText key(String name) {
    element();
    quote(name);
    text.append(':');
    return this;
  }

  /// Begins an element of an array; a value must follow.
  JsonText element() {
    if (!first) {
      text.append(',');
    }
    first = false;
    return this;
  }

  JsonText string(String value) {
    quote(value);
    return this;
  }

  JsonText stringOrNull(String value) {
    return value.isEmpty() ? nothing() : string(value);
  }

  JsonText bool(boolean value) {
    text.append(value);
    return this;
  }

  JsonText number(OptionalInt value) {
    if (value.isEmpty()) {
      return nothing();
    }
    text.append(value.getAsInt());
    return this;
  }

  JsonText nothing() {
    text.append("null");
    return this;
  }

  JsonText strings(List<String> values) {
    open('[');
    for (int i = 0; i < values.size(); i++) {
      element().string(values.get(i));
    }
    return close(']');
  }

  private void quote(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ') {
            text.append("\\u00").append(HEXADECIMAL.charAt(c >> 4));
            text.append(HEXADECIMAL.charAt(c & 15));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
