package io.homecell.core.rpc;

/** The names of what a consumer sends beside the arguments. */
final class Attachments {
  /** The cell that the consumer's table names as the owner: only its instances may be picked. */
  static final String CELL = "hc-cell";

  /** The slot of the call. */
  static final String SLOT = "hc-slot";

  /** The slot's ownership epoch in the consumer's table. */
  static final String EPOCH = "hc-epoch";

  private Attachments() {}
}
