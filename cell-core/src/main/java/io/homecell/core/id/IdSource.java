package io.homecell.core.id;

/**
 * Makes ids.
 *
 * <p>An id is a positive {@code long} that carries its slot in the low bits (see {@link IdLayout}).
 * No two calls anywhere in a deployment return the same id; the ids that one source draws in one
 * slot grow, and across sources they grow with time. Safe for any number of threads.
 */
public interface IdSource {
  /**
   * The next id of a slot.
   *
   * @param slot a slot that the caller's cell owns: the id is to live there
   * @throws IllegalArgumentException if the deployment has no such slot
   * @throws IdsUnavailableException if an id could only be drawn at the risk of drawing it twice;
   *     nothing has happened, the caller may try again later
   */
  long next(int slot);
}
