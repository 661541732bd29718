/**
 * The checking load generator: an open-loop load through the edges of every datacenter, a journal
 * of what was acknowledged, and a checker that proves over HTTP that all of it is there exactly
 * once.
 */
@NullMarked
package io.homecell.cellctl.load;

import org.jspecify.annotations.NullMarked;
