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
import io.homecell.core.topology.Topology.IdentitySource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    if (token != null) {
      headers.put("Authorization", "Bearer " + token);
    }
    if (user != null) {
      headers.put("X-User-Id", user);
    }
    return reader.read(headers::get);
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
