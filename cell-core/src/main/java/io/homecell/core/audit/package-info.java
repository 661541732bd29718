/** What operators and operations have done: append-only, in the coordination service. */
package io.homecell.core.audit;
