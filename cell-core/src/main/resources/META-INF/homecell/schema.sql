-- The framework's rows in each cell's MySQL. Installed on every cell by itself (not replicated),
-- by the administration user, before the cell joins its group. See docs/concepts.md, "The fence".
--
-- Statements are separated by a line that holds nothing but a semicolon.

CREATE DATABASE IF NOT EXISTS homecell CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin
;
-- Who may write a slot. Replicated in-band with the data; the higher epoch wins.
CREATE TABLE IF NOT EXISTS homecell.hc_slot (
  slot  SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
  owner VARCHAR(64) NOT NULL,
  epoch BIGINT NOT NULL,
  state ENUM('OPEN', 'CLOSED') NOT NULL
)
;
-- Which cell a server's transactions come from. Replicated; grows when a server is replaced.
CREATE TABLE IF NOT EXISTS homecell.hc_server (
  uuid CHAR(36) NOT NULL PRIMARY KEY,
  cell VARCHAR(64) NOT NULL
)
;
-- One row for each pipeline, written at its source by the pipeline itself. Replicated.
CREATE TABLE IF NOT EXISTS homecell.hc_heartbeat (
  source_cell VARCHAR(64) NOT NULL,
  target_cell VARCHAR(64) NOT NULL,
  beat BIGINT NOT NULL,
  at DATETIME(6) NOT NULL,
  PRIMARY KEY (source_cell, target_cell)
)
;
-- LOCAL from here on: never replicated, written with sql_log_bin=0 where they are written outside
-- of a replicated transaction.
--
-- Which cell this server is, and until when it may write. Exactly one row.
CREATE TABLE IF NOT EXISTS homecell.hc_lease (
  one TINYINT NOT NULL PRIMARY KEY DEFAULT 1 CHECK (one = 1),
  cell VARCHAR(64) NOT NULL,
  expires_at DATETIME(6) NOT NULL
)
;
-- Node numbers of id sources, each with the tick up to which its holder may draw ids.
CREATE TABLE IF NOT EXISTS homecell.hc_node (
  node SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
  holder VARCHAR(128) NOT NULL,
  reserved_until_tick BIGINT NOT NULL,
  expires_at DATETIME(6) NOT NULL
)
;
-- Transactions of a cell that had already been failed over when they arrived: kept, not applied.
CREATE TABLE IF NOT EXISTS homecell.hc_stranded (
  gtid VARCHAR(80) NOT NULL PRIMARY KEY,
  source_cell VARCHAR(64) NOT NULL,
  slots JSON NOT NULL,
  committed_at DATETIME(6) NOT NULL,
  recorded_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  changes JSON NOT NULL,
  state ENUM('OPEN', 'REPLAYED', 'DISCARDED') NOT NULL DEFAULT 'OPEN'
)
;
-- The highest ownership epoch of a job that has written here: an older run is refused.
CREATE TABLE IF NOT EXISTS homecell.hc_job (
  job VARCHAR(64) NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL
)
;
DROP PROCEDURE IF EXISTS homecell.hc_commit
;
-- The commit step: every write transaction of an application ends in this one call. It locks the
-- rows of the transaction's slots in share mode (so closing a slot waits for it, and it waits for a
-- closing that came first), then checks owner, state and epoch, then the lease against the clock
-- that runs (SYSDATE, not the statement's start: the lock may have been waited for), then commits.
-- A refusal has rolled back. p_slots is a JSON array; p_epochs the caller's ownership epochs, in the
-- same order.
CREATE PROCEDURE homecell.hc_commit(IN p_slots JSON, IN p_epochs JSON)
  SQL SECURITY DEFINER
  MODIFIES SQL DATA
BEGIN
  DECLARE v_cell VARCHAR(64);
  DECLARE v_expires DATETIME(6);
  DECLARE v_owner VARCHAR(64);
  DECLARE v_epoch BIGINT;
  DECLARE v_state VARCHAR(8);
  DECLARE v_slot INT;
  DECLARE v_index INT DEFAULT 0;
  DECLARE v_message VARCHAR(128);
  SELECT cell INTO v_cell FROM homecell.hc_lease WHERE one = 1;
  WHILE v_index < JSON_LENGTH(p_slots) DO
    SET v_slot = JSON_EXTRACT(p_slots, CONCAT('$[', v_index, ']'));
    SET v_owner = NULL;
    SELECT owner, epoch, state INTO v_owner, v_epoch, v_state
      FROM homecell.hc_slot WHERE slot = v_slot FOR SHARE;
    IF v_owner IS NULL OR v_owner <> v_cell OR v_state <> 'OPEN'
        OR v_epoch < JSON_EXTRACT(p_epochs, CONCAT('$[', v_index, ']')) THEN
      SET v_message = CONCAT('HC-NOT-HOME slot=', v_slot, ' owner=', COALESCE(v_owner, '-'),
        ' epoch=', COALESCE(v_epoch, 0), ' state=', COALESCE(v_state, '-'));
      ROLLBACK;
      SIGNAL SQLSTATE '45421' SET MESSAGE_TEXT = v_message;
    END IF;
    SET v_index = v_index + 1;
  END WHILE;
  SELECT expires_at INTO v_expires FROM homecell.hc_lease WHERE one = 1 FOR SHARE;
  IF v_expires IS NULL OR v_expires <= SYSDATE(6) THEN
    SET v_message = CONCAT('HC-FENCED cell=', COALESCE(v_cell, '-'), ' lease=', COALESCE(v_expires, '-'));
    ROLLBACK;
    SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = v_message;
  END IF;
  COMMIT;
END
