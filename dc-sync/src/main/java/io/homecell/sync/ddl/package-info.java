/** Schema changes: what they say at the source, which may be carried over, and how. */
package io.homecell.sync.ddl;
