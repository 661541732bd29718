package io.homecell.router.path;

import java.util.Locale;

/**
 * Tells paths that mean the same to everybody from those in which a later part could find another
 * path: the router must not send by one reading what a cell serves by the other.
 */
public final class PlainPath {
  private PlainPath() {}

  /** Whether a path has no dot segment, no escaped slash and no backslash. */
  public static boolean isPlain(String path) {
    if (path.indexOf('%') < 0 && path.indexOf("/.") < 0 && path.indexOf('\\') < 0) {
      return true;
    }
    String lower = path.toLowerCase(Locale.ROOT);
    if (lower.contains("%2f") || lower.contains("%5c") || lower.contains("\\")) {
      return false;
    }
    for (String segment : lower.replace("%2e", ".").split("/", -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        return false;
      }
    }
    return true;
  }
}
