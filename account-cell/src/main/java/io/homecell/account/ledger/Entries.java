package io.homecell.account.ledger;

import io.homecell.api.Page;
import io.homecell.api.account.Entry;
import io.homecell.core.fence.Tx;
import io.homecell.core.http.ProblemException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The ledger of an account as a list, the newest entry first. Safe for any number of threads. */
public final class Entries {
  private static final int PAGE = 50;
  private static final String CURSOR_PREFIX = "seq<";

  private final Ledger ledger;

  public Entries(Ledger ledger) {
    this.ledger = ledger;
  }

  /**
   * A part of the list.
   *
   * @param cursor of an earlier part's {@code next}; none for the first part
   * @throws ProblemException 400 if the cursor is not one, 404 if there is no such account
   */
  public Page<Entry> page(long userId, @Nullable String cursor) {
    long before = cursor == null ? Long.MAX_VALUE : decoded(cursor);
    record Row(long seq, Entry entry) {}
    List<Row> rows =
        ledger
            .database()
            .read(
                tx -> {
                  requireAccount(tx, userId);
                  return tx.list(
                      "SELECT seq, entry_id, kind, amount, balance, reference, at"
                          + " FROM account.entry WHERE user_id = ? AND seq < ?"
                          + " ORDER BY seq DESC LIMIT "
                          + (PAGE + 1),
                      row -> new Row(row.getLong(1), entry(row)),
                      userId,
                      before);
                });
    List<Row> shown = rows.subList(0, Math.min(PAGE, rows.size()));
    return new Page<>(
        shown.stream().map(Row::entry).toList(),
        rows.size() > PAGE ? encoded(shown.get(PAGE - 1).seq()) : null);
  }

  private void requireAccount(Tx tx, long userId) throws SQLException {
    if (ledger.read(tx, userId).isEmpty()) {
      throw Accounts.noSuchAccount(userId);
    }
  }

  private static Entry entry(ResultSet row) throws SQLException {
    return new Entry(
        row.getString(2),
        Entry.Kind.valueOf(row.getString(3)),
        Money.text(row.getBigDecimal(4)),
        Money.text(row.getBigDecimal(5)),
        row.getString(6),
        row.getObject(7, LocalDateTime.class).toInstant(ZoneOffset.UTC).toString());
  }

  private static String encoded(long seq) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((CURSOR_PREFIX + seq).getBytes(StandardCharsets.UTF_8));
  }

  private static long decoded(String cursor) {
    try {
      String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
      if (text.startsWith(CURSOR_PREFIX)) {
        return Long.parseLong(text.substring(CURSOR_PREFIX.length()));
      }
    } catch (IllegalArgumentException notACursor) {
      // told below
    }
    throw new ProblemException(
        400, "bad-cursor", "cursor: not one of this list (expected: the next of an earlier part)");
  }
}
