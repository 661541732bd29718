package io.homecell.sync.verify;

import io.homecell.sync.throttle.Throttle;
import java.sql.SQLException;
import java.time.Instant;

/**
 * When a verification reads: while replication is not late, at its pace, and until its time is
 * over. For one thread.
 */
record Readings(Pace pace, Throttle throttle, Instant deadline) {
  /** Reads, unless replication is late, then rests. No lock may be held meanwhile. */
  <T> T paced(Pace.Reading<T> reading) throws SQLException, InterruptedException {
    throttle.pause(why -> {}, this::isOver);
    return pace.paced(reading);
  }

  boolean isOver() {
    return !Instant.now().isBefore(deadline);
  }

  /** That something was not read, and why if it was not for its size alone. */
  String cutShort(String what) {
    return "the time was over before " + what + throttle.reason().map(why -> "; " + why).orElse("");
  }
}
