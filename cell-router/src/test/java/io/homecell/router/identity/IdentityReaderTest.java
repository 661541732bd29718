package io.homecell.router.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.homecell.core.topology.AddressRange;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.EdgeRoute;
import io.homecell.core.topology.Topology.IdentitySource;
import io.homecell.core.topology.Topology.RouteIdentity;
import io.homecell.core.topology.Topology.Target;
import io.homecell.router.path.RouteMatcher;
import io.homecell.router.path.RouteMatcher.Found;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityReaderTest {
  private static final List<IdentitySource> SOURCES =
      List.of(new IdentitySource.JwtClaim("sub"), new IdentitySource.Header("X-User-Id"));

  @TempDir static Path folder;
  private static ECKey key;
  private static ECKey otherKey;
  private static IdentityReader withKeys;
  private static final IdentityReader WITHOUT = new IdentityReader(SOURCES, Optional.empty());

  @BeforeAll
  static void keys() throws Exception {
    key = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
    otherKey = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
    Path file = folder.resolve("jwks.json");
    Files.writeString(file, new JWKSet(key.toPublicJWK()).toString());
    withKeys = new IdentityReader(SOURCES, Optional.of(TokenVerifier.read(file)));
  }

  private static String token(JWSSigner signer, JWSAlgorithm algorithm, JWTClaimsSet claims)
      throws Exception {
    SignedJWT token = new SignedJWT(new JWSHeader.Builder(algorithm).keyID("one").build(), claims);
    token.sign(signer);
    return token.serialize();
  }

  private static JWTClaimsSet claims(String subject, long expiresInSeconds) {
    return new JWTClaimsSet.Builder()
        .subject(subject)
        .expirationTime(Date.from(Instant.now().plusSeconds(expiresInSeconds)))
        .build();
  }

  private static Identity read(IdentityReader reader, String token, String user) {
    MultiMap headers = HttpHeaders.headers();
    if (token != null) {
      headers.add("Authorization", "Bearer " + token);
    }
    if (user != null) {
      headers.add("X-User-Id", user);
    }
    return reader.read(new Ask(headers, "", "127.0.0.1", Optional.empty()));
  }

  @Test
  void aProvenTokenNamesTheUserWhateverTheHeaderSays() throws Exception {
    String token = token(new ECDSASigner(key), JWSAlgorithm.ES256, claims("42", 60));
    assertThat(read(withKeys, token, "7")).isEqualTo(new Identity.Known(42));
  }

  @Test
  void withKeysATokenIsProvenOrRefused() throws Exception {
    String forged = token(new ECDSASigner(otherKey), JWSAlgorithm.ES256, claims("42", 60));
    String old = token(new ECDSASigner(key), JWSAlgorithm.ES256, claims("42", -120));
    String plain = new PlainJWT(claims("42", 60)).serialize();
    // The public key as a shared secret: the classic confusion of algorithms.
    String confused =
        token(
            new MACSigner(key.toPublicJWK().toJSONString().getBytes("UTF-8")),
            JWSAlgorithm.HS256,
            claims("42", 60));
    String nobody = token(new ECDSASigner(key), JWSAlgorithm.ES256, claims(null, 60));
    for (String token : List.of(forged, old, plain, confused, nobody, "nonsense", "a.b.c")) {
      assertThat(read(withKeys, token, "7")).as(token).isInstanceOf(Identity.Refused.class);
    }
  }

  @Test
  void withoutKeysATokenNamesNobody() throws Exception {
    String token = token(new ECDSASigner(key), JWSAlgorithm.ES256, claims("42", 60));
    assertThat(read(WITHOUT, token, null)).isEqualTo(Identity.ABSENT);
    assertThat(read(WITHOUT, token, "7")).isEqualTo(new Identity.Known(7));
  }

  @Test
  void aHeaderNamesAUserByNumber() throws Exception {
    assertThat(read(WITHOUT, null, "7")).isEqualTo(new Identity.Known(7));
    assertThat(read(WITHOUT, null, " 7 ")).isEqualTo(new Identity.Known(7));
    assertThat(read(WITHOUT, null, "")).isEqualTo(Identity.ABSENT);
    assertThat(read(WITHOUT, null, null)).isEqualTo(Identity.ABSENT);
    assertThat(read(WITHOUT, null, "-7")).isInstanceOf(Identity.NotAnId.class);
    assertThat(read(WITHOUT, null, "seven")).isInstanceOf(Identity.NotAnId.class);
    String token = token(new ECDSASigner(key), JWSAlgorithm.ES256, claims("seven", 60));
    assertThat(read(withKeys, token, "7")).isInstanceOf(Identity.NotAnId.class);
  }

  private static Identity ofRoute(
      List<AddressRange> trusted, List<IdentitySource> ofRoute, String from, String... headers) {
    EdgeRoute route =
        new EdgeRoute(
            "/carts/{cart}/{item}",
            Optional.empty(),
            new Target.SlotOfIdentity(),
            "account",
            Topology.Quota.USUAL,
            new RouteIdentity(Optional.of(ofRoute), false));
    IdentityReader reader =
        new IdentityReader(new Topology.Edge(SOURCES, List.of(route), trusted), Optional.empty());
    MultiMap sent = HttpHeaders.headers();
    for (int i = 0; i < headers.length; i += 2) {
      sent.add(headers[i], headers[i + 1]);
    }
    Found.Route found =
        (Found.Route) new RouteMatcher(List.of(route)).find("GET", "/carts/12/seven");
    return reader.read(new Ask(sent, "user=13&x=", from, Optional.of(found)));
  }

  @Test
  void aRoutesOwnSourcesHoldInsteadOfTheEdges() {
    IdentitySource cart = new IdentitySource.PathVariable("cart");
    IdentitySource user = new IdentitySource.Query("user");
    IdentitySource uid = new IdentitySource.Cookie("uid");
    String[] headers = {"X-User-Id", "7", "Cookie", "uid=11"};
    assertThat(ofRoute(List.of(), List.of(), "::1", headers)).isEqualTo(Identity.ABSENT);
    assertThat(ofRoute(List.of(), List.of(uid, user), "::1", headers))
        .isEqualTo(new Identity.Claimed(11));
    assertThat(ofRoute(List.of(), List.of(user, uid), "::1", headers))
        .isEqualTo(new Identity.Claimed(13));
    assertThat(ofRoute(List.of(), List.of(cart), "::1", headers))
        .isEqualTo(new Identity.Claimed(12));
    assertThat(ofRoute(List.of(), List.of(new IdentitySource.PathVariable("item")), "::1"))
        .isEqualTo(new Identity.NotAnId("path {item}", "seven"));
    assertThat(ofRoute(List.of(), List.of(uid, new IdentitySource.Query("x"), cart), "::1"))
        .as("what says nothing is passed over")
        .isEqualTo(new Identity.Claimed(12));
    assertThat(ofRoute(List.of(), List.of(SOURCES.get(1), uid), "::1", headers))
        .isEqualTo(new Identity.Known(7));
  }

  @Test
  void aHeaderIsBelievedOnlyFromWhereItMayCome() {
    List<AddressRange> trusted =
        List.of(AddressRange.parse("10.1.0.0/16"), AddressRange.parse("fd00::/8"));
    List<IdentitySource> header = List.of(SOURCES.get(1), new IdentitySource.Cookie("uid"));
    String[] headers = {"X-User-Id", "7", "Cookie", "uid=11"};
    for (String gateway : List.of("10.1.2.3", "fd12::1")) {
      assertThat(ofRoute(trusted, header, gateway, headers)).isEqualTo(new Identity.Known(7));
    }
    for (String stranger : List.of("10.2.0.1", "127.0.0.1", "::1", "no address")) {
      assertThat(ofRoute(trusted, header, stranger, headers))
          .as(stranger)
          .isEqualTo(new Identity.Claimed(11));
    }
  }

  @Test
  void aFileThatIsNoKeySetIsNamed() throws Exception {
    Path file = folder.resolve("broken.json");
    Files.writeString(file, "{}");
    assertThatThrownBy(() -> TokenVerifier.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HOMECELL_JWKS")
        .hasMessageContaining("broken.json");
  }
}
