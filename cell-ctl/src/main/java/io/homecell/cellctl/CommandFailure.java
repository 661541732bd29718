package io.homecell.cellctl;

import java.util.List;

/**
 * A command could not do what it was asked; the message says why and what to do. Its kind is the
 * exit code.
 */
public final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why a command ends otherwise than well; stable, scripts rely on the codes. */
  public enum Kind {
    /** Something went wrong on the way. */
    FAILED(1),
    /** The command line makes no sense. */
    USAGE(2),
    /** A check said no, and nothing was changed. */
    REFUSED(3);

    private final int exitCode;

    Kind(int exitCode) {
      this.exitCode = exitCode;
    }

    public int exitCode() {
      return exitCode;
    }
  }

  private final Kind kind;

  private CommandFailure(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public static CommandFailure failed(String message) {
    return new CommandFailure(Kind.FAILED, message);
  }

  public static CommandFailure usage(String message) {
    return new CommandFailure(Kind.USAGE, message);
  }

  public static CommandFailure refused(String message) {
    return new CommandFailure(Kind.REFUSED, message);
  }

  /** Refused for several reasons, each told in a line. */
  public static CommandFailure refused(String what, List<String> reasons) {
    return refused(what + "\n  " + String.join("\n  ", reasons));
  }

  public Kind kind() {
    return kind;
  }
}
