package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.reload.Reload;
import io.homecell.router.reload.RuleFiles;
import io.homecell.router.tls.TestAuthority;
import io.homecell.router.tls.TlsException;
import io.homecell.router.tls.TlsFiles;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The certificate, and the router itself, are replaced under clients that speak TLS. */
@Timeout(60)
class TlsRenewalIT {
  private static final Duration NEVER = Duration.ofHours(1);
  private static final String GET = "GET /accounts/1/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\n\r\n";

  @TempDir Path folder;
  private final TestAuthority authority = new TestAuthority("root");
  private final SSLContext context = authority.clientContext();
  private final X509Bundle first = authority.issue("first");
  private final LoneRouter lone = new LoneRouter();
  private TlsFiles files;
  private LoneRouter.Running running;

  @BeforeEach
  void start() throws Exception {
    files = authority.write(folder, first);
    Files.writeString(folder.resolve("t.yaml"), lone.topology(LoneRouter.ROUTES));
    running = router(PortClaim.ALONE);
  }

  private LoneRouter.Running router(PortClaim claim) {
    RouterSettings settings =
        LoneRouter.settings()
            .withTls(TlsTerms.standard().withFiles(Optional.of(files)))
            // Longer than the machine may pause; it ends when the last client has left.
            .withOperation(Operation.standard().withFarewell(Duration.ofSeconds(4)));
    return lone.start(claim, settings, Optional.empty());
  }

  @AfterEach
  void stop() throws Exception {
    running.router().close();
    lone.close();
  }

  private Reload reload(Duration each) {
    return Reload.start(
        new RuleFiles(folder.resolve("t.yaml"), Optional.empty(), "north"),
        running.router().rules(),
        running.router().tls(),
        each,
        running.metrics());
  }

  private Certificate shown() throws IOException {
    try (RawClient client = new RawClient(lone.port, context)) {
      return client.session().getPeerCertificates()[0];
    }
  }

  private static void isServed(RawClient client) throws IOException {
    client.send(GET);
    assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
    client.in().readNBytes("north-1".length());
  }

  @Test
  void newConnectionsSeeTheNewCertificateAndOldOnesGoOn() throws Exception {
    try (Reload reload = reload(NEVER);
        RawClient old = new RawClient(lone.port, context);
        RawHttp2 oldHttp2 = new RawHttp2(lone.port, context)) {
      isServed(old);
      assertThat(shown()).isEqualTo(first.getCertificate());
      X509Bundle second =
          authority.issue("second", Instant.now().minus(Duration.ofHours(1)), Duration.ofDays(30));
      authority.write(folder, second);
      assertThat(reload.reload()).isEmpty();
      assertThat(shown()).isEqualTo(second.getCertificate());
      isServed(old);
      oldHttp2.request(1, RawHttp2.END_STREAM, "GET", "/accounts/1/x", "x-user-id", "1");
      assertThat(oldHttp2.head(1).status()).hasToString("200");
      assertThat(left()).isGreaterThan(Duration.ofDays(29).toSeconds());
    }
  }

  private double left() {
    return running.metrics().get("hc_router_tls_certificate_seconds_left").gauge().value();
  }

  @Test
  void whatDoesNotFitIsRefusedByNameAndTheRulesAreReadAllTheSame() throws Exception {
    try (Reload reload = reload(NEVER)) {
      Files.writeString(files.key(), authority.issue("other").getPrivateKeyPEM());
      Files.writeString(
          folder.resolve("t.yaml"),
          lone.topology(
              LoneRouter.ROUTES
                  + "\n    - { path: \"/extra/{user}\", slot-of: user, service: account }\n"));
      Answer answer = reload.answer(new Request("POST", "/reload", Map.of(), ""));
      assertThat(answer.status()).isEqualTo(422);
      assertThat(answer.body().toString())
          .contains(files.key() + ": does not belong to " + files.certificate());
      assertThat(shown()).isEqualTo(first.getCertificate());
      assertThat(running.metrics().get("hc_router_reload_refused").gauge().value()).isEqualTo(1);
      assertThat(running.router().rules().get().topology().edge().routes()).hasSize(4);

      Instant past = Instant.now().minus(Duration.ofDays(2));
      authority.write(folder, authority.issue("old", past, Duration.ofDays(1)));
      assertThat(reload.reload()).contains("certificate of 'CN=old': expired at ");
      assertThat(shown()).isEqualTo(first.getCertificate());
    }
  }

  @Test
  void aBadTopologyDoesNotKeepACertificateFromBeingRenewed() throws Exception {
    try (Reload reload = reload(NEVER)) {
      Files.writeString(folder.resolve("t.yaml"), "broken");
      X509Bundle second = authority.issue("second");
      authority.write(folder, second);
      assertThat(reload.reload()).contains("t.yaml");
      assertThat(shown()).isEqualTo(second.getCertificate());
    }
  }

  @Test
  void filesThatHaveChangedAreReadWithoutBeingTold() throws Exception {
    try (Reload reload = reload(Duration.ofMillis(20))) {
      X509Bundle second = authority.issue("second-with-a-longer-name");
      authority.write(folder, second);
      Deployment.await("the new one is shown", () -> isShown(second.getCertificate()));
      assertThat(reload.reload()).isEmpty();
    }
  }

  private boolean isShown(Certificate certificate) {
    try {
      return shown().equals(certificate);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aRouterDoesNotStartWithACertificateThatCantBeUsed() throws Exception {
    Files.writeString(files.certificate(), "none");
    assertThatThrownBy(() -> router(PortClaim.TAKE_OVER))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("tls.crt: holds no certificates");
  }

  @Test
  void oldProtocolsAndWeakCiphersAreRefused() throws Exception {
    for (String protocol : new String[] {"TLSv1.2", "TLSv1.3"}) {
      try (RawClient client = new RawClient(lone.port, context, protocol)) {
        assertThat(client.session().getProtocol()).isEqualTo(protocol);
        assertThat(client.session().getCipherSuite()).containsAnyOf("_GCM_", "_CHACHA20_");
        isServed(client);
      }
    }
    try (SSLSocket weak =
        (SSLSocket) context.getSocketFactory().createSocket("localhost", lone.port)) {
      SSLParameters parameters = weak.getSSLParameters();
      parameters.setProtocols(new String[] {"TLSv1.2"});
      parameters.setCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"});
      weak.setSSLParameters(parameters);
      assertThatThrownBy(weak::startHandshake).isInstanceOf(SSLException.class);
    }
    Deployment.await(
        "it is counted",
        () ->
            running
                    .metrics()
                    .counter("hc_router_tls_handshake_failures", "cause", "refused")
                    .count()
                == 1);
  }

  @Test
  void noRequestFailsWhileOneCertificateFollowsAnother() throws Exception {
    try (Reload reload = reload(NEVER);
        SteadyLoad load = new SteadyLoad(() -> new RawClient(lone.port, context));
        Http2Load http2 = new Http2Load(lone.vertx, lone.port)) {
      for (int i = 0; i < 5; i++) {
        X509Bundle next = authority.issue("certificate-" + i);
        authority.write(folder, next);
        assertThat(reload.reload()).isEmpty();
        load.awaitAnswers(50);
        http2.awaitAnswers(100);
        assertThat(shown()).isEqualTo(next.getCertificate());
      }
      load.close();
      http2.close();
      assertThat(load.failures).as("of %d requests", load.answers.get()).isEmpty();
      assertThat(http2.failures).as("of %d requests", http2.answers.get()).isEmpty();
    }
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the port is handed over by the kernel of Linux")
  void noRequestFailsWhileOneRouterTakesThePortOver() throws Exception {
    try (SteadyLoad load = new SteadyLoad(() -> new RawClient(lone.port, context));
        Http2Load http2 = new Http2Load(lone.vertx, lone.port)) {
      load.awaitAnswers(100);
      http2.awaitAnswers(100);
      for (int i = 0; i < 2; i++) {
        LoneRouter.Running next = router(PortClaim.TAKE_OVER);
        load.awaitAnswers(50);
        http2.awaitAnswers(50);
        running.router().close();
        running = next;
        load.awaitAnswers(50);
        http2.awaitAnswers(50);
        assertThat(next.served()).isPositive();
      }
      load.close();
      http2.close();
      assertThat(load.failures).as("of %d requests", load.answers.get()).isEmpty();
      assertThat(http2.failures).as("of %d requests", http2.answers.get()).isEmpty();
    }
  }

  @Test
  void aClientOfARouterThatStopsIsToldToConnectAnewAndWhatIsUnderWayEnds() throws Exception {
    AtomicReference<HttpServerRequest> asked = new AtomicReference<>();
    lone.cell.answer(
        request -> {
          if (asked.get() == null) {
            asked.set(request);
          } else {
            lone.cell.echo(request);
          }
        });
    try (RawHttp2 client = new RawHttp2(lone.port, context)) {
      client.request(1, RawHttp2.END_STREAM, "GET", "/accounts/1/x", "x-user-id", "1");
      Deployment.await("it is under way", () -> asked.get() != null);
      Thread stopping = new Thread(this::closeQuietly);
      stopping.start();
      RawHttp2.Frame farewell = client.await(RawHttp2.GO_AWAY, 0);
      assertThat(farewell.error()).isEqualTo(RawHttp2.NO_ERROR);
      // What was sent before it was heard is served still.
      client.request(3, RawHttp2.END_STREAM, "GET", "/accounts/1/x", "x-user-id", "1");
      assertThat(client.head(3).status()).hasToString("200");
      RawHttp2.Frame last = client.await(RawHttp2.GO_AWAY, 0);
      assertThat(ByteBuffer.wrap(last.payload()).getInt()).as("the last one").isEqualTo(3);
      asked.get().response().end("late");
      assertThat(client.head(1).status()).hasToString("200");
      assertThat(client.body(1)).isEqualTo("late");
      assertThat(client.await(frame -> false).isEnd()).isTrue();
      stopping.join();
    }
  }

  private void closeQuietly() {
    try {
      running.router().close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
