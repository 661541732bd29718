package io.homecell.cellctl;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Who runs this command, as far as the machine knows; for the record, not for permission. */
public final class Operator {
  private Operator() {}

  /** Such as {@code ann@ops-3}. */
  public static String name() {
    return System.getProperty("user.name") + "@" + host();
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException noNameOfItsOwn) {
      return "unknown-host";
    }
  }
}
