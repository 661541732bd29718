package io.homecell.sync.stranded;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.slot.SlotRange;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.stranded.StrandedStore.Kept;
import io.homecell.sync.verify.OwnersRows;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Undoes settled stranded transactions where their changes still stand: each row that one had
 * changed is made as the row's owner has it now, in every cell of the group that is not the owner.
 * So the cell that had committed it, and a third one that had applied it before the failover,
 * become equal to the owner again.
 *
 * <p>Nothing is undone that nobody has decided on: only rows that a settled transaction names, and
 * none in a slot that an open one touches, wherever that is kept. What was undone stays in {@code
 * hc_stranded} with its rows. Of one that was too large to be kept whole the rows are found by
 * comparison, in its slots and tables.
 */
final class StrandedUndo {
  private static final Logger LOG = LoggerFactory.getLogger(StrandedUndo.class);
  private static final Duration WITHIN = Duration.ofMinutes(10);

  /** Undone together, over the same connections. */
  private static final int ROWS_AT_ONCE = 10_000;

  private final StrandedStore store;
  private final Map<String, CellDatabase> group;

  /**
   * @param store of the cell that keeps them
   * @param group all cells of its group, by name
   */
  StrandedUndo(StrandedStore store, Map<String, CellDatabase> group) {
    this.store = store;
    this.group = Map.copyOf(group);
  }

  /** What one names. */
  private record Work(
      Kept kept, Map<String, Set<OwnersRows.Named>> rowsByOwner, Optional<Large> large) {}

  /** Of one that was not kept whole: where to look. */
  private record Large(Map<String, List<SlotRange>> slotsByOwner, List<String> tables) {}

  /** Undoes as many as one turn is for. */
  void run(List<Kept> settled) throws SQLException, InterruptedException {
    List<Work> small = new ArrayList<>();
    int rows = 0;
    for (Kept kept : settled) {
      Work work = work(kept);
      if (work.large().isPresent()) {
        undoLarge(kept, work.large().get());
      } else if (rows < ROWS_AT_ONCE) {
        small.add(work);
        rows += work.rowsByOwner().values().stream().mapToInt(Set::size).sum();
      }
    }
    if (!small.isEmpty()) {
      undo(small);
    }
  }

  private Work work(Kept kept) throws SQLException {
    Map<Integer, String> owners = store.owners(kept.slots());
    JsonNode changes = store.changes(kept.gtid());
    Map<String, Set<OwnersRows.Named>> rows = new LinkedHashMap<>();
    for (JsonNode node : changes) {
      Optional<StoredChange> change = StoredChange.of(node);
      if (change.isEmpty()) {
        return new Work(kept, Map.of(), Optional.of(large(kept, owners, changes)));
      }
      if (!change.get().table().schema().equals("homecell")) {
        change
            .get()
            .rows()
            .forEach(
                row ->
                    rows.computeIfAbsent(
                            owner(kept, owners, row.slot()), any -> new LinkedHashSet<>())
                        .add(row.named()));
      }
    }
    return new Work(kept, rows, Optional.empty());
  }

  /** A row without a slot follows the transaction's first slot: it was made with it. */
  private static String owner(Kept kept, Map<Integer, String> owners, Optional<Integer> slot) {
    return slot.filter(owners::containsKey)
        .or(() -> kept.slots().stream().findFirst())
        .map(of -> owners.getOrDefault(of, ""))
        .orElse("");
  }

  private static Large large(Kept kept, Map<Integer, String> owners, JsonNode changes) {
    Map<String, SortedSet<Integer>> slots = new LinkedHashMap<>();
    kept.slots()
        .forEach(
            slot ->
                slots
                    .computeIfAbsent(owners.getOrDefault(slot, ""), any -> new TreeSet<>())
                    .add(slot));
    Map<String, List<SlotRange>> runs = new LinkedHashMap<>();
    slots.forEach((owner, all) -> runs.put(owner, runs(all)));
    Set<String> tables = new TreeSet<>();
    changes.path(0).path("rowsByTable").fieldNames().forEachRemaining(tables::add);
    changes.forEach(
        change -> {
          if (change.has("table")) {
            TableName name =
                new TableName(change.path("schema").asText(), change.path("table").asText());
            tables.add(name.toString());
          }
        });
    tables.removeIf(table -> table.startsWith("homecell."));
    return new Large(runs, List.copyOf(tables));
  }

  /** Pure: neighbours as runs. */
  static List<SlotRange> runs(SortedSet<Integer> slots) {
    List<SlotRange> runs = new ArrayList<>();
    for (int slot : slots) {
      int last = runs.size() - 1;
      if (last >= 0 && runs.get(last).last() + 1 == slot) {
        runs.set(last, new SlotRange(runs.get(last).first(), slot));
      } else {
        runs.add(new SlotRange(slot, slot));
      }
    }
    return runs;
  }

  private void undoLarge(Kept kept, Large large) throws SQLException, InterruptedException {
    Instant deadline = Instant.now().plus(WITHIN);
    List<String> left = new ArrayList<>();
    try {
      for (Map.Entry<String, List<SlotRange>> of : large.slotsByOwner().entrySet()) {
        CellDatabase owner = cell(of.getKey());
        for (CellDatabase target : others(owner)) {
          left.addAll(
              rows(owner, target, kept.gtid()).restore(of.getValue(), large.tables(), deadline));
        }
      }
    } catch (SQLException e) {
      left.add(String.valueOf(e.getMessage()));
    }
    note(kept, left);
  }

  private void undo(List<Work> works) throws SQLException {
    Instant deadline = Instant.now().plus(WITHIN);
    Map<String, Set<OwnersRows.Named>> rows = new HashMap<>();
    works.forEach(
        work ->
            work.rowsByOwner()
                .forEach(
                    (owner, named) ->
                        rows.computeIfAbsent(owner, any -> new LinkedHashSet<>()).addAll(named)));
    boolean late = works.stream().anyMatch(work -> work.kept().lateToUndo());
    String what =
        works.get(0).kept().gtid()
            + (works.size() > 1 ? " and " + (works.size() - 1) + " more" : "");
    Map<OwnersRows.Named, OwnersRows.Left> left = restore(rows, what, late, deadline);
    for (Work work : works) {
      List<OwnersRows.Left> of =
          work.rowsByOwner().values().stream()
              .flatMap(Set::stream)
              .flatMap(row -> Optional.ofNullable(left.get(row)).stream())
              .toList();
      of.stream()
          .filter(OwnersRows.Left::byHand)
          .findFirst()
          .ifPresent(
              one ->
                  LOG.warn(
                      "{}: rows are left as they are: {}; make them equal by hand if they differ,"
                          + " with sql_log_bin=0",
                      work.kept().gtid(),
                      one.why()));
      note(
          work.kept(), of.stream().filter(one -> !one.byHand()).map(OwnersRows.Left::why).toList());
    }
  }

  private Map<OwnersRows.Named, OwnersRows.Left> restore(
      Map<String, Set<OwnersRows.Named>> rowsByOwner, String what, boolean late, Instant deadline) {
    Map<OwnersRows.Named, OwnersRows.Left> left = new HashMap<>();
    rowsByOwner.forEach(
        (name, rows) -> {
          try {
            CellDatabase owner = cell(name);
            for (CellDatabase target : others(owner)) {
              left.putAll(restore(rows(owner, target, what), rows, late, deadline));
            }
          } catch (SQLException e) {
            rows.forEach(
                row -> left.put(row, new OwnersRows.Left(String.valueOf(e.getMessage()), false)));
          }
        });
    return left;
  }

  /** What is late is done also ahead of the copies: it may be what stops them. */
  private static Map<OwnersRows.Named, OwnersRows.Left> restore(
      OwnersRows of, Set<OwnersRows.Named> rows, boolean late, Instant deadline)
      throws SQLException {
    Map<OwnersRows.Named, OwnersRows.Left> left = of.restore(rows, false, deadline);
    return left.isEmpty() || !late ? left : of.restore(left.keySet(), true, deadline);
  }

  private void note(Kept kept, List<String> left) throws SQLException {
    if (left.isEmpty()) {
      store.undone(kept.gtid());
    } else {
      store.waits(kept.gtid(), left.size() + " rows, first: " + left.get(0));
    }
  }

  private OwnersRows rows(CellDatabase owner, CellDatabase target, String what) {
    return new OwnersRows(
        owner, target, List.copyOf(group.values()), "the undo of the stranded " + what);
  }

  private CellDatabase cell(String name) throws SQLException {
    CellDatabase cell = group.get(name);
    if (cell == null) {
      throw new SQLException("a slot is owned by '" + name + "', which is no cell of the group");
    }
    return cell;
  }

  private List<CellDatabase> others(CellDatabase owner) {
    return group.values().stream().filter(cell -> !cell.equals(owner)).toList();
  }
}
