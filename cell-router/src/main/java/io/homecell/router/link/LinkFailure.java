package io.homecell.router.link;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** What can be wrong with a link. The words are for metrics and answers: a small fixed set. */
enum LinkFailure {
  /** No connection in time. */
  UNREACHABLE("unreachable"),
  /** TLS did not come to its end in time. */
  HANDSHAKE_TIMEOUT("handshake-timeout"),
  /** The other side refused this router, or closed without a word while it was looked at. */
  REFUSED("refused"),
  /** No authority of ours vouches for the other side. */
  UNKNOWN_AUTHORITY("unknown-authority"),
  /** The other side's certificate is over, or not yet begun. */
  EXPIRED("expired"),
  /** A good certificate, of somebody else. */
  WRONG_NAME("wrong-name"),
  /** The other side has shown no certificate. */
  NO_CERTIFICATE("no-certificate"),
  /** The other side speaks no TLS. */
  NOT_TLS("not-tls"),
  /** Another failure of TLS. */
  HANDSHAKE("handshake"),
  /** No answer to a ping in time: the link is cut. */
  SILENT("silent"),
  /** A connection ended under a request. */
  BROKEN("broken"),
  /** The peer has reset a request. */
  RESET("reset"),
  /** The peer has not looked at a request: it stops, or has too many. */
  NOT_PROCESSED("not-processed"),
  /** All streams are in use. */
  NO_ROOM("no-room");

  private static final int CAUSES_MAX = 8;

  private final String word;

  LinkFailure(String word) {
    this.word = word;
  }

  String word() {
    return word;
  }

  /** Why a connection did not come about. */
  static LinkFailure ofConnecting(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; cause != null && i < CAUSES_MAX; i++) {
      Optional<LinkFailure> known = known(cause);
      if (known.isPresent()) {
        return known.get();
      }
      cause = cause.getCause();
    }
    if (failure instanceof SSLException) {
      return String.valueOf(failure.getMessage()).contains("fatal alert") ? REFUSED : HANDSHAKE;
    }
    // The other side closes without an alert that arrives, as it does in TLS 1.3 at times.
    return REFUSED;
  }

  private static Optional<LinkFailure> known(Throwable cause) {
    if (cause instanceof PeerTrust.WrongPeerException) {
      return Optional.of(WRONG_NAME);
    }
    if (cause instanceof CertificateExpiredException
        || cause instanceof CertificateNotYetValidException) {
      return Optional.of(EXPIRED);
    }
    if (cause instanceof CertPathBuilderException) {
      return Optional.of(UNKNOWN_AUTHORITY);
    }
    if (cause instanceof NotSslRecordException) {
      return Optional.of(NOT_TLS);
    }
    if (cause instanceof SslHandshakeTimeoutException) {
      return Optional.of(HANDSHAKE_TIMEOUT);
    }
    if (cause instanceof SSLException
        && String.valueOf(cause.getMessage()).contains("Empty client certificate chain")) {
      return Optional.of(NO_CERTIFICATE);
    }
    if (cause instanceof ConnectException
        || cause instanceof UnknownHostException
        || cause instanceof SocketException) {
      return Optional.of(UNREACHABLE);
    }
    boolean last = cause.getCause() == null;
    return last
            && (cause instanceof CertPathValidatorException
                || cause instanceof CertificateException)
        ? Optional.of(UNKNOWN_AUTHORITY)
        : Optional.empty();
  }
}
