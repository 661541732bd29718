package io.homecell.router.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import io.homecell.router.identity.FetchedKeys.Rhythm;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class FetchedKeysTest {
  private static final Duration NEVER = Duration.ofHours(1);
  private static final Rhythm ONCE = new Rhythm(NEVER, NEVER);

  @TempDir Path folder;
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final AtomicInteger asked = new AtomicInteger();
  private HttpServer provider;
  private URI url;
  private volatile String published = "";

  @BeforeEach
  void start() throws IOException {
    provider = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    provider.createContext(
        "/keys",
        exchange -> {
          asked.incrementAndGet();
          byte[] body = published.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    provider.start();
    url = URI.create("http://127.0.0.1:" + provider.getAddress().getPort() + "/keys");
  }

  @AfterEach
  void stop() {
    provider.stop(0);
  }

  private static ECKey key(String id) throws JOSEException {
    return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
  }

  private void publish(ECKey key) {
    published = new JWKSet(key.toPublicJWK()).toString();
  }

  private static String token(ECKey key) throws JOSEException {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(),
            new JWTClaimsSet.Builder().subject("1").build());
    token.sign(new ECDSASigner(key));
    return token.serialize();
  }

  private FetchedKeys fetch(Rhythm rhythm) {
    return FetchedKeys.start(url, folder.resolve("jwks.json"), rhythm, metrics);
  }

  private static boolean believes(FetchedKeys keys, ECKey key) throws JOSEException {
    try {
      keys.verifier().verify(token(key));
      return true;
    } catch (TokenVerifier.TokenRefusedException e) {
      return false;
    }
  }

  private static void awaitBelieved(FetchedKeys keys, ECKey key) throws JOSEException {
    while (!believes(keys, key)) {
      LockSupport.parkNanos(5_000_000);
    }
  }

  private double fetches(String result) {
    return metrics.get("hc_router_key_fetches").tag("result", result).counter().count();
  }

  @Test
  void keysAreFetchedAgainUnasked() throws Exception {
    ECKey first = key("1");
    ECKey second = key("2");
    publish(first);
    try (FetchedKeys keys = fetch(new Rhythm(Duration.ofMillis(20), NEVER))) {
      assertThat(believes(keys, first)).isTrue();
      publish(second);
      awaitBelieved(keys, second);
      assertThat(believes(keys, first)).as("withdrawn").isFalse();
    }
  }

  @Test
  void anUnknownKeyHasThemFetched() throws Exception {
    publish(key("1"));
    ECKey second = key("2");
    try (FetchedKeys keys = fetch(new Rhythm(NEVER, Duration.ZERO))) {
      publish(second);
      assertThat(believes(keys, second)).as("nobody waits").isFalse();
      awaitBelieved(keys, second);
    }
  }

  @Test
  void strangersTokensDoNotFloodTheProvider() throws Exception {
    publish(key("1"));
    try (FetchedKeys keys = fetch(ONCE)) {
      for (int i = 0; i < 50; i++) {
        assertThat(believes(keys, key("stranger-" + i))).isFalse();
      }
    }
    assertThat(asked).hasValue(1);
  }

  @Test
  void whateverTheProviderDoesTheLastGoodKeysStay() throws Exception {
    ECKey first = key("1");
    publish(first);
    try (FetchedKeys keys = fetch(new Rhythm(Duration.ofMillis(10), NEVER))) {
      for (String nonsense :
          new String[] {"", "{}", "{\"keys\":[]}", "<html>", "x".repeat(2 << 20)}) {
        published = nonsense;
        int before = asked.get();
        while (asked.get() < before + 2) {
          LockSupport.parkNanos(1_000_000);
        }
        assertThat(believes(keys, first)).isTrue();
      }
      assertThat(fetches("failed")).isGreaterThanOrEqualTo(5);
    }
  }

  @Test
  void aStartWithoutTheProviderUsesTheKeysOfTheLastRun() throws Exception {
    ECKey first = key("1");
    publish(first);
    fetch(ONCE).close();
    provider.stop(0);
    try (FetchedKeys keys = fetch(ONCE)) {
      assertThat(believes(keys, first)).isTrue();
      assertThat(fetches("failed")).isEqualTo(1);
    }
  }

  @Test
  void keysThatCanNotBeKeptAreGoodAndAreKeptAsSoonAsTheyCan() throws Exception {
    ECKey first = key("1");
    ECKey second = key("2");
    publish(first);
    fetch(ONCE).close();
    publish(second);
    Path inTheWay = Files.createDirectory(folder.resolve("jwks.json.tmp"));
    try (FetchedKeys keys = fetch(new Rhythm(Duration.ofMillis(10), NEVER))) {
      assertThat(believes(keys, second)).as("not those of the copy").isTrue();
      assertThat(fetches("not-kept")).isPositive();
      Files.delete(inTheWay);
      while (!Files.readString(folder.resolve("jwks.json")).contains("\"kid\":\"2\"")) {
        LockSupport.parkNanos(1_000_000);
      }
    }
    provider.stop(0);
    try (FetchedKeys keys = fetch(ONCE)) {
      assertThat(believes(keys, second)).isTrue();
    }
  }

  @Test
  void withoutAnyKeysEveryTokenIsRefused() throws Exception {
    provider.stop(0);
    try (FetchedKeys keys = fetch(ONCE)) {
      String token = token(key("1"));
      assertThatThrownBy(() -> keys.verifier().verify(token))
          .isInstanceOf(TokenVerifier.TokenRefusedException.class);
    }
  }

  @Test
  void keysThatCouldBeChangedOnTheWayAreNotFetched() {
    Path copy = folder.resolve("none.json");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> FetchedKeys.start(URI.create("http://keys.example/jwks"), copy, ONCE, metrics))
        .withMessageContaining("http://keys.example/jwks (expected: https");
    assertThatCode(() -> FetchedKeys.start(url, copy, ONCE, metrics).close())
        .doesNotThrowAnyException();
  }
}
