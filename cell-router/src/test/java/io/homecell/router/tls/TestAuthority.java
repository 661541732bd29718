package io.homecell.router.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** An authority of a test, made when the test runs, with the certificates that it issues. */
public final class TestAuthority {
  private final X509Bundle root;

  public TestAuthority(String name) {
    root =
        bundle(
            () ->
                new CertificateBuilder()
                    .ecp256()
                    .subject("CN=" + name)
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned());
  }

  private interface Making {
    X509Bundle make() throws Exception;
  }

  private static X509Bundle bundle(Making making) {
    try {
      return making.make();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** A certificate for a server or a client at this machine's loopback, valid for a day. */
  public X509Bundle issue(String name) {
    return issue(name, Instant.now().minus(Duration.ofHours(1)), Duration.ofDays(1));
  }

  /** The same for another time. */
  public X509Bundle issue(String name, Instant from, Duration validFor) {
    return bundle(() -> draft(name, from, validFor).ecp256().buildIssuedBy(root));
  }

  /** With an RSA key. */
  public X509Bundle issueRsa(String name) {
    Instant from = Instant.now().minus(Duration.ofHours(1));
    return bundle(() -> draft(name, from, Duration.ofDays(1)).rsa2048().buildIssuedBy(root));
  }

  /** By an authority between this one and the certificate. */
  public X509Bundle issueThroughAnother(String name) {
    Instant from = Instant.now().minus(Duration.ofHours(1));
    return bundle(
        () ->
            draft(name, from, Duration.ofDays(1))
                .ecp256()
                .buildIssuedBy(
                    new CertificateBuilder()
                        .ecp256()
                        .subject("CN=between")
                        .setIsCertificateAuthority(true)
                        .buildIssuedBy(root)));
  }

  private static CertificateBuilder draft(String name, Instant from, Duration validFor) {
    return new CertificateBuilder()
        .subject("CN=" + name)
        .notBefore(from)
        .notAfter(from.plus(validFor))
        .addSanDnsName(name)
        .addSanDnsName("localhost")
        .addSanIpAddress("127.0.0.1")
        .addExtendedKeyUsageServerAuth()
        .addExtendedKeyUsageClientAuth();
  }

  /** Writes a certificate with those that vouch for it, and its key. */
  public TlsFiles write(Path folder, X509Bundle bundle) {
    TlsFiles files =
        new TlsFiles(folder.resolve("tls.crt"), folder.resolve("tls.key"), Optional.empty());
    replace(files.certificate(), bundle.getCertificatePathPEM());
    replace(files.key(), bundle.getPrivateKeyPEM());
    return files;
  }

  /** The same, for a side that asks the other for a certificate of this authority. */
  public TlsFiles writeMutual(Path folder, X509Bundle bundle) {
    TlsFiles files = write(folder, bundle);
    Path authorities = folder.resolve("ca.crt");
    replace(authorities, root.getCertificatePEM());
    return new TlsFiles(files.certificate(), files.key(), Optional.of(authorities));
  }

  /** As a whole, as one who renews certificates should. */
  static void replace(Path file, String text) {
    try {
      Path fresh = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), text);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** For the JDK's clients: trusts this authority, and shows no certificate. */
  public SSLContext clientContext() {
    return context(new KeyManager[0]);
  }

  /** For the JDK's clients: trusts this authority, and shows that certificate. */
  public SSLContext clientContext(X509Bundle shown) {
    try {
      return context(shown.toKeyManagerFactory().getKeyManagers());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private SSLContext context(KeyManager[] keys) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, new TrustManager[] {root.toTrustManager()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
