/** Compares the cells at a pipeline's two ends while they work, and names the rows that differ. */
package io.homecell.sync.verify;
