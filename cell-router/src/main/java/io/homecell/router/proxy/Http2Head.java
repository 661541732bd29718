package io.homecell.router.proxy;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Map;
import java.util.Optional;

/**
 * What the fields of an HTTP/2 head must be like to have one reading in HTTP/1.1 too, where names
 * and values end at other bytes (RFC 9113, 8.2 and 10.3). Pure.
 *
 * <p>Netty has refused names in upper case, fields of one connection, lengths that contradict each
 * other or the body, pseudo fields behind others; what is left over is refused here.
 */
final class Http2Head {
  private static final AsciiString HOST = AsciiString.cached("host");

  private Http2Head() {}

  /** Says what is wrong with a head. */
  static Optional<String> problem(Http2Headers head) {
    for (Http2Headers.PseudoHeaderName once : Http2Headers.PseudoHeaderName.values()) {
      if (count(head, once.value()) > 1) {
        return Optional.of(once.value() + ": several (expected: one at most)");
      }
    }
    if (count(head, HOST) > 1) {
      return Optional.of("host: several (expected: one at most)");
    }
    CharSequence method = head.method();
    if (method != null && !isMethod(method)) {
      return Optional.of(":method (expected: a word)");
    }
    Optional<String> connect = ExtendedConnect.problem(head);
    if (connect.isPresent()) {
      return connect;
    }
    CharSequence scheme = head.scheme();
    if (scheme != null
        && !AsciiString.contentEqualsIgnoreCase(scheme, "https")
        && !AsciiString.contentEqualsIgnoreCase(scheme, "http")) {
      return Optional.of(":scheme: " + scheme + " (expected: https or http)");
    }
    for (Map.Entry<CharSequence, CharSequence> field : head) {
      CharSequence name = field.getKey();
      boolean pseudo = name.length() > 0 && name.charAt(0) == ':';
      boolean sound = pseudo ? isKnownPseudo(name) : isName(name);
      if (!sound) {
        return Optional.of("a field's name (expected: letters, digits and !#$%&'*+-.^_`|~)");
      }
      if (!isValue(field.getValue())) {
        return Optional.of(
            name + ": its value (expected: no control characters, no blanks around)");
      }
    }
    return Optional.empty();
  }

  /** Says what is wrong with the fields behind a body. */
  static Optional<String> problemOfTrailers(Http2Headers trailers) {
    for (Map.Entry<CharSequence, CharSequence> field : trailers) {
      if (!isName(field.getKey()) || !isValue(field.getValue())) {
        return Optional.of("a field behind the body");
      }
    }
    return Optional.empty();
  }

  private static int count(Http2Headers head, CharSequence name) {
    return head.contains(name) ? head.getAll(name).size() : 0;
  }

  private static boolean isKnownPseudo(CharSequence name) {
    return AsciiString.contentEquals(name, ":method")
        || AsciiString.contentEquals(name, ":path")
        || AsciiString.contentEquals(name, ":scheme")
        || AsciiString.contentEquals(name, ":authority")
        || AsciiString.contentEquals(name, ":protocol");
  }

  private static boolean isName(CharSequence name) {
    for (int i = 0; i < name.length(); i++) {
      if (!isNameChar(name.charAt(i))) {
        return false;
      }
    }
    return name.length() > 0;
  }

  private static boolean isMethod(CharSequence method) {
    for (int i = 0; i < method.length(); i++) {
      char next = method.charAt(i);
      if (!isNameChar(next) && (next < 'A' || next > 'Z')) {
        return false;
      }
    }
    return method.length() > 0;
  }

  private static boolean isNameChar(char next) {
    return (next >= 'a' && next <= 'z')
        || (next >= '0' && next <= '9')
        || "!#$%&'*+-.^_`|~".indexOf(next) >= 0;
  }

  private static boolean isValue(CharSequence value) {
    int length = value.length();
    if (length > 0 && (isBlank(value.charAt(0)) || isBlank(value.charAt(length - 1)))) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char next = value.charAt(i);
      if ((next < ' ' && next != '\t') || next == 127) {
        return false;
      }
    }
    return true;
  }

  private static boolean isBlank(char next) {
    return next == ' ' || next == '\t';
  }
}
