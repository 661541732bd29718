package io.homecell.core.coordination;

/**
 * Whether a datacenter may write.
 *
 * @param epoch grows by one with every change; 0 if it never changed
 * @param version the znode's version, for the next compare-and-set; -1 if there is no znode yet
 */
public record DatacenterState(State state, long epoch, int version) {
  /** What has been declared of a datacenter. */
  public enum State {
    /** Its cells may renew their leases. */
    ACTIVE,
    /** Its cells may not: a failover has been decided. */
    LOST
  }

  /** The version of a datacenter of which nothing has been written. */
  public static final int ABSENT = -1;

  public boolean isLost() {
    return state == State.LOST;
  }
}
