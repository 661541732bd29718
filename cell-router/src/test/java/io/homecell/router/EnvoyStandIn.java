package io.homecell.router;

import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.HttpService;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.homecell.router.proxy.EnvoyDocument;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What an Envoy with the configuration of docs/envoy.md does with a request, as its documentation
 * says it: the filters header_mutation and ext_authz (with an HTTP service), then a cluster of type
 * ORIGINAL_DST that takes its address from a header. It is no Envoy: it shows that the router's
 * answers are what such a gateway needs, not that an Envoy works as documented.
 */
final class EnvoyStandIn {
  /** Passed to the authorisation service, whatever is allowed. */
  private static final List<String> ALWAYS_ASKED = List.of("host", "authorization");

  /** Passed from its refusal to the client, whatever is allowed. */
  private static final List<String> ALWAYS_ANSWERED =
      List.of("content-length", "www-authenticate", "location");

  private final EnvoyDocument document;
  private final int owners;

  /**
   * @param owners the port that is asked in place of the one in the document
   */
  EnvoyStandIn(EnvoyDocument document, int owners) {
    this.document = document;
    this.owners = owners;
  }

  /** One answer, and the port that gave it: that of the owner, or 0 for Envoy's own. */
  record Answered(int status, List<Map.Entry<String, String>> headers, String body, int by) {
    /** By name, in lower case. */
    Optional<String> header(String name) {
      return headers.stream()
          .filter(header -> header.getKey().equals(name))
          .map(Map.Entry::getValue)
          .findFirst();
    }
  }

  /** Sends a request through it. */
  Answered send(String method, String target, List<Map.Entry<String, String>> sent, String body)
      throws IOException {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    headers.add(Map.entry("host", "shop.example"));
    headers.addAll(sent);
    headers.removeIf(header -> document.removedFromRequests().contains(header.getKey()));

    Answered answer = ask(method, target, headers);
    HttpService service = document.authz().getHttpService();
    if (answer.status() >= 500) {
      int status = document.authz().getStatusOnError().getCodeValue();
      return new Answered(status, List.of(), "", 0);
    }
    if (answer.status() != 200) {
      List<Map.Entry<String, String>> kept = new ArrayList<>(answer.headers());
      ListStringMatcher allowed = service.getAuthorizationResponse().getAllowedClientHeaders();
      kept.removeIf(
          header ->
              !matches(allowed, header.getKey()) && !ALWAYS_ANSWERED.contains(header.getKey()));
      return new Answered(answer.status(), kept, answer.body(), 0);
    }
    ListStringMatcher allowed = service.getAuthorizationResponse().getAllowedUpstreamHeaders();
    for (Map.Entry<String, String> header : answer.headers()) {
      if (matches(allowed, header.getKey())) {
        headers.removeIf(coexistent -> coexistent.getKey().equals(header.getKey()));
        headers.add(header);
      }
    }
    return toOwner(method, target, headers, body);
  }

  /** Without a body; the prefix stands before the target as it is, query included. */
  private Answered ask(String method, String target, List<Map.Entry<String, String>> headers)
      throws IOException {
    ExtAuthz authz = document.authz();
    List<Map.Entry<String, String>> asked = new ArrayList<>(headers);
    asked.removeIf(
        header ->
            !matches(authz.getAllowedHeaders(), header.getKey())
                && !ALWAYS_ASKED.contains(header.getKey()));
    asked.add(Map.entry("x-forwarded-for", "198.51.100.7"));
    asked.add(Map.entry("x-envoy-internal", "true"));
    asked.add(Map.entry("content-length", "0"));
    return exchange(owners, method, authz.getHttpService().getPathPrefix() + target, asked, "");
  }

  private Answered toOwner(
      String method, String target, List<Map.Entry<String, String>> headers, String body)
      throws IOException {
    String byHeader =
        document
            .bootstrap()
            .getStaticResources()
            .getClusters(0)
            .getOriginalDstLbConfig()
            .getHttpHeaderName();
    String address =
        headers.stream()
            .filter(header -> header.getKey().equals(byHeader))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElseThrow(() -> new IOException("no " + byHeader + " to connect to"));
    int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    List<Map.Entry<String, String>> framed = new ArrayList<>(headers);
    framed.add(Map.entry("content-length", Integer.toString(body.length())));
    Answered answer = exchange(port, method, target, framed, body);
    List<Map.Entry<String, String>> kept = new ArrayList<>(answer.headers());
    kept.removeIf(header -> document.removedFromAnswers().contains(header.getKey()));
    return new Answered(answer.status(), kept, answer.body(), port);
  }

  private static Answered exchange(
      int port, String method, String target, List<Map.Entry<String, String>> headers, String body)
      throws IOException {
    StringBuilder text = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    headers.forEach(header -> text.append(header.getKey() + ": " + header.getValue() + "\r\n"));
    text.append("connection: close\r\n\r\n").append(body);
    try (RawClient client = new RawClient(port)) {
      client.send(text.toString());
      return parsed(client.readAll(), port);
    }
  }

  private static Answered parsed(String answer, int by) throws IOException {
    int end = answer.indexOf("\r\n\r\n");
    if (end < 0) {
      throw new IOException("'" + answer + "' (expected: an answer)");
    }
    String[] lines = answer.substring(0, end).split("\r\n", -1);
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      headers.add(
          Map.entry(
              lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
              lines[i].substring(colon + 1).strip()));
    }
    return new Answered(
        Integer.parseInt(lines[0].split(" ", -1)[1]), headers, answer.substring(end + 4), by);
  }

  /** The document uses no other kind of matcher. */
  private static boolean matches(ListStringMatcher list, String name) {
    return list.getPatternsList().stream()
        .map(StringMatcher::getExact)
        .anyMatch(name::equalsIgnoreCase);
  }
}
