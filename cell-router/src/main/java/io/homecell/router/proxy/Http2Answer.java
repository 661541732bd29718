package io.homecell.router.proxy;

import io.homecell.router.path.DecimalId;
import io.vertx.core.MultiMap;
import java.util.Map;

/**
 * What the fields of an HTTP/2 answer must be like to have one reading in HTTP/1.1 too: there a
 * value with a line end in it would be another answer ("response splitting"), and a second length
 * another end. Pure.
 */
final class Http2Answer {
  private Http2Answer() {}

  /** Whether a head may go on: as strict as the decoder of HTTP/1.1. */
  static boolean isSound(MultiMap head) {
    int lengths = 0;
    for (Map.Entry<String, String> field : head) {
      String name = field.getKey();
      if (!isField(name, field.getValue()) || isOfConnection(name)) {
        return false;
      }
      if (name.equalsIgnoreCase("content-length")) {
        lengths++;
        if (DecimalId.parse(field.getValue()).isEmpty()) {
          return false;
        }
      }
    }
    return lengths <= 1;
  }

  /** Whether the fields behind a body may go on. */
  static boolean areSound(MultiMap trailers) {
    for (Map.Entry<String, String> field : trailers) {
      if (!isField(field.getKey(), field.getValue())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Those that HTTP/2 has no use for (RFC 9113, 8.2.2): whoever sends them means something else.
   */
  private static boolean isOfConnection(String name) {
    return switch (name.length()) {
      case 7 -> name.equalsIgnoreCase("upgrade");
      case 10 -> name.equalsIgnoreCase("connection") || name.equalsIgnoreCase("keep-alive");
      case 16 -> name.equalsIgnoreCase("proxy-connection");
      case 17 -> name.equalsIgnoreCase("transfer-encoding");
      default -> false;
    };
  }

  private static boolean isField(String name, String value) {
    for (int i = 0; i < name.length(); i++) {
      if (!isNameChar(name.charAt(i))) {
        return false;
      }
    }
    for (int i = 0; i < value.length(); i++) {
      char next = value.charAt(i);
      if ((next < ' ' && next != '\t') || next == 127) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  private static boolean isNameChar(char next) {
    return (next >= 'a' && next <= 'z')
        || (next >= '0' && next <= '9')
        || (next >= 'A' && next <= 'Z')
        || "!#$%&'*+-.^_`|~".indexOf(next) >= 0;
  }
}
