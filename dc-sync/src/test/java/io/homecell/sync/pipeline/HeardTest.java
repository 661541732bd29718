package io.homecell.sync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HeardTest {
  private static final long SECOND = 1_000_000_000;

  private final Heard heard = new Heard();

  @Test
  void silenceIsTimeSinceTheSourceShowedSomething() {
    heard.begin();
    heard.end(SECOND);
    assertThat(heard.silence(4 * SECOND)).contains(Duration.ofSeconds(3));
  }

  @Test
  void beforeTheFirstAndWhileWhatWasShownWaitsForRoomNothingIsKnown() {
    assertThat(heard.silence(100 * SECOND)).isEmpty();
    heard.begin();
    heard.end(SECOND);
    heard.begin();
    assertThat(heard.silence(100 * SECOND)).isEmpty();
    heard.end(101 * SECOND);
    assertThat(heard.silence(102 * SECOND)).contains(Duration.ofSeconds(1));
  }
}
