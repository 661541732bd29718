package io.homecell.sync.pipeline;

import java.util.Optional;

/**
 * How fast a pipeline is, and how much it has before it. Lags are those of the last minute.
 *
 * @param beatP50Millis by heartbeat; as all lags absent where nothing was measured
 * @param commitP50Millis from the commit at the source to that at the target, by the source's clock
 * @param transactionsPerSecond over the last ten seconds, as rows
 * @param pending transactions captured and not yet applied
 * @param lanesBusy connections that apply at this moment
 * @param retries transactions done again after a lock or a deadlock, since the process started
 * @param barriers schema changes and large transactions since then
 */
public record Flow(
    Optional<Double> beatP50Millis,
    Optional<Double> beatP99Millis,
    Optional<Double> commitP50Millis,
    Optional<Double> commitP99Millis,
    double transactionsPerSecond,
    double rowsPerSecond,
    int pending,
    long pendingBytes,
    int lanesBusy,
    long retries,
    long barriers) {}
