package io.homecell.coordinator.steps;

import io.homecell.core.json.Json;
import io.homecell.core.route.SlotFigures;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks routers for what they have seen of some slots. Safe for any number of threads. */
final class RouterFigures {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(2);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(ANSWER_WITHIN)
          .build();

  /**
   * The figures of one router.
   *
   * @param admin host and port of its admin port
   * @param slots such as {@code 0-9,17}
   * @throws IOException if it does not answer in two seconds, or with anything else
   */
  SlotFigures of(String admin, String slots) throws IOException {
    URI uri = URI.create("http://" + admin + "/slots?slots=" + slots);
    try {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(uri).timeout(ANSWER_WITHIN).build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IOException("answered " + answer.statusCode() + ": " + answer.body());
      }
      return Json.read(answer.body(), SlotFigures.class);
    } catch (IllegalArgumentException notFigures) {
      throw new IOException(notFigures);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Stop.StoppedException();
    }
  }
}
