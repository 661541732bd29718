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
-- The highest epochs that this cell's lease keepers have seen in ZooKeeper, by what they are of
-- ('datacenter north', 'routes'): a ZooKeeper that says less was restored from an old copy.
CREATE TABLE IF NOT EXISTS homecell.hc_epoch (
  subject VARCHAR(80) NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL
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
  state ENUM('OPEN', 'REPLAYED', 'DISCARDED') NOT NULL DEFAULT 'OPEN',
  decided_by VARCHAR(128) NULL,
  decided_at DATETIME(6) NULL,
  reason VARCHAR(1000) NULL,
  -- when its rows were as their owner has them in every cell of the group; until then, why not yet
  undone_at DATETIME(6) NULL,
  undo_waits VARCHAR(1000) NULL
)
;
-- The highest ownership epoch of a job that has written here: an older run is refused.
CREATE TABLE IF NOT EXISTS homecell.hc_job (
  job VARCHAR(64) NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL
)
;
-- The load of this cell from another, if one was asked for; see docs/decisions, "Initial load".
CREATE TABLE IF NOT EXISTS homecell.hc_load (
  one TINYINT NOT NULL PRIMARY KEY DEFAULT 1 CHECK (one = 1),
  id CHAR(36) NOT NULL,
  source_cell VARCHAR(64) NOT NULL,
  phase ENUM('PREPARING', 'COPYING', 'CATCHING_UP', 'DONE') NOT NULL,
  empties BOOLEAN NOT NULL,
  from_gtids LONGTEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
  until_gtids LONGTEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
  requested_by VARCHAR(128) NOT NULL,
  requested_at DATETIME(6) NOT NULL,
  ended_at DATETIME(6) NULL
)
;
-- What it has copied: each table up to a key, changed in the transaction that writes the rows.
CREATE TABLE IF NOT EXISTS homecell.hc_load_table (
  schema_name VARCHAR(64) NOT NULL,
  table_name VARCHAR(64) NOT NULL,
  rows_total BIGINT NOT NULL,
  rows_copied BIGINT NOT NULL DEFAULT 0,
  last_key JSON NULL,
  done BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (schema_name, table_name)
)
;
DROP PROCEDURE IF EXISTS homecell.hc_load_position
;
-- Sets this server's position to that at which the copy began: the only right beyond its own tables
-- that a load needs, and it can be used for nothing else. Adds what is not yet executed here.
CREATE PROCEDURE homecell.hc_load_position()
  SQL SECURITY DEFINER
  MODIFIES SQL DATA
BEGIN
  DECLARE v_gtids LONGTEXT CHARACTER SET ascii DEFAULT NULL;
  SELECT GTID_SUBTRACT(from_gtids, @@GLOBAL.gtid_executed) INTO v_gtids
    FROM homecell.hc_load WHERE phase = 'COPYING';
  IF v_gtids IS NULL THEN
    SIGNAL SQLSTATE '45400' SET MESSAGE_TEXT = 'HC-LOAD no copy is under way here';
  END IF;
  IF v_gtids <> '' THEN
    SET GLOBAL gtid_purged = CONCAT('+', v_gtids);
  END IF;
END
;
DROP PROCEDURE IF EXISTS homecell.hc_check
;
-- Steps 1 to 3 of the commit step, slot by slot, with every refusal by name. The caller commits.
CREATE PROCEDURE homecell.hc_check(
    IN p_slots VARCHAR(1280) CHARACTER SET ascii, IN p_epochs VARCHAR(5120) CHARACTER SET ascii,
    OUT p_expires DATETIME(6))
  SQL SECURITY INVOKER
  MODIFIES SQL DATA
BEGIN
  DECLARE v_cell VARCHAR(64);
  DECLARE v_expires DATETIME(6);
  DECLARE v_owner VARCHAR(64);
  DECLARE v_epoch BIGINT;
  DECLARE v_expected BIGINT;
  DECLARE v_state VARCHAR(8);
  DECLARE v_slot INT;
  DECLARE v_index INT DEFAULT 0;
  DECLARE v_count INT DEFAULT 1 + LENGTH(p_slots) - LENGTH(REPLACE(p_slots, ',', ''));
  DECLARE v_message VARCHAR(128);
  IF v_count IS NULL OR p_epochs IS NULL OR @@session.time_zone <> '+00:00'
      OR (v_count > 1 AND v_count <> 1 + LENGTH(p_epochs) - LENGTH(REPLACE(p_epochs, ',', ''))) THEN
    ROLLBACK;
    SIGNAL SQLSTATE '45400' SET MESSAGE_TEXT =
      'HC-BAD-CALL (expected: slots, as many epochs, and a session in time zone +00:00)';
  END IF;
  SELECT cell, expires_at INTO v_cell, v_expires FROM homecell.hc_lease WHERE one = 1;
  WHILE v_index < v_count DO
    SET v_index = v_index + 1;
    SET v_slot = SUBSTRING_INDEX(SUBSTRING_INDEX(p_slots, ',', v_index), ',', -1);
    SET v_expected = SUBSTRING_INDEX(SUBSTRING_INDEX(p_epochs, ',', v_index), ',', -1);
    SET v_owner = NULL;
    SELECT owner, epoch, state INTO v_owner, v_epoch, v_state
      FROM homecell.hc_slot WHERE slot = v_slot FOR SHARE;
    -- Whatever is unknown (NULL) is a refusal.
    IF NOT COALESCE(v_owner = v_cell AND v_state = 'OPEN' AND v_epoch >= v_expected, FALSE) THEN
      SET v_message = LEFT(CONCAT('HC-NOT-HOME slot=', COALESCE(v_slot, '-'),
        ' owner=', COALESCE(v_owner, '-'), ' epoch=', IF(v_owner IS NULL, 0, v_epoch),
        ' state=', IF(v_owner IS NULL, '-', v_state)), 128);
      ROLLBACK;
      SIGNAL SQLSTATE '45421' SET MESSAGE_TEXT = v_message;
    END IF;
  END WHILE;
  IF NOT COALESCE(SYSDATE(6) < v_expires, FALSE) THEN
    SELECT expires_at INTO v_expires FROM homecell.hc_lease WHERE one = 1 FOR SHARE;
    IF NOT COALESCE(SYSDATE(6) < v_expires, FALSE) THEN
      SET v_message = CONCAT('HC-FENCED cell=', v_cell, ' lease=', v_expires);
      ROLLBACK;
      SIGNAL SQLSTATE '45503' SET MESSAGE_TEXT = v_message;
    END IF;
  END IF;
  SET p_expires = v_expires;
END
;
DROP PROCEDURE IF EXISTS homecell.hc_commit
;
-- The commit step: every write transaction of an application ends in this one call, and the server
-- does nothing else for it, so the fence costs no round trip. p_slots lists the slots of the rows that
-- were written, with commas and without blanks, p_epochs the ownership epochs that the caller acted on,
-- in the same order: "17,18" and "3,4"; 256 at most. (JSON arguments, and the rights of the definer, would each add
-- to every commit.)
--
-- 1. The rows of the slots are locked in share mode, in the caller's order (sorted, so two callers
--    can't deadlock on them). A closing that came first is waited for and then seen, since a locking
--    read sees the newest row at any isolation level; a closing that comes later waits for this
--    commit, since the locks are held until it is done. Commits do not wait for each other.
-- 2. Owner, state and epoch are checked.
-- 3. The lease is checked against the clock as it runs: SYSDATE, not NOW, because the locks may have
--    been waited for. The lease is read without a lock before that: it is extended (and cut short only
--    when the clock was set back, see docs/decisions/0006-commit-step.md), so an old reading errs on
--    the safe side; a locked row that every commit shares would make the commits of a busy cell a
--    fifth slower. A reading that would refuse is taken again, with a lock.
-- 4. COMMIT. If it took so long that the lease ended meanwhile, the caller is not told that it
--    succeeded: 45504.
--
-- Refusals: 45421 not home, 45503 the lease is over, 45400 a call that checks nothing. Each has rolled
-- back. Any other error leaves the transaction to the caller to roll back, uncommitted.
CREATE PROCEDURE homecell.hc_commit(
    IN p_slots VARCHAR(1280) CHARACTER SET ascii, IN p_epochs VARCHAR(5120) CHARACTER SET ascii)
  SQL SECURITY INVOKER
  MODIFIES SQL DATA
BEGIN
  DECLARE v_expires DATETIME(6);
  -- Assigned, not cast: what is no number is an error then.
  DECLARE v_slot INT DEFAULT IF(LOCATE(',', p_slots), NULL, p_slots);
  DECLARE v_epoch BIGINT DEFAULT IF(v_slot IS NULL, NULL, p_epochs);
  -- Steps 1 to 3 in one statement, for what nearly every transaction is: one slot, and nothing wrong.
  -- Whatever it does not find is looked at closely below.
  IF v_slot IS NOT NULL AND @@session.time_zone = '+00:00' THEN
    SELECT lease.expires_at INTO v_expires
      FROM homecell.hc_slot slot JOIN homecell.hc_lease lease ON lease.one = 1
      WHERE slot.slot = v_slot AND slot.owner = lease.cell AND slot.state = 'OPEN'
        AND slot.epoch >= v_epoch
      FOR SHARE OF slot;
  END IF;
  IF NOT COALESCE(SYSDATE(6) < v_expires, FALSE) THEN
    CALL homecell.hc_check(p_slots, p_epochs, v_expires);
  END IF;
  COMMIT;
  IF NOT SYSDATE(6) < v_expires THEN
    SELECT expires_at INTO v_expires FROM homecell.hc_lease WHERE one = 1;
    COMMIT;
    IF NOT SYSDATE(6) < v_expires THEN
      SIGNAL SQLSTATE '45504' SET MESSAGE_TEXT = 'HC-LATE the lease ended during the commit';
    END IF;
  END IF;
END
;
DROP PROCEDURE IF EXISTS homecell.hc_node_claim
;
-- Gives an id source a node number out of a cell's range, with the ticks (8 ms since 2024) that it
-- may draw from: p_tick is the caller's clock, p_ahead how many ticks to reserve beyond now. Takes a
-- number that nobody has had, else one whose holder has expired, the least reserved first, and
-- starts above all that this one had reserved: a holder that was only paused draws below it, so even
-- taking a number too early repeats no id. Reserved before it is used, durable, and never lowered.
-- Answers one row (node, from_tick, until_tick), or none if every number is held. A caller's clock
-- that is more than 7,500 ticks (60 s) ahead of ours is not followed further.
-- The row is this server's own: the binlog is off for it. Must not be called in a transaction.
CREATE PROCEDURE homecell.hc_node_claim(
    IN p_first INT, IN p_last INT, IN p_holder VARCHAR(128), IN p_tick BIGINT, IN p_ahead BIGINT,
    IN p_expiry_ms BIGINT)
  SQL SECURITY DEFINER
  MODIFIES SQL DATA
BEGIN
  DECLARE v_node INT;
  DECLARE v_from BIGINT DEFAULT 0;
  DECLARE v_until BIGINT;
  DECLARE v_now BIGINT;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    ROLLBACK;
    SET SESSION sql_log_bin = 1;
    DO RELEASE_LOCK('homecell.hc_node');
    RESIGNAL;
  END;
  IF COALESCE(GET_LOCK('homecell.hc_node', 2), 0) <> 1 THEN
    SIGNAL SQLSTATE '45001' SET MESSAGE_TEXT = 'HC-NODE another claim holds the lock';
  END IF;
  SET SESSION sql_log_bin = 0;
  START TRANSACTION;
  SET v_now = TIMESTAMPDIFF(MICROSECOND, '2024-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 8000;
  SELECT MIN(free.node) INTO v_node FROM (
      WITH RECURSIVE numbers (node) AS (
        SELECT p_first UNION ALL SELECT node + 1 FROM numbers WHERE node < p_last)
      SELECT numbers.node FROM numbers
        LEFT JOIN homecell.hc_node held ON held.node = numbers.node WHERE held.node IS NULL) free;
  IF v_node IS NULL THEN
    SELECT node, reserved_until_tick INTO v_node, v_from FROM homecell.hc_node
      WHERE node BETWEEN p_first AND p_last AND expires_at <= UTC_TIMESTAMP(6)
      ORDER BY reserved_until_tick LIMIT 1 FOR UPDATE;
  END IF;
  IF v_node IS NOT NULL THEN
    SET v_until = GREATEST(v_from, v_now, LEAST(p_tick, v_now + 7500)) + p_ahead;
    INSERT INTO homecell.hc_node (node, holder, reserved_until_tick, expires_at)
      VALUES (v_node, p_holder, v_until, UTC_TIMESTAMP(6) + INTERVAL p_expiry_ms * 1000 MICROSECOND)
      ON DUPLICATE KEY UPDATE holder = VALUES(holder),
        reserved_until_tick = VALUES(reserved_until_tick), expires_at = VALUES(expires_at);
  END IF;
  COMMIT;
  SET SESSION sql_log_bin = 1;
  DO RELEASE_LOCK('homecell.hc_node');
  IF v_node IS NOT NULL THEN
    SELECT v_node AS node, v_from AS from_tick, v_until AS until_tick;
  END IF;
END
;
DROP PROCEDURE IF EXISTS homecell.hc_node_extend
;
-- Reserves further ticks for the holder of a node number. Answers one row (until_tick), or none if
-- the number has another holder by now. p_expiry_ms = 0 gives the number back.
CREATE PROCEDURE homecell.hc_node_extend(
    IN p_node INT, IN p_holder VARCHAR(128), IN p_tick BIGINT, IN p_ahead BIGINT,
    IN p_expiry_ms BIGINT)
  SQL SECURITY DEFINER
  MODIFIES SQL DATA
BEGIN
  DECLARE v_until BIGINT;
  DECLARE v_now BIGINT;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    ROLLBACK;
    SET SESSION sql_log_bin = 1;
    RESIGNAL;
  END;
  SET SESSION sql_log_bin = 0;
  START TRANSACTION;
  SET v_now = TIMESTAMPDIFF(MICROSECOND, '2024-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 8000;
  SELECT reserved_until_tick INTO v_until FROM homecell.hc_node
    WHERE node = p_node AND holder = p_holder FOR UPDATE;
  IF v_until IS NOT NULL THEN
    SET v_until = GREATEST(v_until, GREATEST(v_now, LEAST(p_tick, v_now + 7500)) + p_ahead);
    UPDATE homecell.hc_node
      SET reserved_until_tick = v_until,
        expires_at = UTC_TIMESTAMP(6) + INTERVAL p_expiry_ms * 1000 MICROSECOND
      WHERE node = p_node;
  END IF;
  COMMIT;
  SET SESSION sql_log_bin = 1;
  IF v_until IS NOT NULL THEN
    SELECT v_until AS until_tick;
  END IF;
END
