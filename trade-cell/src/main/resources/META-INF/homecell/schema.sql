-- The tables of trade-cell. Installed on every cell by itself (not replicated), by the
-- administration user; may run again. Statements are separated by a line that holds nothing but a
-- semicolon. Every sharded table has a column `slot`; a status is text and not ENUM, so that every
-- reader of the binlog sees its name.

CREATE DATABASE IF NOT EXISTS trade CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin
;
-- The catalog is a copy service with a schema of its own name: written in its center cell, the same
-- on every cell, without a column `slot`. It belongs to trade-cell, which reads it everywhere.
CREATE DATABASE IF NOT EXISTS catalog CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin
;
CREATE TABLE IF NOT EXISTS catalog.product (
  sku   VARCHAR(32) NOT NULL PRIMARY KEY,
  name  VARCHAR(128) NOT NULL,
  price DECIMAL(18, 2) NOT NULL
)
;
-- Slot: the user's. version grows by one with each change of status. payment_id is the attempt
-- under way or the one that paid; refund_id the refund under way or done. paid_at and refunded_at
-- are set once and never change. The index serves the expiry (PLACED by age) and the recovery of
-- payments and refunds that were left half done (PAYING, REFUNDING).
CREATE TABLE IF NOT EXISTS trade.orders (
  order_id    BIGINT NOT NULL PRIMARY KEY,
  slot        SMALLINT UNSIGNED NOT NULL,
  user_id     BIGINT NOT NULL,
  merchant_id BIGINT NOT NULL,
  total       DECIMAL(18, 2) NOT NULL,
  status      VARCHAR(16) NOT NULL,
  version     BIGINT NOT NULL,
  payment_id  BIGINT NULL,
  refund_id   BIGINT NULL,
  placed_at   DATETIME(6) NOT NULL,
  paid_at     DATETIME(6) NULL,
  refunded_at DATETIME(6) NULL,
  changed_at  DATETIME(6) NOT NULL,
  KEY of_user (user_id, order_id),
  KEY of_status (status, placed_at, order_id)
)
;
-- Slot: the user's. price is the one of the catalog when the order was placed.
CREATE TABLE IF NOT EXISTS trade.order_line (
  order_id BIGINT NOT NULL,
  line     SMALLINT UNSIGNED NOT NULL,
  slot     SMALLINT UNSIGNED NOT NULL,
  sku      VARCHAR(32) NOT NULL,
  quantity INT NOT NULL,
  price    DECIMAL(18, 2) NOT NULL,
  PRIMARY KEY (order_id, line)
)
;
-- Payment attempts. Slot: the user's. A row is written before the account is asked, so whoever owns
-- the slot later can ask again under the same id: state PENDING, then DEBITED or REFUSED for good.
-- idem_key and request_hash are those of the request that began it.
CREATE TABLE IF NOT EXISTS trade.payment (
  payment_id   BIGINT NOT NULL PRIMARY KEY,
  slot         SMALLINT UNSIGNED NOT NULL,
  order_id     BIGINT NOT NULL,
  user_id      BIGINT NOT NULL,
  amount       DECIMAL(18, 2) NOT NULL,
  state        VARCHAR(16) NOT NULL,
  idem_key     VARCHAR(128) NOT NULL,
  request_hash CHAR(64) NOT NULL,
  started_at   DATETIME(6) NOT NULL,
  ended_at     DATETIME(6) NULL,
  KEY of_order (order_id)
)
;
-- Refunds, by the same rule: PENDING, then CREDITED for good. Slot: the user's.
CREATE TABLE IF NOT EXISTS trade.refund (
  refund_id    BIGINT NOT NULL PRIMARY KEY,
  slot         SMALLINT UNSIGNED NOT NULL,
  order_id     BIGINT NOT NULL,
  user_id      BIGINT NOT NULL,
  amount       DECIMAL(18, 2) NOT NULL,
  state        VARCHAR(16) NOT NULL,
  idem_key     VARCHAR(128) NOT NULL,
  request_hash CHAR(64) NOT NULL,
  started_at   DATETIME(6) NOT NULL,
  ended_at     DATETIME(6) NULL,
  KEY of_order (order_id)
)
;
-- The merchant's view. Slot: the MERCHANT's. Written by the projection in dc-sync alone, from the
-- rows of trade.orders, only if the order's version is higher than the row's; read here.
CREATE TABLE IF NOT EXISTS trade.merchant_order (
  merchant_id BIGINT NOT NULL,
  order_id    BIGINT NOT NULL,
  slot        SMALLINT UNSIGNED NOT NULL,
  user_id     BIGINT NOT NULL,
  total       DECIMAL(18, 2) NOT NULL,
  status      VARCHAR(16) NOT NULL,
  version     BIGINT NOT NULL,
  placed_at   DATETIME(6) NOT NULL,
  paid_at     DATETIME(6) NULL,
  refunded_at DATETIME(6) NULL,
  changed_at  DATETIME(6) NOT NULL,
  PRIMARY KEY (merchant_id, order_id),
  KEY paid (slot, paid_at),
  KEY refunded (slot, refunded_at)
)
;
-- One row for each merchant and day (UTC). Slot: the MERCHANT's. Paid are the orders whose paid_at
-- is on that day, also if they were refunded later; refunded those whose refunded_at is.
CREATE TABLE IF NOT EXISTS trade.settlement (
  merchant_id     BIGINT NOT NULL,
  day             DATE NOT NULL,
  slot            SMALLINT UNSIGNED NOT NULL,
  paid_orders     BIGINT NOT NULL,
  paid_total      DECIMAL(20, 2) NOT NULL,
  refunded_orders BIGINT NOT NULL,
  refunded_total  DECIMAL(20, 2) NOT NULL,
  settled_at      DATETIME(6) NOT NULL,
  PRIMARY KEY (merchant_id, day)
)
;
-- Answers of unsafe calls by idempotency key, kept in the transaction of their effect. Slot and
-- scope: the user's.
CREATE TABLE IF NOT EXISTS trade.idempotency (
  scope        VARCHAR(64) NOT NULL,
  idem_key     VARCHAR(128) NOT NULL,
  slot         SMALLINT UNSIGNED NOT NULL,
  request_hash CHAR(64) NOT NULL,
  status       SMALLINT NOT NULL,
  response     MEDIUMTEXT NOT NULL,
  created_at   DATETIME(6) NOT NULL,
  PRIMARY KEY (scope, idem_key)
)
;
INSERT IGNORE INTO catalog.product (sku, name, price) VALUES
  ('tea-green', 'Green tea, 100 g', 8.90),
  ('tea-oolong', 'Oolong tea, 100 g', 14.50),
  ('tea-puer', 'Pu-erh tea cake, 357 g', 62.00),
  ('coffee-yunnan', 'Coffee beans from Yunnan, 500 g', 18.80),
  ('rice-wuchang', 'Wuchang rice, 5 kg', 21.90),
  ('noodles-egg', 'Egg noodles, 1 kg', 5.60),
  ('honey-linden', 'Linden honey, 500 g', 11.20),
  ('chili-oil', 'Chili oil, 250 ml', 4.75),
  ('soy-sauce', 'Soy sauce, 500 ml', 3.40),
  ('sesame-paste', 'Sesame paste, 300 g', 6.30),
  ('mug-celadon', 'Celadon mug', 24.00),
  ('pot-yixing', 'Yixing tea pot', 129.00),
  ('bowl-set', 'Set of four bowls', 32.50),
  ('chopsticks', 'Ten pairs of chopsticks', 9.99),
  ('wok-iron', 'Iron wok, 32 cm', 54.90),
  ('knife-chef', 'Cleaver', 47.25),
  ('steamer', 'Bamboo steamer', 16.40),
  ('apron', 'Cotton apron', 13.00),
  ('towel', 'Kitchen towel', 2.05),
  ('gift-box', 'Gift box', 0.01)
