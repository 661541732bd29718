package io.homecell.router.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.io.IOException;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Checks a bearer token's signature against a key set, and its times.
 *
 * <p>Only asymmetric algorithms: a key set is public, so a token "signed" with what stands in it
 * proves nothing. Immutable, safe for any number of threads; checking takes tens of microseconds
 * and does not block.
 */
public final class TokenVerifier {
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

  /**
   * @param keys of now
   * @param unknownKey called, on the thread of a request, when a token needs a key that is not
   *     there
   */
  TokenVerifier(Supplier<JWKSet> keys, Runnable unknownKey) {
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(
            ALGORITHMS,
            (selector, context) -> {
              List<JWK> found = selector.select(keys.get());
              if (found.isEmpty()) {
                unknownKey.run();
              }
              return found;
            }));
  }

  /**
   * Reads the key set.
   *
   * @throws IllegalArgumentException if the file can't be read or is not a JSON Web Key Set
   */
  public static TokenVerifier read(Path jwks) {
    try {
      JWKSet keys = JWKSet.load(jwks.toFile());
      return new TokenVerifier(() -> keys, () -> {});
    } catch (IOException | ParseException e) {
      throw new IllegalArgumentException(
          "HOMECELL_JWKS: " + jwks + " is no JSON Web Key Set: " + e.getMessage(), e);
    }
  }

  /**
   * The claims of a token.
   *
   * @throws TokenRefusedException if the token must not be believed; the message says why
   */
  JWTClaimsSet verify(String token) throws TokenRefusedException {
    try {
      return processor.process(token, null);
    } catch (ParseException e) {
      throw new TokenRefusedException("it is not a signed JSON Web Token");
    } catch (BadJOSEException | JOSEException e) {
      throw new TokenRefusedException(String.valueOf(e.getMessage()));
    }
  }

  /** Says why a token is not believed. */
  static final class TokenRefusedException extends Exception {
    TokenRefusedException(String reason) {
      super(reason, null, false, false);
    }
  }
}
