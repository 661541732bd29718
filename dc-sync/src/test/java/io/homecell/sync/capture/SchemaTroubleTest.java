package io.homecell.sync.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.DebeziumException;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.io.EOFException;
import org.junit.jupiter.api.Test;

class SchemaTroubleTest {
  @Test
  void rowsOfAnOlderShapeAreToldFromALostConnection() {
    Throwable older =
        new DebeziumException(
            "Error processing row in wallet, internal schema size 7, but row size 6 , restart"
                + " connector with schema_only_recovery mode");
    assertThat(SchemaTrouble.named(new RuntimeException(older)))
        .isInstanceOfSatisfying(
            ReplicationHaltedException.class,
            halted -> assertThat(halted.reason()).isEqualTo(Reason.SCHEMA_CHANGE));

    Throwable lost = new EOFException("the connection to the binlog has ended");
    assertThat(SchemaTrouble.named(lost)).isSameAs(lost);
  }
}
