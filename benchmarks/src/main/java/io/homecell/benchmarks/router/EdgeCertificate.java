package io.homecell.benchmarks.router;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * What every peer shows its clients: a certificate of this run for 127.0.0.1, by a key on P-256 as
 * most have.
 *
 * @param certificate in PEM
 * @param key in PEM
 */
record EdgeCertificate(Path certificate, Path key) {
  private static final long WITHIN_SECONDS = 30;

  /** Makes one with OpenSSL. */
  static EdgeCertificate make(Installed installed, Path folder)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    EdgeCertificate made =
        new EdgeCertificate(folder.resolve("edge.crt"), folder.resolve("edge.key"));
    Process openssl =
        new ProcessBuilder(
                List.of(
                    installed.program("openssl"),
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-nodes",
                    "-days",
                    "2",
                    "-subj",
                    "/CN=127.0.0.1",
                    "-addext",
                    "subjectAltName=IP:127.0.0.1",
                    "-keyout",
                    made.key.toString(),
                    "-out",
                    made.certificate.toString()))
            .redirectErrorStream(true)
            .start();
    String output = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!openssl.waitFor(WITHIN_SECONDS, TimeUnit.SECONDS) || openssl.exitValue() != 0) {
      openssl.destroyForcibly();
      throw new IllegalStateException("openssl has made no certificate, it said:\n" + output);
    }
    return made;
  }

  /** For clients that believe in it alone. */
  SSLContext trusted() {
    try (InputStream pem = Files.newInputStream(certificate)) {
      KeyStore known = KeyStore.getInstance(KeyStore.getDefaultType());
      known.load(null, null);
      known.setCertificateEntry(
          "edge", CertificateFactory.getInstance("X.509").generateCertificate(pem));
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(known);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(certificate + ": " + e, e);
    }
  }
}
