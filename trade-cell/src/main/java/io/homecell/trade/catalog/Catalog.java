package io.homecell.trade.catalog;

import io.homecell.api.Page;
import io.homecell.api.trade.Product;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.Tx;
import io.homecell.core.http.ProblemException;
import io.homecell.trade.list.Cursor;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The cell's copy of the catalog; read only. Served by any cell to anybody. Safe for any number of
 * threads.
 */
public final class Catalog {
  private final FencedDatabase database;

  public Catalog(FencedDatabase database) {
    this.database = database;
  }

  /**
   * A page of products by SKU.
   *
   * @param after the SKU that the page starts behind; empty for the first page
   */
  public Page<Product> products(String after, int atMost) {
    List<Product> found =
        database.read(
            tx ->
                tx.list(
                    "SELECT sku, name, price FROM catalog.product WHERE sku > ? ORDER BY sku LIMIT "
                        + (atMost + 1),
                    Catalog::product,
                    after));
    return Cursor.page(found, atMost, Product::sku);
  }

  /**
   * One product.
   *
   * @throws ProblemException 404 if the catalog lacks it
   */
  public Product product(String sku) {
    return database
        .read(
            tx ->
                tx.one(
                    "SELECT sku, name, price FROM catalog.product WHERE sku = ?",
                    Catalog::product,
                    sku))
        .orElseThrow(
            () -> new ProblemException(404, "no-such-product", "sku: '" + sku + "' is not sold"));
  }

  /** The prices of the SKUs that the catalog has. */
  public static Map<String, BigDecimal> prices(Tx tx, Collection<String> skus) throws SQLException {
    Set<String> distinct = new LinkedHashSet<>(skus);
    Map<String, BigDecimal> prices = new LinkedHashMap<>();
    tx.list(
        "SELECT sku, price FROM catalog.product WHERE sku IN ("
            + "?, ".repeat(distinct.size() - 1)
            + "?)",
        row -> prices.put(row.getString(1), row.getBigDecimal(2)),
        distinct.toArray());
    return prices;
  }

  private static Product product(ResultSet row) throws SQLException {
    return new Product(
        row.getString("sku"), row.getString("name"), row.getBigDecimal("price").toPlainString());
  }
}
