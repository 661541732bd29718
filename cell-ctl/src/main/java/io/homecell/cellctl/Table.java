package io.homecell.cellctl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Rows in columns as wide as their widest cell; no frames, so that it can be cut and grepped. */
public final class Table {
  private static final String GAP = "  ";

  private final List<String[]> rows = new ArrayList<>();

  public Table(String... header) {
    rows.add(header);
  }

  /** Adds a row; an empty cell is written as a dash. */
  public Table row(Object... cells) {
    rows.add(
        Arrays.stream(cells)
            .map(String::valueOf)
            .map(cell -> cell.isBlank() ? "-" : cell)
            .toArray(String[]::new));
    return this;
  }

  public boolean isEmpty() {
    return rows.size() == 1;
  }

  @Override
  public String toString() {
    int columns = rows.get(0).length;
    int[] widths = new int[columns];
    for (String[] row : rows) {
      for (int column = 0; column < columns; column++) {
        widths[column] = Math.max(widths[column], row[column].length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).collect(Collectors.joining("\n"));
  }

  private static String line(String[] row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < row.length; column++) {
      line.append(row[column]);
      if (column < row.length - 1) {
        line.append(" ".repeat(widths[column] - row[column].length())).append(GAP);
      }
    }
    return line.toString().stripTrailing();
  }
}
