package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A router that starts has as many threads at work as it has event loops: it checks it itself. */
@Timeout(60)
class EventLoopsIT {
  private static void startAndClose(int loops, Duration warmUp) throws Exception {
    RouterSettings settings = RouterSettings.standard().withEventLoops(loops).withWarmUp(warmUp);
    Router.start(RawEdge.parts(List.of(), settings, new SimpleMeterRegistry()), "127.0.0.1", 0)
        .close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 8})
  void eachHasAThreadOfItsOwn(int loops) {
    assertThatCode(() -> startAndClose(loops, Duration.ZERO)).doesNotThrowAnyException();
  }

  @Test
  void alsoAfterAWarmUp() {
    assertThatCode(() -> startAndClose(2, Duration.ofMillis(50))).doesNotThrowAnyException();
  }
}
