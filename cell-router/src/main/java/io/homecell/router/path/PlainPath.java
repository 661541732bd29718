package io.homecell.router.path;

import java.util.Locale;

/**
 * Tells paths that mean the same to everybody from those in which a later part could find another
 * path: the router must not send by one reading what a cell serves by the other.
 */
public final class PlainPath {
  private PlainPath() {}

  /**
   * Whether a path has no dot segment, no backslash, and no escape of a slash, of a control
   * character, or of nothing at all.
   */
  public static boolean isPlain(String path) {
    if (path.indexOf('%') < 0 && path.indexOf("/.") < 0 && path.indexOf('\\') < 0) {
      return true;
    }
    if (path.indexOf('\\') >= 0 || !hasPlainEscapes(path)) {
      return false;
    }
    for (String segment : path.toLowerCase(Locale.ROOT).replace("%2e", ".").split("/", -1)) {
      // Some servers cut off what follows a semicolon before they look at the segment.
      int end = segment.indexOf(';');
      String name = end < 0 ? segment : segment.substring(0, end);
      if (name.equals(".") || name.equals("..")) {
        return false;
      }
    }
    return true;
  }

  private static boolean hasPlainEscapes(String path) {
    for (int at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + 1)) {
      int high = at + 2 < path.length() ? Character.digit(path.charAt(at + 1), 16) : -1;
      int low = high < 0 ? -1 : Character.digit(path.charAt(at + 2), 16);
      int code = high * 16 + low;
      // C0 and C1 begin nothing in UTF-8 but a slash or dot that wants not to be seen.
      if (low < 0
          || code < ' '
          || code == 0x7f
          || code == '/'
          || code == '\\'
          || code == 0xc0
          || code == 0xc1) {
        return false;
      }
    }
    return true;
  }
}
