package io.homecell.core.slot;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The number of slots of a deployment and the map from an id to its slot.
 *
 * <p>A slot is the low bits of an id, so every id that Homecell makes tells its slot without a
 * lookup. The count is a power of two from 1 to 4,096 and is fixed for the life of a deployment:
 * another count would move every id. Immutable and safe for any number of threads.
 */
public record Slots(int count) {
  /** The largest count: it leaves an id three bits of sequence beside time and node. */
  public static final int MAX_COUNT = 4_096;

  public Slots {
    if (count < 1 || count > MAX_COUNT || Integer.bitCount(count) != 1) {
      throw new IllegalArgumentException(
          "slots: " + count + " (expected: a power of two from 1 to " + MAX_COUNT + ")");
    }
  }

  /**
   * The slot of an id.
   *
   * @param id any id of the deployment, not negative
   */
  public int of(long id) {
    return (int) (id & (count - 1));
  }

  /** The slot of an id that was made elsewhere: CRC-32C of its UTF-8 bytes, modulo the count. */
  public int ofForeign(String id) {
    CRC32C crc = new CRC32C();
    crc.update(id.getBytes(StandardCharsets.UTF_8));
    return (int) (crc.getValue() & (count - 1));
  }

  /** Whether a number is a slot of this deployment. */
  public boolean contains(int slot) {
    return slot >= 0 && slot < count;
  }

  /** How many low bits of an id the slot takes. */
  public int bits() {
    return Integer.numberOfTrailingZeros(count);
  }
}
