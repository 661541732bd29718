/** Applies a source's transactions at the target, each under its own identifier, exactly once. */
package io.homecell.sync.apply;
