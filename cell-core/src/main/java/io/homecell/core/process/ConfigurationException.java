package io.homecell.core.process;

/** A process was told something that can't be; its message says what and what is expected. */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigurationException(String message) {
    super(message);
  }
}
