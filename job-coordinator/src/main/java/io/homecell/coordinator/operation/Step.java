package io.homecell.coordinator.operation;

/**
 * The steps of operations. Each is written to the coordination service before it acts, and acting
 * twice is the same as acting once, so that any coordinator may take it up again.
 */
public enum Step {
  /** What moves where, and from which epochs. */
  PLAN,
  /** Every reason not to begin, by name. */
  CHECK,
  /** A datacenter that had been declared lost may renew its leases again. Failback only. */
  MARK_ACTIVE,
  /** Routers hold unsafe requests for the slots; a failover does not wait until they do. */
  HOLD,
  /** The old owner's database refuses commits from here on. */
  CLOSE,
  /** The target has everything that the old owner committed. */
  DRAIN,
  /** From here on the coordination service denies the old owner its lease. Failover only. */
  DECLARE_LOST,
  /** The last lease that the old owner may have got is over. Failover only. */
  WAIT_LEASE,
  /** What is known to be missing. Failover only. */
  STATE_LOSS,
  /** The new owner's database takes commits: no way back. */
  OPEN,
  /** Routers learn the new owner. */
  PUBLISH,
  /** What a wave shows at the routers and in replication decides about the next. Waves only. */
  CHECK_WAVE,
  /** Pinned jobs follow. */
  JOBS,
  /** Every router and instance has applied the new routes. */
  VERIFY,
  /** Giving up: the old owner's database takes commits again, at a higher epoch. */
  REOPEN,
  /** Giving up: routers release what they hold, to the old owner. */
  RELEASE,
  /** Giving up: the datacenter is no longer declared lost. */
  UNDECLARE,
  /** Nothing more to do. */
  END
}
