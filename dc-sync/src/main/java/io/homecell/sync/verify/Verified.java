package io.homecell.sync.verify;

import java.time.Instant;

/**
 * The last verification in a few words, for a pipeline's status.
 *
 * @param differences rows found to differ
 * @param equal whether everything was proven equal
 */
public record Verified(Instant at, long differences, boolean equal) {}
