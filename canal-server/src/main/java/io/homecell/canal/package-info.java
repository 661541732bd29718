/** A Canal server for one cell, run as a process of its own from Canal's Maven artifacts. */
@NullMarked
package io.homecell.canal;

import org.jspecify.annotations.NullMarked;
