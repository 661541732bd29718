/** Runs pipelines: one for each ordered pair of cells of a group whose target is here. */
package io.homecell.sync.pipeline;
