/** Reads a source's committed transactions, whole and in commit order. */
package io.homecell.sync.capture;
