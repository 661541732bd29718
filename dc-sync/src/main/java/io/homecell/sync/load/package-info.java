/** Fills an empty cell from one that is at work, see docs/decisions/0012. */
package io.homecell.sync.load;
