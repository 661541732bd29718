/** Measures how far the target is behind, in the data path itself. */
package io.homecell.sync.heartbeat;
