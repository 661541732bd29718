package io.homecell.core.topology;

import io.homecell.core.slot.SlotRange;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.core.topology.Topology.IdentitySource;
import io.homecell.core.topology.Topology.Rate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The written forms of the topology's values. Each reader throws {@link IllegalArgumentException}
 * with the offending text and what is allowed.
 */
final class Formats {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,47}");
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
  private static final Pattern RATE = Pattern.compile("([0-9]{1,7})/([smh])");
  private static final int RATE_MAX = 1_000_000;
  private static final Pattern HOST =
      Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]{2,45}\\]");
  private static final Pattern CHROOT = Pattern.compile("(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)+");
  private static final Pattern CLAIM = Pattern.compile("[A-Za-z0-9_.:/-]{1,128}");
  private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}");
  private static final Pattern PARAMETER = Pattern.compile("[A-Za-z0-9_.-]{1,128}");

  private Formats() {}

  /** A connect string taken apart; {@code chroot} is empty or begins with a slash. */
  record ConnectString(List<Endpoint> servers, String chroot) {}

  static String name(String text) {
    if (!NAME.matcher(text).matches()) {
      throw bad(
          text,
          "not a name",
          "a lower-case letter, then letters, digits and hyphens, at most 48 characters");
    }
    return text;
  }

  static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      throw bad(text, "not a duration", "a number and ms, s, m or h, such as 500ms, 8s or 2m");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      default -> Duration.ofHours(amount);
    };
  }

  static Rate rate(String text) {
    Matcher matcher = RATE.matcher(text);
    if (!matcher.matches()) {
      throw bad(text, "not a rate", "a number of requests and /s, /m or /h, such as 20/s");
    }
    int requests = Integer.parseInt(matcher.group(1));
    if (requests < 1 || requests > RATE_MAX) {
      throw bad(text, "out of range", "1 to " + RATE_MAX + " requests");
    }
    return switch (matcher.group(2)) {
      case "s" -> new Rate(requests, Duration.ofSeconds(1));
      case "m" -> new Rate(requests, Duration.ofMinutes(1));
      default -> new Rate(requests, Duration.ofHours(1));
    };
  }

  /** A duration as it is written in the file. */
  static String write(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 60_000 == 0 && millis > 0) {
      return millis / 60_000 + "m";
    }
    return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
  }

  static Endpoint endpoint(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0 || !HOST.matcher(text.substring(0, colon)).matches()) {
      throw bad(text, "not an address", "host:port, such as 127.0.0.1:3411");
    }
    String port = text.substring(colon + 1);
    if (!port.matches("[0-9]{1,5}")
        || Integer.parseInt(port) < 1
        || Integer.parseInt(port) > 65_535) {
      throw new IllegalArgumentException(
          "port '" + port + "' of '" + text + "' (expected: 1 to 65535)");
    }
    return new Endpoint(text.substring(0, colon).toLowerCase(Locale.ROOT), Integer.parseInt(port));
  }

  static ConnectString connectString(String text) {
    int slash = text.indexOf('/');
    String servers = slash < 0 ? text : text.substring(0, slash);
    String chroot = slash < 0 ? "" : text.substring(slash);
    if (!chroot.isEmpty() && !CHROOT.matcher(chroot).matches()) {
      throw bad(
          text,
          "not a ZooKeeper connect string",
          "host:port[,host:port…][/path], such as 127.0.0.1:2181/north");
    }
    List<Endpoint> endpoints = new ArrayList<>();
    for (String server : servers.split(",", -1)) {
      endpoints.add(endpoint(server));
    }
    return new ConnectString(endpoints, chroot);
  }

  static SlotRange slotRange(String text) {
    if (text.matches("[0-9]{1,9}(-[0-9]{1,9})?")) {
      String[] ends = text.split("-", -1);
      if (Integer.parseInt(ends[0]) <= Integer.parseInt(ends[ends.length - 1])) {
        return SlotRange.parse(text);
      }
    }
    throw bad(
        text,
        "not slots",
        "first-last such as 0-511, first not after last; one slot such as 7; or a list of them");
  }

  static IdentitySource identitySource(String text) {
    int colon = text.indexOf(':');
    String name = text.substring(colon + 1);
    Optional<IdentitySource> source =
        switch (colon < 0 ? "" : text.substring(0, colon)) {
          case "jwt" -> named(CLAIM, name, IdentitySource.JwtClaim::new);
          case "header" -> named(HEADER, name, IdentitySource.Header::new);
          case "cookie" -> named(HEADER, name, IdentitySource.Cookie::new);
          case "query" -> named(PARAMETER, name, IdentitySource.Query::new);
          case "path" -> named(PARAMETER, name, IdentitySource.PathVariable::new);
          default -> Optional.empty();
        };
    return source.orElseThrow(
        () ->
            bad(
                text,
                "not a source of identity",
                "jwt:<claim> such as jwt:sub, header:<name>, cookie:<name>, query:<name> or"
                    + " path:<name>"));
  }

  private static Optional<IdentitySource> named(
      Pattern form, String name, Function<String, IdentitySource> source) {
    return form.matcher(name).matches() ? Optional.of(source.apply(name)) : Optional.empty();
  }

  private static IllegalArgumentException bad(String text, String what, String expected) {
    return new IllegalArgumentException(
        "'" + text + "' is " + what + " (expected: " + expected + ")");
  }
}
