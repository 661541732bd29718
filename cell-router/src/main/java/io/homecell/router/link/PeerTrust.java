package io.homecell.router.link;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Believes a peer if an authority vouches for it and its certificate is that of a router of one of
 * the datacenters that it may be of. The authorities vouch for other services too: a certificate
 * that was stolen from one of those opens nothing here. Safe for any number of threads.
 */
final class PeerTrust extends X509ExtendedTrustManager {
  /** A good certificate of somebody else. */
  static final class WrongPeerException extends CertificateException {
    private static final long serialVersionUID = 1;

    WrongPeerException(String message) {
      super(message);
    }
  }

  private final X509ExtendedTrustManager authorities;
  private final List<String> datacenters;

  PeerTrust(X509ExtendedTrustManager authorities, List<String> datacenters) {
    this.authorities = authorities;
    this.datacenters = List.copyOf(datacenters);
  }

  private void isPeer(X509Certificate[] chain) throws CertificateException {
    if (PeerName.datacenter(chain[0], datacenters).isEmpty()) {
      throw new WrongPeerException(
          "the certificate of '"
              + chain[0].getSubjectX500Principal()
              + "' names "
              + PeerName.in(chain[0])
              + " (expected: "
              + String.join(" or ", datacenters.stream().map(PeerName::of).toList())
              + ")");
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String algorithm, SSLEngine engine)
      throws CertificateException {
    authorities.checkClientTrusted(chain, algorithm, engine);
    isPeer(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String algorithm, SSLEngine engine)
      throws CertificateException {
    authorities.checkServerTrusted(chain, algorithm, engine);
    isPeer(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String algorithm, Socket socket)
      throws CertificateException {
    authorities.checkClientTrusted(chain, algorithm, socket);
    isPeer(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String algorithm, Socket socket)
      throws CertificateException {
    authorities.checkServerTrusted(chain, algorithm, socket);
    isPeer(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String algorithm)
      throws CertificateException {
    authorities.checkClientTrusted(chain, algorithm);
    isPeer(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String algorithm)
      throws CertificateException {
    authorities.checkServerTrusted(chain, algorithm);
    isPeer(chain);
  }

  /** Names none: a peer with another's certificate shows it, and is refused by its name. */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
