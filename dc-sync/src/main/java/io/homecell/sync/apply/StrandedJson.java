package io.homecell.sync.apply;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.homecell.core.json.Json;
import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the changes of a stranded transaction for {@code hc_stranded}: exact enough to replay
 * them. Whole numbers are numbers, everything else is text as MySQL writes it, bytes are {@code
 * 0x...}.
 */
final class StrandedJson {
  private StrandedJson() {}

  static String write(List<RowChange> changes) {
    ArrayNode all = Json.mapper().createArrayNode();
    for (RowChange change : changes) {
      ObjectNode one = all.addObject();
      one.put("schema", change.table().schema());
      one.put("table", change.table().table());
      if (change instanceof RowChange.Insert insert) {
        one.put("op", "INSERT");
        image(one.putObject("after"), insert.after());
      } else if (change instanceof RowChange.Update update) {
        one.put("op", "UPDATE");
        image(one.putObject("before"), update.before());
        image(one.putObject("after"), update.after());
      } else if (change instanceof RowChange.Delete delete) {
        one.put("op", "DELETE");
        image(one.putObject("before"), delete.before());
      }
    }
    return Json.write(all);
  }

  private static void image(ObjectNode node, Row row) {
    List<String> columns = row.columns();
    for (int i = 0; i < columns.size(); i++) {
      @Nullable Object value = row.value(i);
      if (value == null) {
        node.putNull(columns.get(i));
      } else if (value instanceof Long number) {
        node.put(columns.get(i), number);
      } else {
        node.put(columns.get(i), SqlLiteral.text(value));
      }
    }
  }
}
