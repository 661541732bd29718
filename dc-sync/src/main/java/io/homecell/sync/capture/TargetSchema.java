package io.homecell.sync.capture;

import io.debezium.config.Configuration;
import io.debezium.relational.Tables;
import io.debezium.relational.ddl.DdlParser;
import io.debezium.relational.history.HistoryRecordComparator;
import io.debezium.relational.history.SchemaHistory;
import io.debezium.relational.history.SchemaHistoryListener;
import io.debezium.relational.history.TableChanges;
import io.debezium.text.MultipleParsingExceptions;
import io.debezium.text.ParsingException;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's memory of what the source's tables looked like at the place where it starts: the
 * target's tables, as they are. The target has executed exactly the schema changes before that
 * place, each behind all rows before it, so its tables have the shape of the next row; the source's
 * own may be further on. From there Debezium follows the source's log, and nothing is stored.
 */
final class TargetSchema implements SchemaHistory {
  private final List<TableDefinition> definitions;

  TargetSchema(List<TableDefinition> definitions) {
    this.definitions = List.copyOf(definitions);
  }

  @Override
  @SuppressWarnings("deprecation") // called by the method that replaces it
  public void recover(
      Map<Map<String, ?>, Map<String, ?>> offsets, Tables schema, DdlParser ddlParser) {
    for (TableDefinition definition : definitions) {
      ddlParser.setCurrentDatabase(definition.table().schema());
      try {
        ddlParser.parse(definition.statement(), schema);
      } catch (ParsingException | MultipleParsingExceptions e) {
        throw new ReplicationHaltedException(
            Reason.SCHEMA_CHANGE,
            definition.table()
                + " of the target has a definition that Debezium can't read: "
                + e.getMessage(),
            e);
      }
    }
  }

  @Override
  public void record(
      Map<String, ?> source,
      Map<String, ?> position,
      @Nullable String databaseName,
      @Nullable String ddl) {
    // the target keeps it, once it has run it
  }

  @Override
  public void record(
      Map<String, ?> source,
      Map<String, ?> position,
      @Nullable String databaseName,
      @Nullable String schemaName,
      @Nullable String ddl,
      @Nullable TableChanges changes,
      Instant timestamp) {
    // the target keeps it, once it has run it
  }

  @Override
  public boolean exists() {
    return true;
  }

  @Override
  public boolean storageExists() {
    return true;
  }

  @Override
  public void configure(
      Configuration config,
      HistoryRecordComparator comparator,
      SchemaHistoryListener listener,
      boolean useCatalogBeforeSchema) {
    // nothing to choose
  }

  @Override
  public void start() {
    // nothing to open
  }

  @Override
  public void stop() {
    // nothing to close
  }

  @Override
  public void initializeStorage() {
    // nothing to make
  }
}
