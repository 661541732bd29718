package io.homecell.benchmarks.router;

import io.homecell.core.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/**
 * Whether a peer does the work that it is measured at: each user to its own cell, a request id of
 * the client passed on, one made for those that have none. What is not right is not measured.
 */
final class RoutingCheck {
  private static final int USERS = 64;
  private static final Duration WITHIN = Duration.ofSeconds(10);

  private static final Duration POLL = Duration.ofMillis(50);

  /** What the instance of a cell says has arrived. */
  private record Arrived(String cell, String user, String request) {}

  private final HttpClient client;
  private final RoutedSet set;

  RoutingCheck(RoutedSet set, ClientTerms clients) {
    this.set = set;
    HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
    clients.tls().map(EdgeCertificate::trusted).ifPresent(builder::sslContext);
    this.client = builder.build();
  }

  /**
   * Checks a peer by users of every part of the table.
   *
   * @return whether it makes a request id for who has none
   * @throws IllegalStateException if a user came to the wrong cell, or an id was not passed on
   */
  boolean check(Peer peer) throws InterruptedException {
    awaitCells(peer);
    int apart = Math.max(1, set.users() / USERS);
    for (int i = 0; i < set.users(); i += apart) {
      // Also the last slot of each run.
      for (long user :
          new long[] {RoutedSet.FIRST_USER + i, RoutedSet.FIRST_USER + i + apart - 1}) {
        String id = "check-" + user;
        Arrived arrived = ask(peer, user, Optional.of(id));
        expect(peer, user, "cell", arrived.cell(), set.ownerOf(user).name());
        expect(peer, user, "user", arrived.user(), Long.toString(user));
        expect(peer, user, "request id", arrived.request(), id);
      }
    }
    String one = ask(peer, RoutedSet.FIRST_USER, Optional.empty()).request();
    String other = ask(peer, RoutedSet.FIRST_USER, Optional.empty()).request();
    return !one.isEmpty() && !other.isEmpty() && !one.equals(other);
  }

  /** A port may be open before what is behind it is known. */
  private void awaitCells(Peer peer) throws InterruptedException {
    long deadline = System.nanoTime() + WITHIN.toNanos();
    for (long user : new long[] {RoutedSet.FIRST_USER, RoutedSet.FIRST_USER + set.users() - 1}) {
      while (send(peer, user, Optional.empty()).statusCode() != 200
          && System.nanoTime() - deadline < 0) {
        Thread.sleep(POLL.toMillis());
      }
    }
  }

  private Arrived ask(Peer peer, long user, Optional<String> requestId)
      throws InterruptedException {
    HttpResponse<String> answer = send(peer, user, requestId);
    expect(peer, user, "status", Integer.toString(answer.statusCode()), "200");
    return Json.read(answer.body(), Arrived.class);
  }

  private HttpResponse<String> send(Peer peer, long user, Optional<String> requestId)
      throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(peer.url("/orders")))
            .timeout(WITHIN)
            .header("X-User-Id", Long.toString(user));
    requestId.ifPresent(id -> request.header("X-Request-Id", id));
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IllegalStateException(peer.name() + ": user " + user + ": " + e, e);
    }
  }

  private static void expect(Peer peer, long user, String what, String actual, String expected) {
    if (!actual.equals(expected)) {
      throw new IllegalStateException(
          "%s: user %d, %s: '%s' (expected: '%s')"
              .formatted(peer.name(), user, what, actual, expected));
    }
  }
}
