package io.homecell.router.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is no handshake is in {@code smuggling/requests.txt}, sent as bytes. */
class HandshakeTest {
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  private static MultiMap asked() {
    return HttpHeaders.headers()
        .add("Connection", "keep-alive, UPGRADE")
        .add("Upgrade", "WebSocket")
        .add("Sec-WebSocket-Version", "13")
        .add("Sec-WebSocket-Key", KEY);
  }

  private static MultiMap granted() {
    return HttpHeaders.headers()
        .add("connection", "upgrade")
        .add("upgrade", "Websocket")
        .add("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }

  @Test
  void theExampleOfTheStandardIsGranted() {
    Handshake handshake = Handshake.of("GET", asked()).orElseThrow();
    assertThat(handshake.isGrantedBy(granted())).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "Connection, close",
    "Connection, not-upgrade",
    "Upgrade, 'websocket, websocket'",
    "Sec-WebSocket-Version, 013",
    "Sec-WebSocket-Key, ''",
    "Sec-WebSocket-Key, dGhlIHNhbXBsZSBub25jZQ====",
    "Content-Length, 1",
    "Content-Length, 00",
    "Transfer-Encoding, identity",
    "Expect, 100-continue",
  })
  void oneFieldOfAnotherValueIsEnoughToRefuseIt(String name, String value) {
    assertThat(Handshake.of("GET", asked().set(name, value))).isEmpty();
  }

  private static MultiMap connected() {
    return HttpHeaders.headers().add("sec-websocket-version", "13");
  }

  @ParameterizedTest
  @CsvSource({
    "websocket, sec-websocket-version, 13, true",
    "WebSocket, sec-websocket-version, 13, true",
    "websocket, sec-websocket-key, whatever, true",
    "websocket, sec-websocket-version, 8, false",
    "websocket2, sec-websocket-version, 13, false",
    "'', sec-websocket-version, 13, false",
    "websocket, content-length, 0, false",
    "websocket, expect, 100-continue, false",
  })
  void inHttp2ItIsAProtocolAndAVersion(String protocol, String name, String value, boolean sound) {
    assertThat(Handshake.ofConnect(protocol, connected().set(name, value)).isPresent())
        .isEqualTo(sound);
    assertThat(Handshake.ofConnect(protocol, HttpHeaders.headers())).isEmpty();
  }

  /** The cell proves that it has read the router's key, which is another one each time. */
  @Test
  void towardsHttp1ItHasAKeyAndTowardsHttp2None() {
    Handshake handshake = Handshake.ofConnect("websocket", connected()).orElseThrow();
    MultiMap asked = connected().add("sec-websocket-key", KEY).add("content-length", "0");
    handshake.writeUpgrade(asked);
    assertThat(Handshake.of("GET", asked)).contains(handshake);
    assertThat(handshake.key()).isNotEqualTo(KEY);
    assertThat(Handshake.ofConnect("websocket", connected())).get().isNotEqualTo(handshake);
    assertThat(handshake.isGrantedBy(granted())).isFalse();
    MultiMap answer = HttpHeaders.headers();
    handshake.writeGrant(answer);
    assertThat(handshake.isGrantedBy(answer)).isTrue();
    Handshake.writeSuccess(answer);
    assertThat(answer.contains("sec-websocket-accept")).isFalse();
    Handshake.writeConnect(asked);
    assertThat(asked.contains("sec-websocket-key")).isFalse();
    assertThat(asked.get("sec-websocket-version")).isEqualTo("13");
  }

  @Test
  void aBodyOfNoBytesIsNone() {
    assertThat(Handshake.of("GET", asked().set("Content-Length", "0"))).isPresent();
    assertThat(Handshake.of("get", asked())).isEmpty();
  }

  @Test
  void anAnswerToAnotherKeyGrantsNothing() {
    Handshake other = new Handshake("AAAAAAAAAAAAAAAAAAAAAA==");
    assertThat(other.isGrantedBy(granted())).isFalse();
    Handshake same = new Handshake(KEY);
    assertThat(
            same.isGrantedBy(granted().set("Sec-WebSocket-Accept", "S3PPLMBITXAQ9KYGZZHZRBK+XOO=")))
        .isFalse();
  }

  @Test
  void theIdleTimeIsSettable() {
    assertThat(WebSocketSettings.fromEnvironment(Map.of()).idle()).isEqualTo(Duration.ofMinutes(5));
    assertThat(WebSocketSettings.fromEnvironment(Map.of("HOMECELL_WEBSOCKET_IDLE", "90")).idle())
        .isEqualTo(Duration.ofSeconds(90));
    for (String wrong : new String[] {"0", "-1", "1m", "1.5"}) {
      assertThatThrownBy(
              () -> WebSocketSettings.fromEnvironment(Map.of("HOMECELL_WEBSOCKET_IDLE", wrong)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "HOMECELL_WEBSOCKET_IDLE: '" + wrong + "' (expected: whole seconds, at least 1)");
    }
  }
}
