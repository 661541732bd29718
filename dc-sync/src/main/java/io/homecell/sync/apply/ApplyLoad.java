package io.homecell.sync.apply;

/**
 * What an applier has to do.
 *
 * @param pending transactions captured and not yet applied
 * @param pendingBytes about how much memory they hold
 * @param lanesBusy connections that apply at this moment
 * @param retries how often a transaction was done again since the start
 * @param barriers how often all before was waited for since the start: by a schema change, or a
 *     large transaction
 * @param barrierNanos how long those waited
 */
public record ApplyLoad(
    int pending, long pendingBytes, int lanesBusy, long retries, long barriers, long barrierNanos) {
  /** Of an applier that has just started, or none. */
  public static final ApplyLoad NONE = new ApplyLoad(0, 0, 0, 0, 0, 0);
}
