package io.homecell.router.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.json.Json;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AccessLogTest {
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final List<String> written = new CopyOnWriteArrayList<>();

  private static AccessLine line(String path) {
    return new AccessLine(
        Instant.parse("2026-01-02T03:04:05.678Z"),
        "id",
        "trace",
        "span",
        Optional.empty(),
        "127.0.0.1",
        Optional.empty(),
        "GET",
        path,
        "/a/{b}",
        Optional.of(7),
        "north-1",
        200,
        "2xx",
        1.5,
        0,
        2,
        3);
  }

  /** The first JSON of a process takes its time; a log that closes waits for a second only. */
  @BeforeAll
  static void theFirst() {
    Json.write(line("/first"));
  }

  private double dropped() {
    return metrics.get("hc_router_access_log_dropped").counter().count();
  }

  @Test
  void whatFindsNoRoomIsDroppedAndCounted() throws Exception {
    AccessLog log = new AccessLog(3, written::add, metrics);
    for (int i = 0; i < 5; i++) {
      log.add(line("/" + i));
    }
    assertThat(dropped()).isEqualTo(2);
    assertThat(metrics.get("hc_router_access_log_waiting").gauge().value()).isEqualTo(3);
    log.begin();
    log.close();
    assertThat(written).hasSize(3);
    assertThat(written.get(0)).contains("\"path\":\"/0\"");
  }

  @Test
  void aWriterThatFailsDoesNotEndTheLog() throws Exception {
    AccessLog log =
        new AccessLog(
            3,
            text -> {
              if (text.contains("/bad")) {
                throw new IllegalStateException("the disk is full");
              }
              written.add(text);
            },
            metrics);
    log.begin();
    log.add(line("/bad"));
    log.add(line("/good"));
    log.close();
    assertThat(written).hasSize(1);
    assertThat(dropped()).isEqualTo(1);
  }

  @Test
  void aLineIsOneLineWhateverAClientSends() throws Exception {
    AccessLog log = new AccessLog(3, written::add, metrics);
    log.begin();
    log.add(line("/\"\n\u001b[31m" + "x".repeat(1_000)));
    log.close();
    assertThat(written.get(0)).doesNotContain("\n").doesNotContain("\u001b");
    Map<?, ?> read = Json.read(written.get(0), Map.class);
    assertThat(read.get("path").toString()).hasSize(259).endsWith("...");
    assertThat(read.get("at")).isEqualTo("2026-01-02T03:04:05.678Z");
    assertThat(read.get("slot")).isEqualTo(7);
    assertThat(read.containsKey("from")).isFalse();
  }
}
