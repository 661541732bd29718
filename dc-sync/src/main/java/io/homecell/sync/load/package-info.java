/** Fills an empty cell from one that is at work, see docs/decisions/0017. */
package io.homecell.sync.load;
