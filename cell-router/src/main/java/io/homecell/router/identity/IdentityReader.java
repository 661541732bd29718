package io.homecell.router.identity;

import com.nimbusds.jwt.JWTClaimsSet;
import io.homecell.core.topology.Topology.IdentitySource;
import io.homecell.router.path.DecimalId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the user of a request from the sources that the topology names, in their order.
 *
 * <p>The rule for bearer tokens: with a key set, a token is either proven or the request is refused
 * (401), whatever the other sources say; without one, {@code jwt:} sources are skipped as if the
 * token were not there. A token is never read unverified. Safe for any number of threads.
 */
public final class IdentityReader {
  private static final String BEARER = "bearer ";

  private final List<IdentitySource> sources;
  private final Optional<TokenVerifier> verifier;

  public IdentityReader(List<IdentitySource> sources, Optional<TokenVerifier> verifier) {
    this.sources = List.copyOf(sources);
    this.verifier = verifier;
  }

  /**
   * @param headers gives the value of a header, or null
   */
  public Identity read(Function<String, @Nullable String> headers) {
    for (IdentitySource source : sources) {
      Identity identity =
          source instanceof IdentitySource.JwtClaim jwt
              ? ofToken(jwt.claim(), headers.apply("Authorization"))
              : ofHeader(((IdentitySource.Header) source).name(), headers);
      if (!(identity instanceof Identity.Absent)) {
        return identity;
      }
    }
    return Identity.ABSENT;
  }

  private static Identity ofHeader(String name, Function<String, @Nullable String> headers) {
    String value = headers.apply(name);
    return value == null || value.isBlank()
        ? Identity.ABSENT
        : ofText("header " + name, value.strip());
  }

  private Identity ofToken(String claim, @Nullable String authorization) {
    if (verifier.isEmpty()
        || authorization == null
        || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return Identity.ABSENT;
    }
    JWTClaimsSet claims;
    try {
      claims = verifier.get().verify(authorization.substring(BEARER.length()).strip());
    } catch (TokenVerifier.TokenRefusedException e) {
      return new Identity.Refused("the bearer token is refused: " + e.getMessage());
    }
    Object value = claims.getClaim(claim);
    return value == null
        ? new Identity.Refused("the bearer token lacks the claim '" + claim + "'")
        : ofText("claim " + claim, value.toString());
  }

  private static Identity ofText(String source, String text) {
    OptionalLong id = DecimalId.parse(text);
    return id.isPresent() ? new Identity.Known(id.getAsLong()) : new Identity.NotAnId(source, text);
  }
}
