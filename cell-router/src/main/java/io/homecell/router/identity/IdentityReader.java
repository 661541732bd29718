package io.homecell.router.identity;

import com.nimbusds.jwt.JWTClaimsSet;
import io.homecell.core.topology.AddressRange;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.IdentitySource;
import io.homecell.router.path.DecimalId;
import io.homecell.router.path.RouteMatcher.Found;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads the user of a request from the sources that the topology names, in their order: those of
 * the request's route, else those of the edge.
 *
 * <p>The rule for bearer tokens: with a key set, a token is either proven or the request is refused
 * (401), whatever the other sources say; without one, {@code jwt:} sources are skipped as if the
 * token were not there. A token is never read unverified. The rule for headers: where the topology
 * says from where they are believed, those from elsewhere are not there. What a cookie, the query
 * or the path says is {@link Identity.Claimed}, never known. Safe for any number of threads.
 */
public final class IdentityReader {
  private static final String BEARER = "bearer ";

  private final List<IdentitySource> sources;
  private final List<AddressRange> trusted;
  private final Optional<TokenVerifier> verifier;

  public IdentityReader(Topology.Edge edge, Optional<TokenVerifier> verifier) {
    this.sources = edge.identity();
    this.trusted = edge.trusted();
    this.verifier = verifier;
  }

  /** With headers believed from anywhere, and the same sources for all routes. */
  public IdentityReader(List<IdentitySource> sources, Optional<TokenVerifier> verifier) {
    this(new Topology.Edge(sources, List.of()), verifier);
  }

  /** Who a client's request is from. */
  public Identity read(Ask ask) {
    for (IdentitySource source : sources(ask)) {
      Identity identity = read(source, ask);
      if (!(identity instanceof Identity.Absent)) {
        return identity;
      }
    }
    return Identity.ABSENT;
  }

  /**
   * Whose slot a request of another router is about, if that router did not know the user: what the
   * client itself has claimed. Nothing else is looked at, the other router has done that.
   */
  public Identity readClaim(Ask ask) {
    for (IdentitySource source : sources(ask)) {
      if (!(source instanceof IdentitySource.JwtClaim)
          && !(source instanceof IdentitySource.Header)) {
        Identity identity = read(source, ask);
        if (!(identity instanceof Identity.Absent)) {
          return identity;
        }
      }
    }
    return Identity.ABSENT;
  }

  private List<IdentitySource> sources(Ask ask) {
    Optional<Found.Route> route = ask.route();
    return route.isEmpty() ? sources : route.get().route().identity().sources().orElse(sources);
  }

  private Identity read(IdentitySource source, Ask ask) {
    if (source instanceof IdentitySource.JwtClaim jwt) {
      return ofToken(jwt.claim(), ask.headers().get("Authorization"));
    }
    if (source instanceof IdentitySource.Header header) {
      return ofHeader(header.name(), ask);
    }
    if (source instanceof IdentitySource.Cookie cookie) {
      return claimed("cookie " + cookie.name(), ask.cookie(cookie.name()));
    }
    if (source instanceof IdentitySource.Query query) {
      return claimed("query " + query.name(), ask.parameter(query.name()));
    }
    String variable = ((IdentitySource.PathVariable) source).name();
    return claimed("path {" + variable + "}", ask.variable(variable));
  }

  private Identity ofHeader(String name, Ask ask) {
    String value = ask.headers().get(name);
    return value == null || value.isBlank() || !isTrusted(ask.from())
        ? Identity.ABSENT
        : ofText("header " + name, value.strip());
  }

  private boolean isTrusted(String from) {
    return trusted.isEmpty() || AddressRange.anyContains(trusted, from);
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

  private static Identity claimed(String source, String text) {
    if (text.isEmpty()) {
      return Identity.ABSENT;
    }
    OptionalLong id = DecimalId.parse(text);
    return id.isPresent()
        ? new Identity.Claimed(id.getAsLong())
        : new Identity.NotAnId(source, text);
  }
}
