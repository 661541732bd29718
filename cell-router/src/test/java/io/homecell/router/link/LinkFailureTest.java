package io.homecell.router.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.vertx.core.http.HttpClosedException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LinkFailureTest {
  private static Throwable inHandshake(Throwable cause) {
    SSLException wrapped = new SSLHandshakeException("Failed to create SSL connection");
    wrapped.initCause(new CertificateException("PKIX", cause));
    return wrapped;
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new ConnectException("refused"), LinkFailure.UNREACHABLE),
        Arguments.of(new UnknownHostException("router"), LinkFailure.UNREACHABLE),
        Arguments.of(new SslHandshakeTimeoutException("late"), LinkFailure.HANDSHAKE_TIMEOUT),
        Arguments.of(new NotSslRecordException("GET"), LinkFailure.NOT_TLS),
        Arguments.of(
            inHandshake(new CertPathBuilderException("no")), LinkFailure.UNKNOWN_AUTHORITY),
        Arguments.of(
            inHandshake(new CertPathValidatorException("no")), LinkFailure.UNKNOWN_AUTHORITY),
        Arguments.of(
            inHandshake(
                new CertPathValidatorException("validity", new CertificateExpiredException())),
            LinkFailure.EXPIRED),
        Arguments.of(inHandshake(new CertificateNotYetValidException()), LinkFailure.EXPIRED),
        Arguments.of(
            inHandshake(new PeerTrust.WrongPeerException("other")), LinkFailure.WRONG_NAME),
        Arguments.of(
            new SSLHandshakeException("Empty client certificate chain"),
            LinkFailure.NO_CERTIFICATE),
        Arguments.of(
            new SSLHandshakeException("Received fatal alert: bad_certificate"),
            LinkFailure.REFUSED),
        Arguments.of(new SSLException("no common suite"), LinkFailure.HANDSHAKE),
        Arguments.of(new HttpClosedException("Connection was closed"), LinkFailure.REFUSED));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void eachHasAName(Throwable failure, LinkFailure name) {
    assertThat(LinkFailure.ofConnecting(failure)).isEqualTo(name);
  }
}
