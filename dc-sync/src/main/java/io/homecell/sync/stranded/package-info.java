/** Settles transactions that came too late: replayed where they still fit, or discarded. */
package io.homecell.sync.stranded;
