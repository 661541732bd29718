package io.homecell.router.tls;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a PEM file holds, and what is wrong with it. Pure, but for the text of a path. */
final class Pem {
  private static final byte[] PROBE = "homecell".getBytes(StandardCharsets.UTF_8);

  private Pem() {}

  /** Certificates of a file, in its order; never empty. */
  record Certificates(Path file, Buffer text, List<X509Certificate> list) {
    X509Certificate first() {
      return list.get(0);
    }

    /** Whether each holds now. */
    boolean isUsableAt(Instant now, List<String> problems) {
      int before = problems.size();
      for (X509Certificate one : list) {
        if (now.isAfter(one.getNotAfter().toInstant())) {
          problems.add(
              of(one)
                  + ": expired at "
                  + one.getNotAfter().toInstant()
                  + " (expected: after "
                  + now
                  + ")");
        } else if (now.isBefore(one.getNotBefore().toInstant())) {
          problems.add(
              of(one)
                  + ": not valid before "
                  + one.getNotBefore().toInstant()
                  + " (expected: not after "
                  + now
                  + ")");
        }
      }
      return problems.size() == before;
    }

    /** Whether each is vouched for by the next. */
    void isChain(List<String> problems) {
      for (int i = 0; i + 1 < list.size(); i++) {
        X509Certificate issuer = list.get(i + 1);
        try {
          list.get(i).verify(issuer.getPublicKey());
        } catch (GeneralSecurityException e) {
          problems.add(
              of(list.get(i))
                  + ": not signed by the one after it, '"
                  + issuer.getSubjectX500Principal()
                  + "' (expected: own certificate first, then each one's issuer)");
        }
      }
    }

    /** Whether each may vouch for others. */
    void areAuthorities(Instant now, List<String> problems) {
      if (!isUsableAt(now, problems)) {
        return;
      }
      for (X509Certificate one : list) {
        if (one.getBasicConstraints() < 0) {
          problems.add(of(one) + ": is no authority's (expected: basic constraint CA)");
        }
      }
    }

    private String of(X509Certificate one) {
      return file + ": certificate of '" + one.getSubjectX500Principal() + "'";
    }
  }

  /** A private key. */
  record Key(Path file, Buffer text, PrivateKey key) {
    void belongsTo(Certificates chain, List<String> problems) {
      if (!signsFor(chain.first())) {
        problems.add(
            file
                + ": does not belong to "
                + chain.of(chain.first())
                + " (expected: the "
                + chain.first().getPublicKey().getAlgorithm()
                + " key that it was made for)");
      }
    }

    private boolean signsFor(X509Certificate certificate) {
      if (!key.getAlgorithm().equals(certificate.getPublicKey().getAlgorithm())) {
        return false;
      }
      try {
        Signature signature =
            Signature.getInstance(
                key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
        signature.initSign(key);
        signature.update(PROBE);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(PROBE);
        return signature.verify(signed);
      } catch (GeneralSecurityException e) {
        return false;
      }
    }

    /** Says nothing of the key. */
    @Override
    public String toString() {
      return "key of " + file;
    }
  }

  static Optional<Certificates> certificates(Path file, byte[] bytes, List<String> problems) {
    try {
      List<X509Certificate> list =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      Buffer text = Buffer.buffer(bytes);
      // The JDK reads binary ones too, which Vert.x does not.
      if (!list.isEmpty() && text.toString().contains("-----BEGIN CERTIFICATE-----")) {
        return Optional.of(new Certificates(file, text, list));
      }
    } catch (CertificateException e) {
      // told below
    }
    problems.add(file + ": holds no certificates (expected: PEM, -----BEGIN CERTIFICATE-----)");
    return Optional.empty();
  }

  static Optional<Key> key(Path file, byte[] bytes, List<String> problems) {
    Buffer text = Buffer.buffer(bytes);
    try {
      return Optional.of(new Key(file, text, KeyReader.read(text)));
    } catch (GeneralSecurityException | RuntimeException e) {
      problems.add(
          file
              + ": holds no private key (expected: PEM, RSA or EC, without a password:"
              + " -----BEGIN PRIVATE KEY-----, RSA PRIVATE KEY or EC PRIVATE KEY)");
      return Optional.empty();
    }
  }
}
