package io.homecell.router.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.router.tls.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LinkTermsTest {
  @Test
  void theEnvironmentNamesAllFilesOrNone() {
    assertThat(LinkTerms.fromEnvironment(Map.of()).files()).isEmpty();
    assertThat(
            LinkTerms.fromEnvironment(
                    Map.of(
                        "HOMECELL_PEER_CERTIFICATE", "c",
                        "HOMECELL_PEER_KEY", "k",
                        "HOMECELL_PEER_AUTHORITIES", "a"))
                .files())
        .contains(new TlsFiles(Path.of("c"), Path.of("k"), Optional.of(Path.of("a"))));
    assertThatThrownBy(() -> LinkTerms.fromEnvironment(Map.of("HOMECELL_PEER_KEY", "k")))
        .hasMessage(
            "HOMECELL_PEER_CERTIFICATE, HOMECELL_PEER_AUTHORITIES: not set (expected: all of"
                + " HOMECELL_PEER_CERTIFICATE, HOMECELL_PEER_KEY, HOMECELL_PEER_AUTHORITIES, or"
                + " none)");
  }

  @Test
  void everythingIsBounded() {
    LinkTerms terms = LinkTerms.standard();
    assertThatThrownBy(() -> terms.withStreams(0, Duration.ofSeconds(1)))
        .hasMessageContaining("streamsMax: 0 (expected: each >= 1)");
    assertThatThrownBy(() -> terms.withPing(Duration.ofSeconds(1), Duration.ZERO))
        .hasMessageContaining("pongWithin: PT0S");
  }
}
