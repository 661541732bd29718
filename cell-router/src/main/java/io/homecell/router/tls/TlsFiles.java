package io.homecell.router.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The files, PEM each, by which a side of a TLS connection proves who it is and judges the other.
 * Immutable.
 *
 * @param certificate its own first, then those that vouch for it, up to but without the root
 * @param key the private key of the first, without a password
 * @param authorities whose certificates the other side may have; empty if the other side is not
 *     asked (a server), or if those that the JDK knows will do (a client)
 */
public record TlsFiles(Path certificate, Path key, Optional<Path> authorities) {
  /** Where the certificate of the clients' port is. */
  public static final String CERTIFICATE = "HOMECELL_TLS_CERTIFICATE";

  /** Where its key is. */
  public static final String KEY = "HOMECELL_TLS_KEY";

  /**
   * As the environment says: both, or none for a port without TLS.
   *
   * @throws IllegalArgumentException if one is set without the other
   */
  public static Optional<TlsFiles> fromEnvironment(Map<String, String> environment) {
    String certificate = environment.getOrDefault(CERTIFICATE, "");
    String key = environment.getOrDefault(KEY, "");
    if (certificate.isBlank() && key.isBlank()) {
      return Optional.empty();
    }
    if (certificate.isBlank() || key.isBlank()) {
      String set = key.isBlank() ? CERTIFICATE : KEY;
      String missing = key.isBlank() ? KEY : CERTIFICATE;
      throw new IllegalArgumentException(
          missing + ": not set, but " + set + " is (expected: both, or none for plain HTTP)");
    }
    return Optional.of(new TlsFiles(Path.of(certificate), Path.of(key), Optional.empty()));
  }

  /**
   * Reads all of them, once: what was checked is what is used, whatever becomes of the files.
   *
   * @throws TlsException if they can't be used now; it names everything that is wrong with them
   */
  public TlsCredentials read(Clock clock) {
    List<String> problems = new ArrayList<>();
    Instant now = clock.instant();
    Optional<Pem.Certificates> chain =
        bytes(certificate, problems)
            .flatMap(pem -> Pem.certificates(certificate, pem, problems))
            .filter(read -> read.isUsableAt(now, problems));
    chain.ifPresent(read -> read.isChain(problems));
    Optional<Pem.Key> secret = bytes(key, problems).flatMap(pem -> Pem.key(key, pem, problems));
    if (chain.isPresent() && secret.isPresent()) {
      secret.get().belongsTo(chain.get(), problems);
    }
    Optional<Pem.Certificates> trusted =
        authorities.flatMap(
            file -> bytes(file, problems).flatMap(pem -> Pem.certificates(file, pem, problems)));
    trusted.ifPresent(read -> read.areAuthorities(now, problems));
    if (!problems.isEmpty()) {
      throw new TlsException(problems);
    }
    return new TlsCredentials(chain.orElseThrow(), secret.orElseThrow(), trusted);
  }

  /** What tells one state of the files from another without reading them. */
  public String fingerprint() {
    return fingerprint(certificate)
        + " "
        + fingerprint(key)
        + authorities.map(file -> " " + fingerprint(file)).orElse("");
  }

  private static String fingerprint(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis() + "/" + Files.size(file);
    } catch (IOException e) {
      return "absent";
    }
  }

  private static Optional<byte[]> bytes(Path file, List<String> problems) {
    try {
      return Optional.of(Files.readAllBytes(file));
    } catch (IOException e) {
      problems.add(file + ": can't be read: " + e + " (expected: a file in PEM)");
      return Optional.empty();
    }
  }
}
