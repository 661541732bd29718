package io.homecell.router.upstream;

/** An event loop's ways to one upstream, bounded. Belongs to that event loop. */
public interface CarrierPool {
  /** Gives what carries a request as soon as there is one. */
  void acquire(ConnectionPool.Client wanted);

  /** Looks after what is open: called many times a second. */
  void tick(long nowNanos);

  /** Closes what nobody has used for long. */
  void closeIdle(long nowNanos);

  /** Whether there is nothing of it. */
  boolean isUnused();

  /** Requests under way or waiting. */
  int underWay();

  /** Open connections. */
  int open();
}
