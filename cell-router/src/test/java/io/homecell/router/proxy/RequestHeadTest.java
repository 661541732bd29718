package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes that make such heads are in {@code smuggling/requests.txt}. */
class RequestHeadTest {
  private static RequestHead read(String method, String target, MultiMap headers) {
    return RequestHead.read(false, method, target, headers, "homecell-north");
  }

  private static MultiMap headers() {
    return HttpHeaders.headers().add("Host", "h");
  }

  @ParameterizedTest
  @CsvSource({
    "GET,     /a/b?c=d/e,        /a/b,  /a/b?c=d/e",
    "GET,     http://h/a?b,      /a,    /a?b",
    "GET,     HTTPS://H/,        /,     /",
    "GET,     //evil/a,          //evil/a, //evil/a",
    "GET,     /http://evil/,     /http://evil/, /http://evil/",
  })
  void theTargetHasOneReading(String method, String target, String path, String uri) {
    RequestHead head = read(method, target, headers());
    assertThat(head.refusal()).isEmpty();
    assertThat(head.path()).isEqualTo(path);
    assertThat(head.uri()).isEqualTo(uri);
  }

  @ParameterizedTest
  @CsvSource({
    "GET,     a,                 bad-target",
    "GET,     '',                bad-target",
    "GET,     *,                 bad-target",
    "GET,     http://h,          bad-target",
    "GET,     http:///a,         bad-host",
    "GET,     http://h:80/a,     bad-host",
    "GET,     '/a b',            bad-target",
    "GET,     /a#b,              bad-target",
    "CONNECT, h:80,              method-not-implemented",
    "TRACE,   /,                 method-not-implemented",
  })
  void anotherTargetIsRefused(String method, String target, String kind) {
    assertThat(read(method, target, headers()).refusal().orElseThrow().problem().type())
        .isEqualTo("/problems/" + kind);
  }

  @ParameterizedTest
  @CsvSource({
    "1.1 homecell-north,                true",
    "'1.0 a, 1.1 HOMECELL-NORTH (x)',   true",
    "HTTP/1.1 homecell-north,           true",
    "1.1 homecell-north-2,              false",
    "1.1 a (1.1 homecell-north),        false",
    "homecell-north,                    false",
    "'',                                false",
  })
  void ownNameInViaIsALoop(String via, boolean loop) {
    assertThat(read("GET", "/", headers().add("Via", via)).refusal().isPresent()).isEqualTo(loop);
  }

  @Test
  void onlyANameThatIsWholeIsAHost() {
    for (String host :
        new String[] {"h:", "h:8080", "[::1]", "[::1]:80", "a_b.c-d.e", "10.0.0.1"}) {
      assertThat(isHost(host)).as(host).isTrue();
    }
    for (String host :
        new String[] {"", ":80", "h:x", "h:123456", "[::1", "::1", "[::1]x", "h i", "h%00"}) {
      assertThat(isHost(host)).as(host).isFalse();
    }
  }

  private static boolean isHost(String host) {
    return read("GET", "/", HttpHeaders.headers().add("Host", host)).refusal().isEmpty();
  }
}
