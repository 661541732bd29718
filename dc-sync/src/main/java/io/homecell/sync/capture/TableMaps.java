package io.homecell.sync.capture;

import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tables that the transaction under way has named. The log names a table again for each
 * statement; the same bytes are read once. For one thread.
 */
final class TableMaps {
  private static final int KNOWN_MAX = 2_000;

  private final Map<Integer, String> charsets;
  private final Map<Long, TableMap> named = new HashMap<>();
  private final Map<Long, Known> known = new Lately();

  /** A table, and the event's bytes that told it. */
  private static final class Known {
    final byte[] body;
    final TableMap map;

    Known(byte[] body, TableMap map) {
      this.body = body;
      this.map = map;
    }
  }

  private static final class Lately extends LinkedHashMap<Long, Known> {
    private static final long serialVersionUID = 1L;

    Lately() {
      super(64, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, Known> eldest) {
      return size() > KNOWN_MAX;
    }
  }

  /** With the charsets of the server's collations, by their numbers. */
  TableMaps(Map<Integer, String> charsets) {
    this.charsets = Map.copyOf(charsets);
  }

  /** A transaction begins: the numbers of tables may stand for others. */
  void forgetIds() {
    named.clear();
  }

  /** Takes the body of a table map event. */
  void add(byte[] body) {
    long id = TableMapReader.id(body);
    Known before = known.get(id);
    if (before == null || !Arrays.equals(before.body, body)) {
      before = new Known(body, TableMapReader.read(body, charsets));
      known.put(id, before);
    }
    named.put(id, before.map);
  }

  TableMap get(long id) {
    TableMap map = named.get(id);
    if (map == null) {
      throw new ReplicationHaltedException(
          Reason.STREAM_INCONSISTENT, "rows of a table that the transaction has not named: " + id);
    }
    return map;
  }
}
