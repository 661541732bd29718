package io.homecell.core.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LifecycleTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "HOMECELL_TOPOLOGY", "topology.yaml",
          "HOMECELL_DATACENTER", "north",
          "HOMECELL_INSTANCE", "north.test.1",
          "HOMECELL_DATA", "data",
          "HOMECELL_SECRETS", "secrets.properties");

  private final Lifecycle lifecycle = new Lifecycle(Duration.ofSeconds(15));
  private final List<String> closed = new CopyOnWriteArrayList<>();

  @Test
  void closesPartsInReverseOrderOnce() {
    int exit =
        lifecycle.run(
            "test",
            ENVIRONMENT,
            (settings, parts) -> {
              parts.closing("first", () -> closed.add("first"));
              parts.closing(
                  "failing",
                  () -> {
                    throw new IllegalStateException("on purpose");
                  });
              parts.closing("last", () -> closed.add("last"));
            });
    assertThat(exit).isZero();
    lifecycle.stop();
    lifecycle.stop();
    assertThat(closed).containsExactly("last", "first");
    assertThatThrownBy(() -> lifecycle.closing("late", () -> closed.add("late")))
        .isInstanceOf(IllegalStateException.class);
    assertThat(closed).containsExactly("last", "first", "late");
  }

  @Test
  void aPartThatHangsDoesNotHoldTheProcess() {
    CountDownLatch never = new CountDownLatch(1);
    Lifecycle impatient = new Lifecycle(Duration.ofMillis(300));
    impatient.closing("first", () -> closed.add("first"));
    impatient.closing("hanging", never::await);
    // It hangs for ever: returning is what is tested, within the limit of the class.
    impatient.stop();
    assertThat(closed).isEmpty();
  }

  @Test
  void whatIsWronglyConfiguredExitsWithTwo() {
    assertThat(lifecycle.run("test", Map.of(), (settings, parts) -> closed.add("started")))
        .isEqualTo(2);
    assertThat(
            lifecycle.run(
                "test",
                ENVIRONMENT,
                (settings, parts) -> {
                  throw new ConfigurationException("cell: 'x' (expected: one of [north-1])");
                }))
        .isEqualTo(2);
    assertThat(
            lifecycle.run(
                "test",
                ENVIRONMENT,
                (settings, parts) -> {
                  throw new IllegalStateException("the port is taken");
                }))
        .isEqualTo(1);
    assertThat(closed).isEmpty();
  }
}
