package io.homecell.router.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.pkitesting.X509Bundle;
import io.vertx.core.http.ClientAuth;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFilesTest {
  private static final Clock CLOCK = Clock.systemUTC();

  @TempDir Path folder;
  private final TestAuthority authority = new TestAuthority("root");

  private static List<String> problems(TlsFiles files) {
    return catchThrowableOfType(TlsException.class, () -> files.read(CLOCK)).problems();
  }

  @Test
  void whatFitsIsRead() {
    X509Bundle bundle = authority.issue("edge");
    TlsCredentials read = authority.writeMutual(folder, bundle).read(CLOCK);
    assertThat(read.certificate()).isEqualTo(bundle.getCertificate());
    assertThat(read.expires()).isEqualTo(bundle.getCertificate().getNotAfter().toInstant());
    assertThat(read.toString())
        .startsWith("certificate of 'CN=edge' for [edge, localhost, 127.0.0.1]")
        .doesNotContain("PRIVATE");
    assertThat(read.server(List.of("h2")).getClientAuth()).isEqualTo(ClientAuth.REQUIRED);
    assertThat(authority.write(folder, bundle).read(CLOCK).server(List.of()).getClientAuth())
        .isEqualTo(ClientAuth.NONE);
    assertThat(read.client(List.of("h2")).getHostnameVerificationAlgorithm()).isEqualTo("HTTPS");
  }

  @Test
  void allFormsOfKeysAreRead() throws Exception {
    X509Bundle rsa = authority.issueRsa("rsa");
    TlsFiles files = authority.write(folder, rsa);
    assertThat(files.read(CLOCK).certificate().getPublicKey().getAlgorithm()).isEqualTo("RSA");
    // PKCS#1 is what PKCS#8 wraps: behind 26 bytes for a key of 2,048 bits.
    byte[] wrapped = rsa.getKeyPair().getPrivate().getEncoded();
    byte[] bare = Arrays.copyOfRange(wrapped, 26, wrapped.length);
    Files.writeString(
        files.key(),
        "-----BEGIN RSA PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(bare)
            + "\n-----END RSA PRIVATE KEY-----\n");
    assertThat(files.read(CLOCK).certificate().getPublicKey().getAlgorithm()).isEqualTo("RSA");
  }

  @Test
  void aChainIsReadAndMustBeInOrder() throws Exception {
    X509Bundle bundle = authority.issueThroughAnother("edge");
    TlsFiles files = authority.write(folder, bundle);
    assertThat(files.read(CLOCK).certificate()).isEqualTo(bundle.getCertificate());
    Files.writeString(
        files.certificate(),
        bundle.getCertificatePEM() + "\n" + authority.issue("other").getCertificatePEM());
    assertThat(problems(files))
        .containsExactly(
            files.certificate()
                + ": certificate of 'CN=edge': not signed by the one after it, 'CN=other'"
                + " (expected: own certificate first, then each one's issuer)");
  }

  @Test
  void allThatIsWrongIsTold() throws Exception {
    TlsFiles files =
        new TlsFiles(
            folder.resolve("no.crt"),
            folder.resolve("no.key"),
            Optional.of(Files.writeString(folder.resolve("ca"), "no certificate")));
    Files.writeString(files.key(), "no key");
    assertThat(problems(files))
        .hasSize(3)
        .anySatisfy(
            text -> assertThat(text).contains("no.crt: can't be read").contains("expected: a file"))
        .contains(
            files.key()
                + ": holds no private key (expected: PEM, RSA or EC, without a password:"
                + " -----BEGIN PRIVATE KEY-----, RSA PRIVATE KEY or EC PRIVATE KEY)",
            folder.resolve("ca")
                + ": holds no certificates (expected: PEM, -----BEGIN CERTIFICATE-----)");
    assertThatThrownBy(() -> files.read(CLOCK))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no.crt: ")
        .hasMessageContaining("; ");
  }

  @Test
  void aBinaryCertificateIsNone() throws Exception {
    X509Bundle bundle = authority.issue("edge");
    TlsFiles files = authority.write(folder, bundle);
    Files.write(files.certificate(), bundle.getCertificate().getEncoded());
    assertThat(problems(files)).singleElement().asString().contains("holds no certificates");
  }

  @Test
  void aKeyOfAnotherCertificateIsRefused() throws Exception {
    TlsFiles files = authority.write(folder, authority.issue("edge"));
    for (X509Bundle other : List.of(authority.issue("other"), authority.issueRsa("rsa"))) {
      Files.writeString(files.key(), other.getPrivateKeyPEM());
      assertThat(problems(files))
          .containsExactly(
              files.key()
                  + ": does not belong to "
                  + files.certificate()
                  + ": certificate of 'CN=edge' (expected: the EC key that it was made for)");
    }
  }

  @Test
  void outsideItsTimeItIsRefused() {
    Instant now = Instant.now();
    X509Bundle old = authority.issue("old", now.minus(Duration.ofDays(2)), Duration.ofDays(1));
    assertThat(problems(authority.write(folder, old)))
        .singleElement()
        .asString()
        .contains("tls.crt: certificate of 'CN=old': expired at ");
    X509Bundle young = authority.issue("young", now.plus(Duration.ofDays(1)), Duration.ofDays(1));
    assertThat(problems(authority.write(folder, young)))
        .singleElement()
        .asString()
        .contains("tls.crt: certificate of 'CN=young': not valid before ");
  }

  @Test
  void anAuthorityMustBeOne() throws Exception {
    TlsFiles files = authority.writeMutual(folder, authority.issue("edge"));
    Files.writeString(
        files.authorities().orElseThrow(), authority.issue("leaf").getCertificatePEM());
    assertThat(problems(files))
        .singleElement()
        .asString()
        .endsWith("certificate of 'CN=leaf': is no authority's (expected: basic constraint CA)");
  }

  @Test
  void theEnvironmentNamesBothFilesOrNone() {
    assertThat(TlsFiles.fromEnvironment(Map.of())).isEmpty();
    assertThat(
            TlsFiles.fromEnvironment(
                Map.of("HOMECELL_TLS_CERTIFICATE", "a", "HOMECELL_TLS_KEY", "b")))
        .contains(new TlsFiles(Path.of("a"), Path.of("b"), Optional.empty()));
    assertThatThrownBy(() -> TlsFiles.fromEnvironment(Map.of("HOMECELL_TLS_CERTIFICATE", "a")))
        .hasMessage(
            "HOMECELL_TLS_KEY: not set, but HOMECELL_TLS_CERTIFICATE is"
                + " (expected: both, or none for plain HTTP)");
    assertThatThrownBy(() -> TlsFiles.fromEnvironment(Map.of("HOMECELL_TLS_KEY", "b")))
        .hasMessageStartingWith("HOMECELL_TLS_CERTIFICATE: not set, but HOMECELL_TLS_KEY is");
  }
}
