package io.homecell.trade.order;

import io.homecell.api.trade.NewOrder;
import io.homecell.core.http.ProblemException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An order that makes sense in itself: who, from whom, what, how many.
 *
 * @param lines 1 to {@link PricedLine#LINES_MAX}
 */
record OrderRequest(long userId, long merchantId, List<Line> lines) {
  private static final int SKU_MAX = 32;

  OrderRequest {
    lines = List.copyOf(lines);
  }

  record Line(String sku, int quantity) {}

  /**
   * Reads the body of {@code POST /orders}.
   *
   * @throws ProblemException 400 naming the value at fault; 403 if the order is for another user
   */
  static OrderRequest of(@Nullable NewOrder body, long caller) {
    if (body == null) {
      throw bad("the body is missing (expected: {userId, merchantId, lines})");
    }
    long user = IdText.parse("userId", body.userId());
    long merchant = IdText.parse("merchantId", body.merchantId());
    List<NewOrder.@Nullable Line> lines = body.lines();
    if (lines == null || lines.isEmpty() || lines.size() > PricedLine.LINES_MAX) {
      throw bad(
          "lines: "
              + (lines == null ? "missing" : lines.size())
              + " (expected: 1 to "
              + PricedLine.LINES_MAX
              + " of {sku, quantity})");
    }
    List<Line> read = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      read.add(line("lines[" + i + "]", lines.get(i)));
    }
    if (user != caller) {
      throw new ProblemException(
          403, "not-yours", "userId: " + user + " (expected: your own, " + caller + ")");
    }
    return new OrderRequest(user, merchant, read);
  }

  private static Line line(String at, NewOrder.@Nullable Line line) {
    if (line == null || line.sku() == null || line.sku().isBlank()) {
      throw bad(at + ".sku: missing (expected: a product's sku)");
    }
    if (line.sku().length() > SKU_MAX) {
      throw bad(at + ".sku: " + line.sku().length() + " characters (expected: <= " + SKU_MAX + ")");
    }
    Integer quantity = line.quantity();
    if (quantity == null || quantity < 1 || quantity > PricedLine.QUANTITY_MAX) {
      throw bad(
          at + ".quantity: " + quantity + " (expected: 1 to " + PricedLine.QUANTITY_MAX + ")");
    }
    return new Line(line.sku(), quantity);
  }

  /**
   * The lines at these prices.
   *
   * @throws ProblemException 422 if a product has no price
   */
  List<PricedLine> priced(Map<String, BigDecimal> prices) {
    List<PricedLine> priced = new ArrayList<>();
    for (Line line : lines) {
      BigDecimal price = prices.get(line.sku());
      if (price == null) {
        throw new ProblemException(
            422, "no-such-product", "sku: '" + line.sku() + "' is not sold (see /products)");
      }
      priced.add(new PricedLine(line.sku(), line.quantity(), price));
    }
    return priced;
  }

  private static ProblemException bad(String detail) {
    return new ProblemException(400, "bad-order", detail);
  }
}
