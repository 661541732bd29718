package io.homecell.core.near;

import io.homecell.core.near.NearVerdict.Reason;

/** A copy does not answer a read; the owner has to be asked. No effect. */
public final class NearRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  public NearRefusedException(Reason reason) {
    super("the copy does not answer: " + reason.word());
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
