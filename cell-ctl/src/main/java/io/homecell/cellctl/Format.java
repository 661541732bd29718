package io.homecell.cellctl;

/** How a command writes its result. */
public enum Format {
  TABLE,
  JSON
}
