package io.homecell.cellctl.load;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;

/**
 * Draws the operations of a load: of a hundred writes, 5 register a user, 45 deposit, 25 transfer,
 * 25 place an order (and pay it once it is placed); reads among them as asked for. The same seed
 * and the same users draw the same operations. Not safe for several threads but for {@link
 * #addUser} and {@link #addOrder}.
 */
final class Workload {
  private static final List<String> SKUS =
      List.of("tea-green", "coffee-yunnan", "rice-wuchang", "honey-linden", "towel");

  private final Random random;
  private final List<Long> merchants;
  private final int readPercent;
  private final List<Long> users = new ArrayList<>();
  private final List<Operation.Read> orders = new ArrayList<>();
  private int registered;

  /**
   * @param readPercent how many of a hundred operations read
   */
  Workload(long seed, List<Long> merchants, int readPercent) {
    this.random = new Random(seed);
    this.readPercent = readPercent;
    this.merchants = List.copyOf(merchants);
  }

  /** Makes a user known that may be drawn from now on. */
  void addUser(long user) {
    synchronized (users) {
      users.add(user);
    }
  }

  /** Makes an order known that may be read from now on. */
  void addOrder(long user, long order) {
    synchronized (orders) {
      orders.add(new Operation.Read(user, OptionalLong.of(order)));
    }
  }

  /** The next operation; needs two users. */
  Operation next() {
    if (readPercent > 0 && random.nextInt(100) < readPercent) {
      return read();
    }
    int draw = random.nextInt(100);
    if (draw < 5) {
      return new Operation.Register("user-" + registered++);
    }
    long user = anyUser();
    if (draw < 50) {
      return new Operation.Deposit(user, money(100, 20_000));
    }
    if (draw < 75) {
      return new Operation.Transfer(user, otherThan(user), money(1, 500));
    }
    return new Operation.PlaceOrder(
        user,
        merchants.get(random.nextInt(merchants.size())),
        SKUS.get(random.nextInt(SKUS.size())),
        1 + random.nextInt(2));
  }

  private Operation read() {
    synchronized (orders) {
      if (!orders.isEmpty() && random.nextBoolean()) {
        return orders.get(random.nextInt(orders.size()));
      }
    }
    return new Operation.Read(anyUser(), OptionalLong.empty());
  }

  private long anyUser() {
    synchronized (users) {
      return users.get(random.nextInt(users.size()));
    }
  }

  private long otherThan(long user) {
    while (true) {
      long other = anyUser();
      if (other != user) {
        return other;
      }
    }
  }

  /** An amount in cents, as money. */
  private BigDecimal money(int fromCents, int toCents) {
    return BigDecimal.valueOf(fromCents + random.nextInt(toCents - fromCents), 2);
  }
}
