package io.homecell.core.idempotency;

import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.Tx;
import io.homecell.core.http.ProblemException;
import io.homecell.core.json.Json;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;

/**
 * Runs a request once for its key: the answer is kept in the transaction of its effect, so a
 * request that comes again gets the first one's answer and has no second effect, also after a
 * crash, a commit of unknown outcome or a move of its slot.
 *
 * <p>A refusal ({@link ProblemException}) has no effect. One that the request itself deserves is
 * not kept: the caller may send a better request under the same key. One that the state of the
 * moment decided ({@code 409}: too little money, a payment under way) is kept before it is told, so
 * that a duplicate of the request that comes late, when the state is another, can't do what its
 * sender was told was refused. Needs a table of the service's own schema with the columns {@code
 * scope, idem_key} (primary key), {@code slot, request_hash, status, response, created_at}. Safe
 * for any number of threads.
 */
public final class Idempotency {
  private static final int DUPLICATE_KEY = 1062;

  /** The status of what the state of the moment refuses. */
  private static final int CONFLICT = 409;

  /** Each further attempt means that another request with the key has just been committed. */
  private static final int ATTEMPTS_MAX = 3;

  /** The effect of a request and its answer. */
  @FunctionalInterface
  public interface Operation<T> {
    T run(Tx tx) throws SQLException;
  }

  private final FencedDatabase database;
  private final String table;
  private final Clock clock;

  /**
   * @param table such as {@code account.idempotency}
   */
  public Idempotency(FencedDatabase database, String table, Clock clock) {
    if (!table.matches("[a-z_]+\\.[a-z_]+")) {
      throw new IllegalArgumentException("table: '" + table + "' (expected: schema.table)");
    }
    this.database = database;
    this.table = table;
    this.clock = clock;
  }

  /**
   * Runs an operation, or answers as the first time.
   *
   * @param slot the slot of what the operation changes; the answer is kept in it
   * @param status the HTTP status of the answer if the operation ends well
   * @param type of the answer, which is kept as JSON
   * @throws ProblemException 422 if the key was used for another request; or the operation's own
   */
  public <T> KeptAnswer<T> run(
      int slot, RequestKey key, int status, Class<T> type, Operation<T> operation) {
    try {
      // most keys are new: the insert of the answer finds out, and spares each of them a round trip
      return database.write(Set.of(slot), tx -> anew(tx, slot, key, status, type, operation));
    } catch (KeyTakenException taken) {
      return write(slot, tx -> inTransaction(tx, slot, key, status, type, operation));
    } catch (ProblemException refused) {
      if (refused.status() != CONFLICT) {
        throw refused;
      }
      return refuse(slot, key, type, refused);
    }
  }

  /**
   * Keeps a refusal, whose transaction has been rolled back.
   *
   * @return the answer of the same request, if it was answered otherwise in between
   * @throws ProblemException the refusal, kept by now
   */
  private <T> KeptAnswer<T> refuse(
      int slot, RequestKey key, Class<T> type, ProblemException refused) {
    try {
      database.<Boolean>write(
          Set.of(slot),
          tx -> {
            keepRefusal(tx, slot, key, refused);
            return true;
          });
    } catch (KeyTakenException taken) {
      return database
          .read(tx -> find(tx, key, type))
          .orElseThrow(
              () ->
                  new IllegalStateException(table + ": " + taken.getMessage() + ", yet not there"));
    }
    throw refused;
  }

  private record Refusal(String kind, String detail) {}

  /**
   * Keeps a refusal in a transaction of {@link #write}, for one whose body decides it under a lock.
   *
   * @param refused with the status 409
   */
  public void keepRefusal(Tx tx, int slot, RequestKey key, ProblemException refused)
      throws SQLException {
    Refusal refusal = new Refusal(refused.kind(), String.valueOf(refused.getMessage()));
    keep(tx, slot, key, refused.status(), refusal);
  }

  /**
   * Runs a transaction that may {@link #find} and {@link #keep} answers by itself: for an effect
   * that takes more than one transaction, whose answer is kept in the last. It is run again if
   * another request with the key was committed in between.
   *
   * @param slot of every row that the body changes
   */
  public <T> T write(int slot, FencedDatabase.Body<T> body) {
    for (int attempt = 1; ; attempt++) {
      try {
        return database.write(Set.of(slot), body);
      } catch (KeyTakenException taken) {
        if (attempt == ATTEMPTS_MAX) {
          throw new IllegalStateException(
              table + ": " + taken.getMessage() + ", yet not there", taken);
        }
      }
    }
  }

  private <T> KeptAnswer<T> inTransaction(
      Tx tx, int slot, RequestKey key, int status, Class<T> type, Operation<T> operation)
      throws SQLException {
    Optional<KeptAnswer<T>> kept = find(tx, key, type);
    return kept.isPresent() ? kept.get() : anew(tx, slot, key, status, type, operation);
  }

  private <T> KeptAnswer<T> anew(
      Tx tx, int slot, RequestKey key, int status, Class<T> type, Operation<T> operation)
      throws SQLException {
    T answer;
    try {
      answer = operation.run(tx);
    } catch (ProblemException refused) {
      // the same request may have been served while this one waited for its rows; what this one
      // has changed until its refusal must be rolled back either way
      if (find(tx, key, type).isPresent()) {
        throw new KeyTakenException(key.key(), refused);
      }
      throw refused;
    }
    keep(tx, slot, key, status, answer);
    return new KeptAnswer<>(status, answer, false);
  }

  /**
   * The answer kept under a key.
   *
   * @throws ProblemException 422 if the key was used for another request; 409 if a refusal was kept
   */
  public <T> Optional<KeptAnswer<T>> find(Tx tx, RequestKey key, Class<T> type)
      throws SQLException {
    record Row(String requestHash, int status, String response) {}
    Optional<Row> found =
        tx.one(
            "SELECT request_hash, status, response FROM "
                + table
                + " WHERE scope = ? AND idem_key = ?",
            row -> new Row(row.getString(1), row.getInt(2), row.getString(3)),
            key.scope(),
            key.key());
    if (found.isPresent()) {
      key.requireSameRequest(found.get().requestHash());
      if (found.get().status() == CONFLICT) {
        Refusal refusal = Json.read(found.get().response(), Refusal.class);
        throw new ProblemException(CONFLICT, refusal.kind(), refusal.detail());
      }
    }
    return found.map(row -> new KeptAnswer<>(row.status(), Json.read(row.response(), type), true));
  }

  /**
   * Keeps an answer in the transaction of its effect; inside {@link #write} only.
   *
   * @param answer is kept as JSON
   */
  public void keep(Tx tx, int slot, RequestKey key, int status, Object answer) throws SQLException {
    try {
      tx.update(
          "INSERT INTO "
              + table
              + " (scope, idem_key, slot, request_hash, status, response, created_at)"
              + " VALUES (?, ?, ?, ?, ?, ?, ?)",
          key.scope(),
          key.key(),
          slot,
          key.requestHash(),
          status,
          Json.write(answer),
          clock.instant());
    } catch (SQLException e) {
      if (e.getErrorCode() == DUPLICATE_KEY) {
        throw new KeyTakenException(key.key(), e);
      }
      throw e;
    }
  }

  /** Another request with the key was committed first: this one is rolled back and looks again. */
  private static final class KeyTakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KeyTakenException(String key, Exception cause) {
      super("key '" + key + "' was taken in between", cause);
    }
  }
}
