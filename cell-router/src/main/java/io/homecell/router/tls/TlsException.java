package io.homecell.router.tls;

import java.util.List;

/** Files that can't be used for TLS, with everything that is wrong with them. */
public final class TlsException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final List<String> problems;

  TlsException(List<String> problems) {
    super(String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** Each with its file and what was expected. */
  public List<String> problems() {
    return problems;
  }
}
