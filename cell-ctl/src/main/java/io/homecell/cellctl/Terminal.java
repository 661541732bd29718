package io.homecell.cellctl;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.util.Optional;

/** Where a person answers. */
@FunctionalInterface
public interface Terminal {
  /** Asks; empty if there is nobody to answer. */
  Optional<String> ask(String question);

  /** Asks on the error stream, reads a line of the input. */
  static Terminal ofProcess() {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
    return question -> {
      System.err.print(question + " ");
      System.err.flush();
      try {
        return Optional.ofNullable(input.readLine());
      } catch (IOException closed) {
        return Optional.empty();
      }
    };
  }
}
