package io.homecell.sync.stranded;

/** A decision on a stranded transaction that can't be carried out; nothing was changed. */
public final class StrandedRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  StrandedRefusedException(String message) {
    super(message);
  }
}
