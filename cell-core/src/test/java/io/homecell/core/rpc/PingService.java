package io.homecell.core.rpc;

import java.io.Serializable;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A service of the tests, called over RPC. */
interface PingService {
  record Pong(
      String cell,
      long id,
      BigDecimal amount,
      Instant at,
      List<Line> lines,
      Map<String, Long> counts,
      Kind kind)
      implements Serializable {}

  record Line(String sku, int quantity) implements Serializable {}

  enum Kind {
    SMALL,
    LARGE
  }

  Pong ping(@SlotOf long id, Pong sent);

  String fail(@SlotOf long id, String how);
}
