/** Reads that a copy answers: how old a copy is, and whether it has a write. */
package io.homecell.core.near;
