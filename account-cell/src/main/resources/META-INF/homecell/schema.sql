-- The tables of account-cell. Installed on every cell by itself (not replicated), by the
-- administration user; may run again. Statements are separated by a line that holds nothing but a
-- semicolon. Every table is sharded and has a column `slot`; a status is text and not ENUM, so that
-- every reader of the binlog sees its name.

CREATE DATABASE IF NOT EXISTS account CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin
;
-- Slot: the user's. entries counts the account's ledger entries: the next one's seq. Every change of
-- a balance locks this row first, so an account's entries are in the order of their commits.
CREATE TABLE IF NOT EXISTS account.account (
  user_id    BIGINT NOT NULL PRIMARY KEY,
  slot       SMALLINT UNSIGNED NOT NULL,
  name       VARCHAR(100) NOT NULL,
  balance    DECIMAL(18, 2) NOT NULL,
  entries    BIGINT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  CONSTRAINT never_negative CHECK (balance >= 0)
)
;
-- The ledger. Slot: the user's. A cause has one entry: the key of_cause is the last line of defence
-- of "exactly once". amount is negative when money leaves; balance is the account's after it.
CREATE TABLE IF NOT EXISTS account.entry (
  user_id   BIGINT NOT NULL,
  seq       BIGINT NOT NULL,
  slot      SMALLINT UNSIGNED NOT NULL,
  entry_id  BIGINT NOT NULL,
  kind      VARCHAR(16) NOT NULL,
  reference BIGINT NOT NULL,
  amount    DECIMAL(18, 2) NOT NULL,
  balance   DECIMAL(18, 2) NOT NULL,
  at        DATETIME(6) NOT NULL,
  PRIMARY KEY (user_id, seq),
  UNIQUE KEY of_cause (user_id, kind, reference)
)
;
-- Payments asked for, each with its outcome for good: DEBITED or REFUSED. Slot: the user's.
CREATE TABLE IF NOT EXISTS account.payment (
  payment_id BIGINT NOT NULL PRIMARY KEY,
  slot       SMALLINT UNSIGNED NOT NULL,
  user_id    BIGINT NOT NULL,
  order_id   BIGINT NOT NULL,
  amount     DECIMAL(18, 2) NOT NULL,
  outcome    VARCHAR(16) NOT NULL,
  at         DATETIME(6) NOT NULL
)
;
-- Transfers, at the payer's home. Slot: the payer's. PENDING, then DONE or REFUSED for good.
CREATE TABLE IF NOT EXISTS account.transfer (
  transfer_id BIGINT NOT NULL PRIMARY KEY,
  slot        SMALLINT UNSIGNED NOT NULL,
  payer       BIGINT NOT NULL,
  payee       BIGINT NOT NULL,
  amount      DECIMAL(18, 2) NOT NULL,
  status      VARCHAR(16) NOT NULL,
  started_at  DATETIME(6) NOT NULL,
  ended_at    DATETIME(6) NULL
)
;
-- Transfers that the payee's home has not yet answered. Slot: the payer's: whoever owns it delivers.
CREATE TABLE IF NOT EXISTS account.transfer_outbox (
  transfer_id BIGINT NOT NULL PRIMARY KEY,
  slot        SMALLINT UNSIGNED NOT NULL,
  payer       BIGINT NOT NULL,
  payee       BIGINT NOT NULL,
  amount      DECIMAL(18, 2) NOT NULL,
  started_at  DATETIME(6) NOT NULL
)
;
-- Transfers that arrived, at the payee's home, each with its outcome for good: CREDITED or
-- NO_SUCH_PAYEE. Slot: the payee's.
CREATE TABLE IF NOT EXISTS account.received_transfer (
  transfer_id BIGINT NOT NULL PRIMARY KEY,
  slot        SMALLINT UNSIGNED NOT NULL,
  payee       BIGINT NOT NULL,
  payer       BIGINT NOT NULL,
  amount      DECIMAL(18, 2) NOT NULL,
  outcome     VARCHAR(16) NOT NULL,
  at          DATETIME(6) NOT NULL
)
;
-- Answers by idempotency key, kept in the transaction of their effect. Slot: of that effect.
CREATE TABLE IF NOT EXISTS account.idempotency (
  scope        VARCHAR(80) NOT NULL,
  idem_key     VARCHAR(128) NOT NULL,
  slot         SMALLINT UNSIGNED NOT NULL,
  request_hash CHAR(64) NOT NULL,
  status       SMALLINT NOT NULL,
  response     TEXT NOT NULL,
  created_at   DATETIME(6) NOT NULL,
  PRIMARY KEY (scope, idem_key)
)
