package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.identity.TokenVerifier;
import io.homecell.router.reload.Reload;
import io.homecell.router.reload.RuleFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Routes and keys change under a router that serves. */
@Timeout(60)
class ReloadIT {
  private static final String MORE_ROUTES =
      LoneRouter.ROUTES + "\n    - { path: \"/extra/{user}\", slot-of: user, service: account }\n";
  private static final Duration NEVER = Duration.ofHours(1);

  @TempDir Path folder;
  private final LoneRouter edge = new LoneRouter();
  private LoneRouter.Running running;
  private RuleFiles files;

  @BeforeEach
  void start() throws Exception {
    files = new RuleFiles(folder.resolve("t.yaml"), Optional.of(folder.resolve("k")), "north");
    write(LoneRouter.ROUTES);
    publish(key("first"));
    running =
        edge.start(
            PortClaim.ALONE,
            LoneRouter.settings(),
            Optional.of(TokenVerifier.read(folder.resolve("k"))));
  }

  @AfterEach
  void stop() throws Exception {
    running.router().close();
    edge.close();
  }

  private static ECKey key(String id) throws JOSEException {
    return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
  }

  private void publish(ECKey key) throws IOException {
    Files.writeString(folder.resolve("k"), new JWKSet(key.toPublicJWK()).toString());
  }

  private void write(String routes) throws IOException {
    Files.writeString(folder.resolve("t.yaml"), edge.topology(routes));
  }

  private Reload reload(Duration each) {
    return Reload.start(files, running.router().rules(), each, running.metrics());
  }

  private String statusOf(String path, String header) throws IOException {
    try (RawClient client = new RawClient(edge.port)) {
      client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n" + header + "\r\n\r\n");
      return client.readHead().substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length());
    }
  }

  private String extra() throws IOException {
    return statusOf("/extra/1", "X-User-Id: 1");
  }

  @Test
  void noRequestFailsWhileRoutesAndKeysChange() throws Exception {
    try (Reload reload = reload(NEVER);
        SteadyLoad load = new SteadyLoad(edge.port)) {
      for (int i = 0; i < 40; i++) {
        boolean more = i % 2 == 0;
        write(more ? MORE_ROUTES : LoneRouter.ROUTES);
        publish(key("key-" + i));
        assertThat(reload.reload()).isEmpty();
        load.awaitAnswers(50);
        assertThat(extra()).isEqualTo(more ? "200" : "404");
      }
      load.close();
      assertThat(load.failures).as("of %d requests", load.answers.get()).isEmpty();
    }
  }

  @Test
  void aTokenIsBelievedByTheKeysOfNow() throws Exception {
    ECKey later = key("later");
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("later").build(),
            new JWTClaimsSet.Builder().subject("1").build());
    token.sign(new ECDSASigner(later));
    String header = "Authorization: Bearer " + token.serialize();
    try (Reload reload = reload(NEVER)) {
      assertThat(statusOf("/orders", header)).isEqualTo("401");
      publish(later);
      assertThat(reload.reload()).isEmpty();
      assertThat(statusOf("/orders", header)).isEqualTo("200");
      publish(key("another"));
      assertThat(reload.reload()).isEmpty();
      assertThat(statusOf("/orders", header)).isEqualTo("401");
    }
  }

  @Test
  void aChangedFileIsReadUnasked() throws Exception {
    Reload reload = reload(Duration.ofMillis(20));
    write(MORE_ROUTES);
    Deployment.await("the new route", () -> isServed());
    reload.close();
  }

  private boolean isServed() {
    try {
      return extra().equals("200");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aBadFileChangesNothingAndSaysWhy() throws Exception {
    try (Reload reload = reload(NEVER)) {
      write(MORE_ROUTES.replace("slot-of: user, service: account }\n", "slot-of: nobody }\n"));
      Answer answer = reload.answer(new Request("POST", "/reload", Map.of(), ""));
      assertThat(answer.status()).isEqualTo(422);
      assertThat(answer.body().toString()).contains("t.yaml:17:7 edge.routes[3].service: missing");
      assertThat(extra()).isEqualTo("404");
      assertThat(statusOf("/accounts/1", "X-User-Id: 1")).isEqualTo("200");
      assertThat(refused()).isEqualTo(1);

      write(MORE_ROUTES);
      Files.writeString(folder.resolve("k"), "no keys");
      answer = reload.answer(new Request("POST", "/reload", Map.of(), ""));
      assertThat(answer.body().toString()).contains("HOMECELL_JWKS").contains("k is no JSON Web");
      assertThat(extra()).as("not one of two files alone").isEqualTo("404");

      publish(key("good"));
      answer = reload.answer(new Request("POST", "/reload", Map.of(), ""));
      assertThat(answer.status()).isEqualTo(200);
      assertThat(extra()).isEqualTo("200");
      assertThat(refused()).isZero();
      assertThat(count("refused")).isEqualTo(2);
      assertThat(count("applied")).isEqualTo(1);
    }
  }

  private double refused() {
    return running.metrics().get("hc_router_reload_refused").gauge().value();
  }

  private double count(String result) {
    return running.metrics().get("hc_router_reloads").tag("result", result).counter().count();
  }

  @Test
  void whatNeedsARestartIsNamed() throws Exception {
    try (Reload reload = reload(NEVER)) {
      Files.writeString(
          folder.resolve("t.yaml"),
          edge.topology(MORE_ROUTES).replace("0-7", "0-6").replace("8-15", "7-15"));
      assertThat(reload.reload()).startsWith("cells: changed (expected: changes of 'edge' only");
      assertThat(extra()).isEqualTo("404");
    }
  }

  @Test
  void onlyAPostReloads() {
    try (Reload reload = reload(NEVER)) {
      assertThat(reload.answer(new Request("GET", "/reload", Map.of(), "")).status())
          .isEqualTo(405);
      assertThat(running.metrics().find("hc_router_reloads").counter()).isNull();
    }
  }
}
