package io.homecell.core.near;

import java.util.Map;
import java.util.Set;

/**
 * What a cell's database says of itself at one moment. Rows are of one snapshot, which was taken
 * between the two readings of what is executed.
 *
 * @param startedNanos a monotonic reading from before anything was read
 * @param clockMicros the database's clock, from after the snapshot
 * @param usable whether the cell's lease runs, and no load of it is under way
 * @param before what was executed before the snapshot was taken
 * @param beatMicros the newest beat of each cell, by that cell's clock
 * @param servers the servers of each cell, by UUID
 * @param openOwners the owner of each slot that is open, by the fence rows
 * @param after what is executed now
 */
record CopySample(
    long startedNanos,
    long clockMicros,
    boolean usable,
    ExecutedGtids before,
    Map<String, Long> beatMicros,
    Map<String, Set<String>> servers,
    Map<Integer, String> openOwners,
    ExecutedGtids after) {}
