package io.homecell.sync.apply;

import java.util.ArrayList;
import java.util.List;

/** Reads the members of an ENUM or a SET from its type, as MySQL's dictionary writes it. */
final class MemberNames {
  private MemberNames() {}

  /**
   * The names, in their order.
   *
   * @param type {@code enum('a','it''s')}
   */
  static List<String> of(String type) {
    List<String> names = new ArrayList<>();
    StringBuilder name = new StringBuilder();
    boolean within = false;
    for (int i = 0; i < type.length(); i++) {
      char c = type.charAt(i);
      char next = i + 1 < type.length() ? type.charAt(i + 1) : ' ';
      if (!within) {
        within = c == '\'';
      } else if (c == '\'' && next != '\'') {
        names.add(name.toString());
        name.setLength(0);
        within = false;
      } else if (c == '\'' || c == '\\') {
        name.append(c == '\\' ? escaped(next) : next);
        i++;
      } else {
        name.append(c);
      }
    }
    return names;
  }

  private static char escaped(char c) {
    return switch (c) {
      case '0' -> '\0';
      case 'n' -> '\n';
      case 'r' -> '\r';
      default -> c;
    };
  }
}
