/** Slows work that nobody waits for while replication is late; never replication itself. */
package io.homecell.sync.throttle;
