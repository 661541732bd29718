package io.homecell.core.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.testing.ZooKeeperFixture;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.junit.jupiter.api.Test;

class AuditLogIT {
  private static final Instant NOW = Instant.parse("2026-11-27T00:10:00Z");

  private static AuditEntry entry(Instant at, String detail) {
    return new AuditEntry(
        at, "ann@ops", "test", Optional.empty(), Optional.of("why"), detail, Optional.empty());
  }

  private static List<String> details(AuditLog.Page page) {
    return page.items().stream().map(one -> one.entry().detail()).toList();
  }

  @Test
  void everyEntryIsReadOnceNewestFirstPageByPageOverDays() throws Exception {
    try (ZooKeeperFixture zookeeper = ZooKeeperFixture.start()) {
      AuditLog log = new AuditLog(zookeeper.client());
      assertThat(log.read(Instant.EPOCH, Optional.empty(), 5).items()).isEmpty();
      List<String> written = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        log.append(entry(NOW.minus(Duration.ofMinutes(5L * (11 - i))), "entry " + i));
        written.add(0, "entry " + i);
      }
      List<String> read = new ArrayList<>();
      Optional<String> cursor = Optional.empty();
      int pages = 0;
      do {
        AuditLog.Page page = log.read(Instant.EPOCH, cursor, 5);
        read.addAll(details(page));
        cursor = page.next();
        pages++;
      } while (cursor.isPresent());
      assertThat(read).isEqualTo(written);
      assertThat(pages).isEqualTo(3);
      assertThat(log.read(Instant.EPOCH, Optional.empty(), 12).next()).isEmpty();
      assertThat(details(log.read(NOW.minus(Duration.ofMinutes(15)), Optional.empty(), 9)))
          .as("from before midnight on")
          .containsExactly("entry 11", "entry 10", "entry 9", "entry 8");
      assertThatThrownBy(() -> log.read(NOW, Optional.of("../../routes"), 1))
          .hasMessageContaining("expected: the next of an earlier answer");
    }
  }

  @Test
  void anEntryIsThereWithWhatItTellsOfOrNotAtAll() throws Exception {
    try (ZooKeeperFixture zookeeper = ZooKeeperFixture.start()) {
      CuratorFramework client = zookeeper.client();
      AuditLog log = new AuditLog(client);
      client
          .transaction()
          .forOperations(
              client.transactionOp().create().forPath("/it"), log.appending(entry(NOW, "made")));
      assertThatThrownBy(
              () ->
                  client
                      .transaction()
                      .forOperations(
                          client.transactionOp().create().forPath("/it"),
                          log.appending(entry(NOW, "made again"))))
          .isInstanceOf(KeeperException.NodeExistsException.class);
      assertThat(details(log.read(Instant.EPOCH, Optional.empty(), 9))).containsExactly("made");
    }
  }

  @Test
  void aDecisionIsWrittenBeforeAndAfterAndADryRunIsNot() throws Exception {
    try (ZooKeeperFixture zookeeper = ZooKeeperFixture.start()) {
      AuditLog log = new AuditLog(zookeeper.client());
      AuditedDecisions decisions =
          new AuditedDecisions(
              "sync.repair",
              request -> {
                if (request.body().contains("boom")) {
                  throw new IllegalStateException("boom");
                }
                return new Answer(200, Map.of());
              },
              log,
              Clock.fixed(NOW, ZoneOffset.UTC));
      decisions.answer(post("{\"by\":\"ann@ops\",\"reason\":\"disk\",\"dryRun\":true}"));
      decisions.answer(new Request("GET", "/sync/repair", Map.of(), ""));
      assertThat(log.read(Instant.EPOCH, Optional.empty(), 9).items()).isEmpty();
      decisions.answer(post("{\"by\":\"ann@ops\",\"reason\":\"disk\"}"));
      assertThatThrownBy(() -> decisions.answer(post("{\"boom\":1}"))).hasMessage("boom");
      List<AuditEntry> entries =
          log.read(Instant.EPOCH, Optional.empty(), 9).items().stream()
              .map(AuditLog.Numbered::entry)
              .toList();
      assertThat(entries)
          .extracting(AuditEntry::outcome)
          .containsExactly(
              Optional.of("failed"),
              Optional.empty(),
              Optional.of("answered 200"),
              Optional.empty());
      assertThat(entries.get(3).who()).isEqualTo("ann@ops");
      assertThat(entries.get(3).reason()).contains("disk");
      assertThat(entries.get(0).who()).isEqualTo("not said");
      zookeeper.stop();
      assertThat(decisions.answer(post("{}")).status()).as("goes on without").isEqualTo(200);
    }
  }

  private static Request post(String body) {
    return new Request("POST", "/sync/repair", Map.of(), body);
  }

  @Test
  void textsAreCut() {
    AuditEntry long1 = entry(NOW, "x".repeat(1_000_000));
    assertThat(long1.detail()).hasSize(AuditEntry.TEXT_MAX).endsWith("x ... (cut)");
  }
}
