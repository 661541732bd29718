package io.homecell.sync.position;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class GtidSetTest {
  private static final String A = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
  private static final String B = "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb";

  @Test
  void readsAndWritesWhatMysqlShows() {
    String shown = A + ":1-5:7:9-10,\n" + B + ":3";
    assertThat(GtidSet.parse(shown)).hasToString(A + ":1-5:7:9-10," + B + ":3");
    assertThat(GtidSet.parse("").isEmpty()).isTrue();
    assertThat(GtidSet.parse(A.toUpperCase(java.util.Locale.ROOT) + ":2-3:1:4"))
        .hasToString(A + ":1-4");
  }

  @Test
  void refusesAnythingElse() {
    for (String text :
        new String[] {"abc", A, A + ":", A + ":0", A + ":5-3", A + ":x", A + ":1-2-3"}) {
      assertThatThrownBy(() -> GtidSet.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(text);
    }
  }

  @Test
  void namesWhatIsMissingBelowItsHighest() {
    GtidSet set = GtidSet.parse(A + ":3-5:7," + B + ":1-2");
    assertThat(set.firstGap(A)).contains(new Gtid(A, 1));
    assertThat(set.absent(A)).hasToString(A + ":1-2:6");
    set.addAll(set.absent(A));
    assertThat(set.firstGap(A)).isEmpty();
    assertThat(set.firstGap(B)).isEmpty();
    assertThat(set.absent(B).isEmpty()).isTrue();
  }

  @Property
  void isASetOfNumbers(
      @ForAll @Size(max = 40) Set<@IntRange(min = 1, max = 60) Integer> left,
      @ForAll @Size(max = 40) Set<@IntRange(min = 1, max = 60) Integer> right) {
    GtidSet one = of(left);
    GtidSet other = of(right);
    Set<Integer> both = new HashSet<>(left);
    both.retainAll(right);
    Set<Integer> rest = new HashSet<>(left);
    rest.removeAll(right);
    Set<Integer> all = new HashSet<>(left);
    all.addAll(right);

    assertThat(one.intersect(other)).isEqualTo(of(both)).hasToString(of(both).toString());
    assertThat(one.subtract(other)).isEqualTo(of(rest));
    assertThat(one.size()).isEqualTo(left.size());
    assertThat(GtidSet.parse(one.toString())).isEqualTo(one);
    GtidSet sum = GtidSet.parse(one.toString());
    sum.addAll(other);
    assertThat(sum).isEqualTo(of(all));
    for (int number = 1; number <= 60; number++) {
      assertThat(one.contains(new Gtid(A, number))).isEqualTo(left.contains(number));
      assertThat(one.contains(new Gtid(B, number))).isFalse();
    }
  }

  private static GtidSet of(Set<Integer> numbers) {
    GtidSet set = new GtidSet();
    numbers.forEach(number -> set.add(new Gtid(A, number)));
    return set;
  }
}
