package io.homecell.benchmarks.router;

/**
 * One peer in one round.
 *
 * @param cpuMicros of the peer's processes for each request
 */
record Measured(double requestsPerSecond, double cpuMicros, double p50Millis, double p99Millis) {}
