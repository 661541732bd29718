package io.homecell.cellctl;

/** The command line's entry point. */
public final class CellctlMain {
  private CellctlMain() {}

  public static void main(String[] arguments) {
    System.exit(Cellctl.commandLine(Terminal.ofProcess()).execute(arguments));
  }
}
