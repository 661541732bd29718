package io.homecell.router.tls;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SSLOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A certificate with its key, read and checked: {@link TlsFiles#read}. Two are equal if they say
 * the same. Immutable, but for the options it makes, which are the caller's.
 *
 * <p>What it upholds: TLS 1.2 and 1.3 only, with forward secrecy and authenticated encryption only
 * (the "intermediate" recommendation of Mozilla's without its oldest suites; RFC 9113, 9.2.2
 * forbids the others to HTTP/2).
 */
public final class TlsCredentials {
  static final Set<String> PROTOCOLS = new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2"));
  static final List<String> CIPHERS =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private final Pem.Certificates chain;
  private final Pem.Key key;
  private final Optional<Pem.Certificates> authorities;

  TlsCredentials(Pem.Certificates chain, Pem.Key key, Optional<Pem.Certificates> authorities) {
    this.chain = chain;
    this.key = key;
    this.authorities = authorities;
  }

  /** The certificate that the other side is shown. */
  public X509Certificate certificate() {
    return chain.first();
  }

  /** When the first of its chain stops to hold. */
  public Instant expires() {
    return chain.list().stream()
        .map(one -> one.getNotAfter().toInstant())
        .min(Instant::compareTo)
        .orElseThrow();
  }

  /**
   * For what accepts connections. With authorities, a client without a certificate of theirs is
   * refused.
   *
   * @param protocols by ALPN, the preferred first; none if it is not spoken
   */
  public ServerSSLOptions server(List<String> protocols) {
    ServerSSLOptions options = new ServerSSLOptions();
    options.setUseAlpn(!protocols.isEmpty()).setApplicationLayerProtocols(protocols);
    options.setClientAuth(authorities.isPresent() ? ClientAuth.REQUIRED : ClientAuth.NONE);
    fill(options);
    return options;
  }

  /**
   * For what makes connections, which are given up unless the server's certificate is one of the
   * authorities' (of those the JDK knows, without any) and names the host that was asked for.
   *
   * @param protocols by ALPN, the preferred first; none if it is not spoken
   */
  public ClientSSLOptions client(List<String> protocols) {
    ClientSSLOptions options = new ClientSSLOptions();
    options.setUseAlpn(!protocols.isEmpty()).setApplicationLayerProtocols(protocols);
    options.setHostnameVerificationAlgorithm("HTTPS");
    fill(options);
    return options;
  }

  private void fill(SSLOptions options) {
    options.setKeyCertOptions(
        new PemKeyCertOptions().addCertValue(chain.text()).addKeyValue(key.text()));
    authorities.ifPresent(
        trusted -> options.setTrustOptions(new PemTrustOptions().addCertValue(trusted.text())));
    options.setEnabledSecureTransportProtocols(PROTOCOLS);
    CIPHERS.forEach(options::addEnabledCipherSuite);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TlsCredentials that && texts().equals(that.texts());
  }

  @Override
  public int hashCode() {
    return texts().hashCode();
  }

  private List<Optional<Buffer>> texts() {
    return List.of(
        Optional.of(chain.text()),
        Optional.of(key.text()),
        authorities.map(Pem.Certificates::text));
  }

  /** Whose certificate it is and until when; never the key. */
  @Override
  public String toString() {
    return "certificate of '"
        + certificate().getSubjectX500Principal()
        + "'"
        + names().map(names -> " for " + names).orElse("")
        + ", until "
        + expires();
  }

  private Optional<List<String>> names() {
    try {
      Collection<List<?>> alternatives = certificate().getSubjectAlternativeNames();
      return alternatives == null
          ? Optional.empty()
          : Optional.of(alternatives.stream().map(name -> String.valueOf(name.get(1))).toList());
    } catch (CertificateParsingException e) {
      return Optional.empty();
    }
  }
}
