package io.homecell.account.ledger;

import io.homecell.core.http.ProblemException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Amounts of money: positive, two digits after the point, bounded so that no balance can outgrow
 * its column.
 */
public final class Money {
  /** The largest amount of one operation. */
  public static final BigDecimal AMOUNT_MAX = new BigDecimal("999999999999.99");

  private static final int SCALE = 2;
  private static final Pattern TEXT = Pattern.compile("[0-9]{1,12}(\\.[0-9]{1,2})?");

  private Money() {}

  /**
   * Reads an amount as a caller wrote it.
   *
   * @throws ProblemException 400 if it is not an amount
   */
  public static BigDecimal parse(@Nullable String text) {
    if (text == null || !TEXT.matcher(text).matches()) {
      throw bad(text);
    }
    return checked(new BigDecimal(text));
  }

  /**
   * An amount with two digits after the point.
   *
   * @throws ProblemException 400 if it is not positive, too large or finer than that
   */
  public static BigDecimal checked(@Nullable BigDecimal amount) {
    if (amount == null
        || amount.signum() <= 0
        || amount.compareTo(AMOUNT_MAX) > 0
        || amount.stripTrailingZeros().scale() > SCALE) {
      throw bad(amount == null ? null : amount.toPlainString());
    }
    return amount.setScale(SCALE, RoundingMode.UNNECESSARY);
  }

  /** As it is written in JSON: {@code 12.30}. */
  public static String text(BigDecimal amount) {
    return amount.setScale(SCALE, RoundingMode.UNNECESSARY).toPlainString();
  }

  private static ProblemException bad(@Nullable String text) {
    return new ProblemException(
        400,
        "bad-amount",
        "amount: '"
            + shortened(text)
            + "' (expected: a text such as \"12.30\", from 0.01 to "
            + AMOUNT_MAX.toPlainString()
            + ")");
  }

  private static @Nullable String shortened(@Nullable String text) {
    return text == null || text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }
}
