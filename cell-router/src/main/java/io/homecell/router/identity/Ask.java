package io.homecell.router.identity;

import io.homecell.router.path.RouteMatcher.Found;
import io.vertx.core.MultiMap;
import java.util.Optional;

/**
 * What a request has said, for those who want to know whom it is from.
 *
 * @param query of its target, empty if there is none
 * @param from the numeric address at the other end of the connection
 * @param route which it takes; empty if none
 */
public record Ask(MultiMap headers, String query, String from, Optional<Found.Route> route) {

  /** The value of a path variable of the route; empty if it has no such. */
  String variable(String name) {
    return route.map(taken -> taken.variable(name)).orElse("");
  }

  /** The value of the first parameter of this name, as it is written. */
  String parameter(String name) {
    return named(query, name, '&');
  }

  /** The value of the first cookie of this name. */
  String cookie(String name) {
    String cookies = headers.get("Cookie");
    String value = cookies == null ? "" : named(cookies, name, ';');
    boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
    return quoted ? value.substring(1, value.length() - 1) : value;
  }

  private static String named(String list, String name, char separator) {
    int at = 0;
    while (at < list.length()) {
      int next = list.indexOf(separator, at);
      int end = next < 0 ? list.length() : next;
      while (at < end && list.charAt(at) == ' ') {
        at++;
      }
      if (list.startsWith(name, at)
          && at + name.length() < end
          && list.charAt(at + name.length()) == '=') {
        return list.substring(at + name.length() + 1, end).strip();
      }
      at = end + 1;
    }
    return "";
  }
}
