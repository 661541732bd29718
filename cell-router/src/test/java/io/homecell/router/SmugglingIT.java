package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What can be read in two ways goes nowhere: no request that another reader could split or join
 * otherwise reaches a cell, and no answer like that a client. The cases are in {@code
 * smuggling/*.txt}.
 */
@Timeout(30)
class SmugglingIT {
  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.\\d \\d\\d\\d ");
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)\r\n");

  private static RawUpstream cell;
  private static RawEdge edge;

  @BeforeAll
  static void start() throws Exception {
    cell = new RawUpstream();
    edge = new RawEdge(cell.port(), RouterSettings.standard().withEventLoops(1));
  }

  @AfterAll
  static void stop() throws Exception {
    edge.close();
    cell.close();
  }

  @BeforeEach
  void clear() {
    cell.answer(RawUpstream.OK, false);
    cell.received.clear();
    cell.ambiguous.clear();
  }

  static Stream<Corpus.Case> requests() {
    return Corpus.read("requests.txt").stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("requests")
  void aRequest(Corpus.Case request) throws IOException {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send(request.send());
      if (request.want().equals("forwarded")) {
        isForwarded(request, client);
      } else if (request.want().endsWith(" open")) {
        isRefusedAlone(request, client);
      } else {
        isRefused(request, client);
      }
    }
    assertThat(cell.ambiguous).isEmpty();
  }

  private static void isForwarded(Corpus.Case request, RawClient client) throws IOException {
    List<String> lines = request.all("line");
    for (int i = 0; i < lines.size(); i++) {
      assertThat(client.readHead()).matches("(?s)HTTP/1\\.[01] 200 .*");
      assertThat(client.in().readNBytes(2)).containsExactly('o', 'k');
    }
    marker();
    assertThat(cell.received)
        .extracting(RawUpstream.Received::line)
        .containsExactlyElementsOf(lines);
    RawUpstream.Received first = cell.received.get(0);
    assertThat(first.body())
        .isEqualTo(String.join("", request.all("body")).concat(rest(lines, first)));
    assertThat(first.headers()).containsAll(request.all("header"));
    for (String name : request.all("without")) {
      assertThat(first.all(name)).as(name).isEmpty();
    }
    assertThat(first.trailers()).containsExactlyElementsOf(request.all("trailer"));
  }

  /** Where several requests are sent, only their lines are told. */
  private static String rest(List<String> lines, RawUpstream.Received first) {
    return lines.size() > 1 ? first.body() : "";
  }

  private static void isRefused(Corpus.Case request, RawClient client) throws IOException {
    String answer = client.readAll();
    assertThat(answer).matches("(?s)HTTP/1\\.[01] (" + request.want() + ") .*");
    assertThat(STATUS_LINE.matcher(answer).results()).as(answer).hasSize(1);
    marker();
    assertThat(cell.received).isEmpty();
  }

  private static void isRefusedAlone(Corpus.Case request, RawClient client) throws IOException {
    String head = client.readHead();
    assertThat(head).startsWith("HTTP/1.1 " + request.want().replace("open", ""));
    String length = head.replaceAll("(?is).*content-length: (\\d+).*", "$1");
    client.in().readNBytes(Integer.parseInt(length));
    client.send("GET /accounts/5 HTTP/1.1\r\nHost: h\r\n\r\n");
    assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
    assertThat(cell.received)
        .extracting(RawUpstream.Received::line)
        .containsExactly("GET /accounts/5 HTTP/1.1");
  }

  static Stream<Corpus.Case> answers() {
    return Corpus.read("answers.txt").stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("answers")
  void anAnswer(Corpus.Case answer) throws IOException {
    // The connection is reused until then: what the cell did before is no reason to close it.
    marker();
    cell.answer(answer.send(), !answer.all("close").isEmpty());
    String read;
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send("POST /accounts/1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      read = client.readAll();
    }
    assertThat(STATUS_LINE.matcher(read).results()).as(read).hasSize(1);
    switch (answer.want()) {
      case "cut" ->
          // If its end is seen together with its head, nothing of it was sent on yet.
          assertThat(
                  read.startsWith("HTTP/1.1 502 ")
                      || (read.startsWith("HTTP/1.1 200 ") && !isWhole(read)))
              .as(read)
              .isTrue();
      case "whole" -> {
        assertThat(read).startsWith("HTTP/1.1 200 ").contains(answer.all("body").get(0));
        assertThat(isWhole(read)).as(read).isTrue();
      }
      default -> assertThat(read).matches("(?s)HTTP/1\\.1 (" + answer.want() + ") .*");
    }
    answer.all("without").forEach(word -> assertThat(read).doesNotContain(word));
    assertThat(cell.received).hasSize(1);
    if (answer.all("kept").isEmpty()) {
      Deployment.await("its connection is closed", () -> cell.connections() == 0);
    }
    cell.answer(RawUpstream.OK, false);
    marker();
  }

  /** Whether a client would take it for an answer that came to its end. */
  private static boolean isWhole(String answer) {
    String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
    Matcher length = LENGTH.matcher(answer);
    return length.find()
        ? body.length() == Integer.parseInt(length.group(1))
        : body.endsWith("\r\n0\r\n\r\n");
  }

  /** What the router had sent on before is at the cell by then: one event loop does both. */
  private static void marker() throws IOException {
    String target = "/products/marker";
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
    }
    Deployment.await("no connection in use", () -> edge.router.upstreamInUse() == 0);
    cell.received.removeIf(received -> received.line().contains(target));
  }
}
