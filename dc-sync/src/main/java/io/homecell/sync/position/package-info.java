/** Where a pipeline starts: sets of global transaction identifiers, nothing else. */
package io.homecell.sync.position;
