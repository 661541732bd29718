package io.homecell.sync.ddl;

import io.homecell.sync.capture.TableName;
import io.homecell.sync.ddl.SqlTokens.Kind;
import io.homecell.sync.ddl.SqlTokens.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a statement may be carried over: a pure function of its text, which reads its head and
 * looks for a few words in the rest. What it can't tell is not carried over.
 */
public sealed interface SchemaChangeKind {
  /** It changes these tables, and nothing but tables of services. */
  record Carried(List<TableName> tables) implements SchemaChangeKind {
    public Carried {
      tables = List.copyOf(tables);
    }
  }

  /** It needs a person. */
  record Refused(String why) implements SchemaChangeKind {}

  /** Classifies a statement of the log. */
  static SchemaChangeKind of(String database, String sql) {
    Optional<List<Token>> tokens = SqlTokens.of(sql);
    if (tokens.isEmpty()) {
      return new Refused("its text can't be told from its comments and quotes");
    }
    try {
      return new Reader(database, tokens.get()).statement();
    } catch (Unclear e) {
      return new Refused(String.valueOf(e.getMessage()));
    }
  }

  /** How a statement concerns some schemas. */
  enum Concern {
    /** All that it changes is in them. */
    WHOLLY,
    /** Nothing of it is. */
    NOT,
    /** It also changes others, or it can't be told. */
    PARTLY
  }

  /** What statements begin with that change no row but of the table that they make. */
  Set<String> WITHOUT_ROWS =
      Set.of("CREATE", "ALTER", "DROP", "RENAME", "GRANT", "REVOKE", "ANALYZE", "FLUSH", "SET");

  /**
   * Whether a statement of the log concerns some schemas. One that is not understood may concern
   * them if it names one anywhere, was run in one, or may change rows.
   */
  static Concern concern(SchemaStatement statement, Set<String> schemas) {
    if (of(statement.database(), statement.sql()) instanceof Carried carried) {
      long inside =
          carried.tables().stream().filter(table -> schemas.contains(table.schema())).count();
      return inside == 0
          ? Concern.NOT
          : inside == carried.tables().size() ? Concern.WHOLLY : Concern.PARTLY;
    }
    String text = statement.sql().toLowerCase(Locale.ROOT);
    String first = statement.sql().strip().split("\\s", 2)[0].toUpperCase(Locale.ROOT);
    return WITHOUT_ROWS.contains(first)
            && !schemas.contains(statement.database())
            && schemas.stream().noneMatch(text::contains)
        ? Concern.NOT
        : Concern.PARTLY;
  }

  /** Ends the reading. */
  final class Unclear extends Exception {
    private static final long serialVersionUID = 1L;

    private Unclear(String why) {
      super(why);
    }
  }

  /** Reads one statement from its head on. */
  final class Reader {
    private static final Set<String> OWN_SCHEMAS =
        Set.of("homecell", "mysql", "sys", "information_schema", "performance_schema");

    private final String database;
    private final List<Token> tokens;
    private final List<TableName> tables = new ArrayList<>();
    private int at;

    private Reader(String database, List<Token> tokens) {
      this.database = database;
      this.tokens = withoutEnd(tokens);
    }

    private static List<Token> withoutEnd(List<Token> tokens) {
      int last = tokens.size() - 1;
      return last >= 0 && tokens.get(last).is(";") ? tokens.subList(0, last) : tokens;
    }

    private SchemaChangeKind statement() throws Unclear {
      requireAbsent(";", "it is more than one statement");
      if (skip("CREATE")) {
        create();
      } else if (skip("ALTER")) {
        expect("TABLE");
        alterTable();
      } else if (skip("RENAME")) {
        expect("TABLE");
        renameTables();
      } else if (skip("DROP")) {
        drop();
      } else if (skip("TRUNCATE")) {
        skip("TABLE");
        table();
        expectEnd();
      } else {
        throw unclear();
      }
      return new Carried(tables);
    }

    private void create() throws Unclear {
      if (skip("TABLE")) {
        createTable();
        return;
      }
      if (!skip("UNIQUE") && !skip("FULLTEXT")) {
        skip("SPATIAL");
      }
      expect("INDEX");
      name();
      if (skip("USING")) {
        at++;
      }
      expect("ON");
      table();
    }

    private void createTable() throws Unclear {
      if (skip("IF")) {
        expect("NOT");
        expect("EXISTS");
      }
      table();
      boolean inParentheses = skip("(");
      if (skip("LIKE")) {
        table();
        if (inParentheses) {
          expect(")");
        }
        expectEnd();
        return;
      }
      requireAbsent("SELECT", "it takes rows from a query");
      requireAbsent("START", "it takes rows from a query");
      for (int i = at; i < tokens.size(); i++) {
        Token token = tokens.get(i);
        if (token.depth() == 0 && (token.is("TABLE") || token.is("VALUES"))) {
          throw new Unclear("it takes rows from a query");
        }
      }
      body();
    }

    private void alterTable() throws Unclear {
      table();
      for (int i = at; i < tokens.size(); i++) {
        boolean exchange = tokens.get(i).is("TABLE") && tokens.get(i - 1).is("WITH");
        if (exchange || (tokens.get(i).is("RENAME") && renamesTable(i + 1))) {
          at = i + 1;
          if (!exchange && !skip("TO")) {
            skip("AS");
          }
          table();
          i = at - 1;
        }
      }
      body();
    }

    private boolean renamesTable(int next) {
      return next < tokens.size()
          && !tokens.get(next).is("COLUMN")
          && !tokens.get(next).is("INDEX")
          && !tokens.get(next).is("KEY");
    }

    /** What is between the name and the end of CREATE TABLE and ALTER TABLE. */
    private void body() throws Unclear {
      requireAbsent("TABLESPACE", "it names a tablespace");
      requireAbsent("DIRECTORY", "it names a folder of the server");
      for (int i = at; i < tokens.size(); i++) {
        if (tokens.get(i).is("REFERENCES")) {
          at = i + 1;
          table();
        } else if (tokens.get(i).is("ENGINE") && tokens.get(i).depth() == 0) {
          int engine = i + 1 < tokens.size() && tokens.get(i + 1).is("=") ? i + 2 : i + 1;
          if (engine >= tokens.size() || !tokens.get(engine).text().equalsIgnoreCase("InnoDB")) {
            throw new Unclear("it names an engine other than InnoDB");
          }
        }
      }
    }

    private void renameTables() throws Unclear {
      do {
        table();
        expect("TO");
        table();
      } while (skip(","));
      expectEnd();
    }

    private void drop() throws Unclear {
      if (skip("INDEX")) {
        name();
        expect("ON");
        table();
        return;
      }
      expect("TABLE");
      if (skip("IF")) {
        expect("EXISTS");
      }
      do {
        table();
      } while (skip(","));
      if (!skip("RESTRICT")) {
        skip("CASCADE");
      }
      expectEnd();
    }

    private void table() throws Unclear {
      String first = name();
      TableName table = skip(".") ? new TableName(first, name()) : new TableName(database, first);
      if (table.schema().isEmpty()) {
        throw new Unclear("table " + table.table() + " is in no schema");
      }
      if (OWN_SCHEMAS.contains(table.schema().toLowerCase(Locale.ROOT))) {
        throw new Unclear(table + " is not a table of a service");
      }
      tables.add(table);
    }

    private String name() throws Unclear {
      Token token = peek();
      if (token == null || (token.kind() != Kind.WORD && token.kind() != Kind.NAME)) {
        throw unclear();
      }
      at++;
      return token.text();
    }

    private @Nullable Token peek() {
      return at < tokens.size() ? tokens.get(at) : null;
    }

    private boolean skip(String keywordOrSign) {
      Token token = peek();
      boolean found = token != null && token.is(keywordOrSign);
      at += found ? 1 : 0;
      return found;
    }

    private void expect(String keywordOrSign) throws Unclear {
      if (!skip(keywordOrSign)) {
        throw unclear();
      }
    }

    private void expectEnd() throws Unclear {
      if (at < tokens.size()) {
        throw unclear();
      }
    }

    private void requireAbsent(String keywordOrSign, String why) throws Unclear {
      for (int i = at; i < tokens.size(); i++) {
        if (tokens.get(i).is(keywordOrSign)) {
          throw new Unclear(why);
        }
      }
    }

    private static Unclear unclear() {
      return new Unclear("only changes of services' tables are");
    }
  }
}
