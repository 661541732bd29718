package io.homecell.sync.check;

import java.time.Duration;
import java.util.Optional;

/**
 * What changes all the time.
 *
 * @param behind the age of the source's last beat that the target has; empty if it has none
 * @param kept how long the source keeps its log; zero for ever
 * @param sourceAhead the source's clock, compared with that of this process
 * @param targetAhead the target's clock, compared with that of this process
 */
record Pulse(
    Optional<Duration> behind, Duration kept, Duration sourceAhead, Duration targetAhead) {}
