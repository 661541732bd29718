package io.homecell.sync.capture;

import java.util.logging.Level;
import java.util.logging.Logger;

/** The binlog client tells its callers what goes wrong, and logs it through the JDK, too. */
final class BinlogClientLog {
  /** Kept here, else the level is forgotten. */
  private static final Logger CLIENT = Logger.getLogger("com.github.shyiko.mysql.binlog");

  private BinlogClientLog() {}

  static void quieten() {
    CLIENT.setLevel(Level.SEVERE);
  }
}
