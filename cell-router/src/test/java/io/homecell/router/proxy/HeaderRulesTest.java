package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderRulesTest {
  private static MultiMap headers() {
    return HttpHeaders.headers();
  }

  @Test
  void whatBelongsToAConnectionStaysThere() {
    MultiMap from =
        headers()
            .add("Connection", "close, X-Mine")
            .add("connection", "x-other")
            .add("X-Mine", "1")
            .add("X-Other", "1")
            .add("Keep-Alive", "1")
            .add("TE", "trailers")
            .add("Transfer-Encoding", "chunked")
            .add("Upgrade", "websocket")
            .add("Proxy-Connection", "1")
            .add("Trailer", "T")
            .add("Host", "h")
            .add("Expect", "100-continue")
            .add("Content-Length", "1")
            .add("Accept", "a")
            .add("Accept", "b");
    MultiMap to = headers();
    HeaderRules.copyRequest(from, to, false);
    assertThat(to.names()).containsExactly("Accept");
    assertThat(to.getAll("Accept")).containsExactly("a", "b");
  }

  @Provide
  Arbitrary<String> internalNames() {
    return Arbitraries.strings()
        .withCharRange('a', 'z')
        .ofMinLength(0)
        .ofMaxLength(20)
        .flatMap(
            rest ->
                Arbitraries.of(true, false)
                    .list()
                    .ofSize(5)
                    .map(
                        upper -> {
                          StringBuilder name = new StringBuilder();
                          for (int i = 0; i < 5; i++) {
                            String letter = String.valueOf("cell-".charAt(i));
                            name.append(upper.get(i) ? letter.toUpperCase(Locale.ROOT) : letter);
                          }
                          return name + rest;
                        }));
  }

  @Property
  void noInternalHeaderOfAClientPasses(@ForAll("internalNames") String name) {
    MultiMap to = headers();
    HeaderRules.copyRequest(headers().add(name, "x").add("Accept", "a"), to, true);
    assertThat(to.names()).containsExactly("Accept");
  }

  @ParameterizedTest
  @CsvSource({"hc-epoch", "HC-Slot", "hc-cell"})
  void noClientSpeaksAsAConsumerOfCalls(String name) {
    MultiMap to = headers();
    HeaderRules.copyRequest(headers().add(name, "9").add("hcx", "a"), to, true);
    assertThat(to.names()).containsExactly("hcx");
    HeaderRules.copyTrailers(headers().add(name, "9"), to);
    assertThat(to.names()).containsExactly("hcx");
  }

  @ParameterizedTest
  @CsvSource({
    "trailers,             true",
    "'Trailers',           true",
    "'gzip, trailers',     true",
    "gzip,                 false",
    ",                     false"
  })
  void whoTakesTrailersSaysSo(String te, boolean takes) {
    MultiMap headers = headers();
    if (te != null) {
      headers.add("TE", te);
    }
    assertThat(HeaderRules.takesTrailers(headers)).isEqualTo(takes);
  }

  @ParameterizedTest
  @CsvSource({
    "GET,  200, 5,  5",
    "GET,  200, ,  -1",
    "HEAD, 200, 5,  0",
    "GET,  204, 5,  0",
    "GET,  304, 5,  0",
    "POST, 502, 0,  0"
  })
  void lengthOfAnAnswersBody(String method, int status, String said, long length) {
    MultiMap headers = headers();
    if (said != null) {
      headers.add("Content-Length", said);
    }
    assertThat(HeaderRules.bodyLengthOf(HttpMethod.valueOf(method), status, headers))
        .isEqualTo(length);
  }

  @Test
  void onlyWhoServedIsToldToClients() {
    MultiMap from =
        headers()
            .add("Cell-Served-By", "north-1")
            .add("Cell-Epoch", "3")
            .add("Cell-Not-Executed", "true")
            .add("Content-Length", "3");
    MultiMap toClient = headers();
    HeaderRules.copyResponse(from, toClient, false);
    assertThat(toClient.names()).containsExactlyInAnyOrder("Cell-Served-By", "Content-Length");
    MultiMap toRouter = headers();
    HeaderRules.copyResponse(from, toRouter, true);
    assertThat(toRouter.names()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({
    ",        ,              0",
    "0,       ,              0",
    "17,      ,              17",
    ",        chunked,       -1",
    ",        CHUNKED,       -1",
    "17,      chunked,       ",
    "x,       ,              ",
    "-1,      ,              ",
    "+1,      ,              ",
    "'1,1',   ,              ",
    ",        'gzip, chunked',",
    ",        identity,      ",
    "99999999999999999999, , ",
  })
  void framing(String length, String coding, Long expected) {
    MultiMap headers = headers();
    if (length != null) {
      headers.add("Content-Length", length);
    }
    if (coding != null) {
      headers.add("Transfer-Encoding", coding);
    }
    assertThat(BodyFraming.of(headers).map(BodyFraming::length).orElse(null)).isEqualTo(expected);
  }

  @Test
  void twoLengthsAreNone() {
    assertThat(BodyFraming.of(headers().add("Content-Length", "1").add("Content-Length", "1")))
        .isEmpty();
  }

  @Test
  void aKeyIsComparedWhole() {
    PeerKey key = new PeerKey("0123456789abcdef");
    assertThat(key.is("0123456789abcdef")).isTrue();
    assertThat(key.is("0123456789abcde")).isFalse();
    assertThat(key.is("")).isFalse();
    assertThat(key.is(null)).isFalse();
  }
}
