/**
 * Looks, while a pipeline runs, for what will stop it or make the copies differ one day; each is
 * named with what to set.
 */
package io.homecell.sync.check;
