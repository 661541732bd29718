package io.homecell.benchmarks.fence;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** What {@code trade-cell} does when an order of two lines is placed, statement by statement. */
final class OrderTransaction {
  static final String ORDERS =
      """
      CREATE TABLE IF NOT EXISTS trade.orders (
        order_id BIGINT NOT NULL PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL,
        user_id BIGINT NOT NULL, merchant_id BIGINT NOT NULL, total DECIMAL(18, 2) NOT NULL,
        status VARCHAR(16) NOT NULL, version BIGINT NOT NULL, payment_id BIGINT NULL,
        refund_id BIGINT NULL, placed_at DATETIME(6) NOT NULL, paid_at DATETIME(6) NULL,
        refunded_at DATETIME(6) NULL, changed_at DATETIME(6) NOT NULL,
        KEY of_user (user_id, order_id), KEY of_status (status, placed_at, order_id))
      """;
  static final String LINES =
      """
      CREATE TABLE IF NOT EXISTS trade.order_line (
        order_id BIGINT NOT NULL, line SMALLINT UNSIGNED NOT NULL,
        slot SMALLINT UNSIGNED NOT NULL, sku VARCHAR(32) NOT NULL, quantity INT NOT NULL,
        price DECIMAL(18, 2) NOT NULL, PRIMARY KEY (order_id, line))
      """;
  static final String ANSWERS =
      """
      CREATE TABLE IF NOT EXISTS trade.idempotency (
        scope VARCHAR(64) NOT NULL, idem_key VARCHAR(128) NOT NULL,
        slot SMALLINT UNSIGNED NOT NULL, request_hash CHAR(64) NOT NULL, status SMALLINT NOT NULL,
        response MEDIUMTEXT NOT NULL, created_at DATETIME(6) NOT NULL,
        PRIMARY KEY (scope, idem_key))
      """;

  static final String CATALOG =
      """
      CREATE TABLE IF NOT EXISTS trade.product (
        sku VARCHAR(32) NOT NULL PRIMARY KEY, name VARCHAR(128) NOT NULL,
        price DECIMAL(18, 2) NOT NULL)
      """;
  static final String PRODUCTS =
      "INSERT INTO trade.product VALUES ('tea-green', 'Green tea', 8.90), ('tea-oolong', 'Oolong',"
          + " 14.50)";

  private static final String PRICES = "SELECT sku, price FROM trade.product WHERE sku IN (?, ?)";
  private static final String ORDER =
      "INSERT INTO trade.orders (order_id, slot, user_id, merchant_id, total, status, version,"
          + " placed_at, changed_at) VALUES (?, ?, ?, ?, ?, 'PLACED', 1, ?, ?)";
  private static final String LINE =
      "INSERT INTO trade.order_line (order_id, line, slot, sku, quantity, price)"
          + " VALUES (?, ?, ?, ?, ?, ?)";
  private static final String ANSWER =
      "INSERT INTO trade.idempotency (scope, idem_key, slot, request_hash, status, response,"
          + " created_at) VALUES (?, ?, ?, ?, 201, ?, ?)";
  private static final String RESPONSE = "{\"orderId\":\"1\",\"lines\":[" + "x".repeat(300) + "]}";
  private static final String HASH = "0".repeat(64);
  private static final int SLOTS = 512;
  private static final BigDecimal PRICE = new BigDecimal("8.90");

  private OrderTransaction() {}

  static void run(Connection connection, long id, boolean fenced) throws SQLException {
    int slot = (int) (id % SLOTS);
    LocalDateTime now = LocalDateTime.now(ZoneOffset.UTC);
    execute(connection, PRICES, "tea-green", "tea-oolong");
    execute(connection, ORDER, id, slot, id, 7L, PRICE, now, now);
    execute(connection, LINE, id, 1, slot, "tea-green", 1, PRICE);
    execute(connection, LINE, id, 2, slot, "tea-oolong", 2, PRICE);
    execute(connection, ANSWER, "order." + id, "key-" + id, slot, HASH, RESPONSE, now);
    if (fenced) {
      execute(connection, "CALL homecell.hc_commit(?, ?)", Integer.toString(slot), "1");
    } else {
      execute(connection, "COMMIT");
    }
  }

  private static void execute(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.execute();
    }
  }
}
