package io.homecell.sync.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.apply.KeyPart.Equality;
import io.homecell.sync.apply.TableKeys.Cascades;
import io.homecell.sync.apply.TableKeys.Role;
import io.homecell.sync.capture.CharsetText;
import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.position.Gtid;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WriteSetTest {
  private static final TableName TEAM = new TableName("account", "team");

  /** Without a key. */
  private static final TableName NOTE = new TableName("account", "note");

  private static final TableName MEMBER = new TableName("account", "member");

  /** Team: id, name (unique). Member: id, team (refers to team.id), email (unique), or NULL. */
  private static final List<String> TEAM_COLUMNS = List.of("id", "name");

  private static final List<String> MEMBER_COLUMNS = List.of("id", "team", "email");
  private static final TableShapes SHAPES = shapes();

  private static TableShapes shapes() {
    TableShapes shapes = new TableShapes();
    shapes.add(
        new TableShape(
            TEAM,
            Set.copyOf(TEAM_COLUMNS),
            Set.of(),
            List.of("id"),
            new TableKeys(
                List.of(held(TEAM, "id", Equality.VALUE), held(TEAM, "name", Equality.CHARACTERS)),
                Cascades.NONE),
            Optional.empty(),
            Map.of()));
    shapes.add(
        new TableShape(
            MEMBER,
            Set.copyOf(MEMBER_COLUMNS),
            Set.of(),
            List.of("id"),
            new TableKeys(
                List.of(
                    held(MEMBER, "id", Equality.VALUE),
                    held(MEMBER, "email", Equality.LETTERS),
                    new TableKeys.Key(
                        TableKeys.seed(TEAM, List.of("id")),
                        Role.RELIED_ON,
                        List.of(new KeyPart("team", Equality.VALUE, KeyPart.WHOLE)))),
                Cascades.NONE),
            Optional.empty(),
            Map.of()));
    shapes.add(
        new TableShape(
            NOTE,
            Set.copyOf(TEAM_COLUMNS),
            Set.of(),
            List.of(),
            new TableKeys(
                List.of(
                    new TableKeys.Key(TableKeys.seed(NOTE, List.of()), Role.HELD, List.of()),
                    held(NOTE, "name", Equality.CHARACTERS)),
                Cascades.NONE),
            Optional.of(new WholeRow(Map.of())),
            Map.of()));
    return shapes;
  }

  private static TableKeys.Key held(TableName table, String column, Equality equality) {
    return new TableKeys.Key(
        TableKeys.seed(table, List.of(column)),
        Role.HELD,
        List.of(new KeyPart(column, equality, KeyPart.WHOLE)));
  }

  private static Row member(long id, @Nullable Long team, @Nullable String email) {
    return new Row(MEMBER_COLUMNS, new Object[] {id, team, email});
  }

  private static Plan plan(RowChange... changes) {
    return Plan.of(
        new SourceTransaction(
            new Gtid("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", 1),
            Instant.EPOCH,
            List.of(changes),
            0),
        SHAPES);
  }

  private static boolean conflict(RowChange one, RowChange other) {
    boolean there = plan(one).keys().conflictsWith(plan(other).keys());
    assertThat(plan(other).keys().conflictsWith(plan(one).keys())).isEqualTo(there);
    return there;
  }

  private static RowChange insert(TableName table, Row row) {
    return new RowChange.Insert(table, row);
  }

  private static RowChange delete(TableName table, Row row) {
    return new RowChange.Delete(table, row);
  }

  /** A copy of the tables that throws where a server would. */
  private static final class Copy {
    private final Map<Long, Row> teams = new HashMap<>();
    private final Map<Long, Row> members = new HashMap<>();

    /** In the order in which they came, the same one several times perhaps. */
    private final List<Row> notes = new ArrayList<>();

    void apply(RowChange change) {
      if (change.table().equals(NOTE)) {
        note(change);
        return;
      }
      boolean team = change.table().equals(TEAM);
      Map<Long, Row> rows = team ? teams : members;
      if (change instanceof RowChange.Insert insert) {
        require(rows.putIfAbsent(id(insert.after()), insert.after()) == null, change);
        check(team, insert.after(), change);
      } else if (change instanceof RowChange.Update update) {
        require(rows.remove(id(update.before()), update.before()), change);
        require(rows.putIfAbsent(id(update.after()), update.after()) == null, change);
        check(team, update.after(), change);
      } else if (change instanceof RowChange.Delete delete) {
        require(rows.remove(id(delete.before()), delete.before()), change);
        require(
            !team
                || members.values().stream()
                    .noneMatch(row -> Objects.equals(row.value(1), id(delete.before()))),
            change);
      }
    }

    private void note(RowChange change) {
      if (change instanceof RowChange.Insert insert) {
        notes.add(insert.after());
      } else if (change instanceof RowChange.Update update) {
        int index = notes.indexOf(update.before());
        require(index >= 0, change);
        notes.set(index, update.after());
      } else if (change instanceof RowChange.Delete delete) {
        require(notes.remove(delete.before()), change);
      }
      require(
          notes.stream().map(row -> row.value(1)).filter(Objects::nonNull).distinct().count()
              == notes.stream().map(row -> row.value(1)).filter(Objects::nonNull).count(),
          change);
    }

    private void check(boolean team, Row row, RowChange change) {
      if (team) {
        require(
            teams.values().stream()
                .noneMatch(other -> other != row && Objects.equals(other.value(1), row.value(1))),
            change);
        return;
      }
      String email = folded(row);
      require(
          email.isEmpty()
              || members.values().stream()
                  .noneMatch(other -> other != row && folded(other).equals(email)),
          change);
      require(row.value(1) == null || teams.containsKey((Long) row.value(1)), change);
    }

    private static String folded(Row member) {
      return member.value(2) instanceof String text
          ? text.replace('é', 'e').toLowerCase(Locale.ROOT)
          : "";
    }

    private static Long id(Row row) {
      return (Long) Objects.requireNonNull(row.value(0));
    }

    private static void require(boolean holds, RowChange change) {
      if (!holds) {
        throw new IllegalStateException("refused: " + change);
      }
    }
  }

  /** Transactions that the copy has accepted one after another, made by chance. */
  private static List<List<RowChange>> history(Copy source, Random random, int count) {
    List<List<RowChange>> all = new ArrayList<>();
    while (all.size() < count) {
      List<RowChange> transaction = new ArrayList<>();
      for (int i = 0; i <= random.nextInt(3); i++) {
        RowChange change = any(source, random);
        Copy trial = new Copy();
        trial.teams.putAll(source.teams);
        trial.members.putAll(source.members);
        trial.notes.addAll(source.notes);
        try {
          trial.apply(change);
        } catch (IllegalStateException refused) {
          continue;
        }
        source.apply(change);
        transaction.add(change);
      }
      if (!transaction.isEmpty()) {
        all.add(transaction);
      }
    }
    return all;
  }

  private static RowChange any(Copy source, Random random) {
    if (random.nextInt(4) == 0) {
      return anyOf(NOTE, source.notes, anyNote(random), random);
    }
    boolean team = random.nextInt(3) == 0;
    return team
        ? anyOf(TEAM, List.copyOf(source.teams.values()), anyTeam(random), random)
        : anyOf(MEMBER, List.copyOf(source.members.values()), anyMember(random), random);
  }

  private static RowChange anyOf(TableName table, List<Row> there, Row image, Random random) {
    int kind = there.isEmpty() ? 0 : random.nextInt(3);
    return switch (kind) {
      case 0 -> insert(table, image);
      case 1 -> new RowChange.Update(table, there.get(random.nextInt(there.size())), image);
      default -> delete(table, there.get(random.nextInt(there.size())));
    };
  }

  private static Row anyTeam(Random random) {
    return new Row(TEAM_COLUMNS, new Object[] {(long) random.nextInt(4), "t" + random.nextInt(4)});
  }

  /** Its name is unique or NULL: rows without one are often the same. */
  private static Row anyNote(Random random) {
    int name = random.nextInt(6);
    return new Row(
        TEAM_COLUMNS, new Object[] {(long) random.nextInt(2), name < 3 ? null : "n" + name});
  }

  private static Row anyMember(Random random) {
    String[] emails = {"bob", "Bob", "bob ", "ann", "eve", "éve", null};
    int team = random.nextInt(5);
    String email = emails[random.nextInt(emails.length)];
    return member(
        random.nextInt(8),
        team == 4 ? null : Long.valueOf(team),
        email == null ? null : email.stripTrailing());
  }

  @Property(tries = 400)
  void anyInterleavingThatTheTrackerAllowsEndsInTheSourcesState(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 8) int lanes) {
    Random random = new Random(seed);
    Copy source = new Copy();
    List<List<RowChange>> history = history(source, random, 40);
    Copy target = new Copy();
    DependencyTracker<Plan> tracker = new DependencyTracker<>();
    List<DependencyTracker.Node<Plan>> ready = new ArrayList<>();
    int admitted = 0;
    int done = 0;
    while (done < history.size()) {
      if (admitted < history.size() && (ready.isEmpty() || random.nextInt(3) > 0)) {
        Plan plan = plan(history.get(admitted++).toArray(RowChange[]::new));
        DependencyTracker.Node<Plan> node = tracker.admit(plan, plan.keys());
        if (node.ready()) {
          ready.add(node);
        }
      } else {
        // any of those under way may commit first
        DependencyTracker.Node<Plan> node =
            ready.remove(random.nextInt(Math.min(lanes, ready.size())));
        node.item().changes().forEach(target::apply);
        ready.addAll(tracker.complete(node));
        done++;
      }
    }
    assertThat(target.teams).isEqualTo(source.teams);
    assertThat(target.members).isEqualTo(source.members);
    assertThat(target.notes).isEqualTo(source.notes); // one lane: in the source's order, too
  }

  @Test
  void aUniqueValueThatIsHandedOnIsOrdered() {
    RowChange leaves = delete(MEMBER, member(1, null, "bob"));
    assertThat(conflict(leaves, insert(MEMBER, member(2, null, "bob")))).isTrue();
    assertThat(conflict(leaves, insert(MEMBER, member(2, null, "BOB  ")))).isTrue();
    assertThat(conflict(leaves, insert(MEMBER, member(2, null, "bob2")))).isFalse();
    assertThat(
            conflict(
                new RowChange.Update(MEMBER, member(1, null, "bob"), member(1, null, "rob")),
                insert(MEMBER, member(2, null, "bob"))))
        .isTrue();
  }

  @Test
  void whatACollationMayTakeForEqualWaits() {
    RowChange plain = insert(MEMBER, member(1, null, "eve"));
    assertThat(conflict(plain, delete(MEMBER, member(2, null, "\u00e9ve")))).isTrue();
    assertThat(conflict(plain, delete(MEMBER, member(2, null, "\uff45\uff56\uff45")))).isTrue();
    assertThat(conflict(plain, delete(MEMBER, member(2, null, "张三")))).isFalse();
    assertThat(
            conflict(insert(MEMBER, member(1, null, "张三")), delete(MEMBER, member(2, null, "张三"))))
        .isTrue();
  }

  @Test
  void nullIsInNobodysWay() {
    assertThat(
            conflict(insert(MEMBER, member(1, null, null)), delete(MEMBER, member(2, null, null))))
        .isFalse();
  }

  @Test
  void aChildIsOrderedWithItsParentAndNotWithItsSiblings() {
    RowChange parent = insert(TEAM, new Row(TEAM_COLUMNS, new Object[] {7L, "red"}));
    RowChange child = insert(MEMBER, member(1, 7L, null));
    assertThat(conflict(parent, child)).isTrue();
    assertThat(conflict(child, insert(MEMBER, member(2, 7L, null)))).isFalse();
    assertThat(
            conflict(
                parent, new RowChange.Update(MEMBER, member(1, 7L, null), member(1, 8L, null))))
        .isTrue();
  }

  @Test
  void aChangeThatCascadesRunsAlone() {
    Cascades cascades = new Cascades(true, Set.of("id"));
    Row red = new Row(TEAM_COLUMNS, new Object[] {7L, "red"});
    Row blue = new Row(TEAM_COLUMNS, new Object[] {7L, "blue"});
    Row moved = new Row(TEAM_COLUMNS, new Object[] {8L, "red"});
    assertThat(cascades.happen(delete(TEAM, red))).isTrue();
    assertThat(cascades.happen(insert(TEAM, red))).isFalse();
    assertThat(cascades.happen(new RowChange.Update(TEAM, red, blue))).isFalse();
    assertThat(cascades.happen(new RowChange.Update(TEAM, red, moved))).isTrue();
    WriteSet.Builder keys = new WriteSet.Builder();
    new TableKeys(List.of(), cascades).collect(delete(TEAM, red), keys);
    assertThat(keys.build().everything()).isTrue();
  }

  @Test
  void nothingButTheNextHeartbeatWaitsForOne() {
    RowChange beat = ownRow(FrameworkTables.HEARTBEAT);
    RowChange slot = ownRow(FrameworkTables.SLOT);
    assertThat(plan(beat).keys().behindEverything()).isTrue();
    assertThat(conflict(beat, beat)).isTrue();
    assertThat(conflict(beat, insert(MEMBER, member(1, null, "bob")))).isFalse();
    assertThat(plan(slot).keys().everything()).isTrue();
    assertThat(plan(beat, slot).keys().everything()).isTrue();
    assertThat(plan(beat, insert(MEMBER, member(1, null, "bob"))).keys().everything()).isTrue();
  }

  private static RowChange ownRow(TableName table) {
    return insert(table, new Row(List.of("source_cell"), new Object[] {"north"}));
  }

  @Test
  void aTableWithoutAKeyIsOneLane() {
    RowChange one = insert(NOTE, new Row(TEAM_COLUMNS, new Object[] {1L, null}));
    RowChange other = insert(NOTE, new Row(TEAM_COLUMNS, new Object[] {2L, "b"}));
    assertThat(conflict(one, one)).isTrue();
    assertThat(conflict(one, other)).isTrue();
    assertThat(conflict(one, insert(MEMBER, member(1, null, "bob")))).isFalse();
  }

  @Test
  void equalValuesHaveEqualNumbers() {
    KeyPart value = new KeyPart("c", Equality.VALUE, KeyPart.WHOLE);
    assertThat(value.hash(new BigDecimal("1.50"))).isEqualTo(value.hash(new BigDecimal("1.5")));
    assertThat(value.hash(new BigDecimal("700"))).isEqualTo(value.hash(700L));
    assertThat(value.hash(new BigDecimal("18446744073709551615"))).isNotEqualTo(value.hash(-1L));
    assertThat(value.hash(-0.0)).isEqualTo(value.hash(0.0));
    assertThat(value.hash(1.5f)).isEqualTo(value.hash(1.5));
    assertThat(value.hash(new byte[] {1, 0})).isEqualTo(value.hash(new byte[] {1}));
    assertThat(value.hash(new byte[] {2})).isNotEqualTo(value.hash(new byte[] {1}));
  }

  @Test
  void aPrefixKeyLooksAtThePrefix() {
    KeyPart text = new KeyPart("c", Equality.LETTERS, 3);
    assertThat(text.hash("abcd")).isEqualTo(text.hash("ABCé")).isPresent();
    assertThat(text.hash("abx")).isNotEqualTo(text.hash("abc"));
    KeyPart exact = new KeyPart("c", Equality.CHARACTERS, 2);
    assertThat(exact.hash("😀a1")).isEqualTo(exact.hash("😀a2")).isNotEqualTo(exact.hash("😀b"));
    KeyPart bytes = new KeyPart("c", Equality.VALUE, 2);
    assertThat(bytes.hash("ab1".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(bytes.hash("ab2".getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void unknownCollationsAndCharsetsTellNothingApart() {
    assertThat(KeyPart.equality("varchar", "latin1_swedish_ci")).isEqualTo(Equality.UNKNOWN);
    assertThat(KeyPart.equality("varchar", "utf8mb4_sv_0900_ai_ci")).isEqualTo(Equality.UNKNOWN);
    assertThat(KeyPart.equality("json", null)).isEqualTo(Equality.UNKNOWN);
    KeyPart letters = new KeyPart("c", Equality.LETTERS, KeyPart.WHOLE);
    assertThat(letters.hash(new CharsetText("utf8mb4", "ff"))).isEmpty();
    assertThat(letters.hash("a\u0000")).isEmpty();
  }
}
