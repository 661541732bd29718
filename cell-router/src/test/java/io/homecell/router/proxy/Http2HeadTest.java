package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Http2HeadTest {
  private static Http2Headers head(String... more) {
    // Not validated: what is refused here must not depend on what Netty refuses before.
    Http2Headers head = new DefaultHttp2Headers(false);
    head.method("GET").scheme("https").path("/x").authority("h");
    for (int i = 0; i < more.length; i += 2) {
      head.add(more[i], more[i + 1]);
    }
    return head;
  }

  @Test
  void anOrdinaryOneIsSound() {
    assertThat(Http2Head.problem(head("x-y_1", "a \t\u00e9", "empty", ""))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "X, v",
    "x y, v",
    "x:y, v",
    "'', v",
    "\u00e9, v",
    ":other, v",
    ":protocol, v",
    ":status, 200",
    ":path, /y",
    ":method, POST",
    ":scheme, http",
    ":authority, other",
    "x, ' v'",
    "x, 'v '"
  })
  void whatHasTwoReadingsIsNot(String name, String value) {
    assertThat(Http2Head.problem(head(name, value))).isPresent();
  }

  @Test
  void aValueHasNoControlCharacters() {
    for (String value : List.of("a\r\nb", "a\nb", "a\rb", "a\0b", "a\u007fb", "\tv", "v\t")) {
      assertThat(Http2Head.problem(head("x", value))).as("%s", value).isPresent();
      Http2Headers trailers = new DefaultHttp2Headers(false).add("x", value);
      assertThat(Http2Head.problemOfTrailers(trailers)).as("%s", value).isPresent();
    }
  }

  @Test
  void aMethodIsAWordAndThereIsOneHost() {
    for (String method : List.of("G ET", "", "GET\r\nX: y", "G:T")) {
      Http2Headers head = head();
      head.method(method);
      assertThat(Http2Head.problem(head)).as("%s", method).isPresent();
    }
    assertThat(Http2Head.problem(head("host", "h"))).isEmpty();
    assertThat(Http2Head.problem(head("host", "h", "host", "h"))).isPresent();
  }
}
