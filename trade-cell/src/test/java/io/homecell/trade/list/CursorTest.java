package io.homecell.trade.list;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.api.Page;
import io.homecell.core.http.ProblemException;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {
  @Property
  void anIdIsReadAsItWasWritten(@ForAll @LongRange(min = 1) long id) {
    assertThat(Cursor.readId(Cursor.write(Long.toString(id)), 0)).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(strings = {"not a cursor", "%", "YWJj", "AAAA"})
  void whatIsNoCursorOfOursIsRefused(String cursor) {
    assertThatThrownBy(() -> Cursor.readId(cursor, 7))
        .isInstanceOfSatisfying(
            ProblemException.class, problem -> assertThat(problem.kind()).isEqualTo("bad-cursor"));
  }

  @Test
  void noCursorIsTheFirstPage() {
    assertThat(Cursor.readId(null, 7)).isEqualTo(7);
    assertThat(Cursor.readId("", 7)).isEqualTo(7);
  }

  @Test
  void aPageTellsTheNextOneOnlyIfThereIsOne() {
    assertThat(Cursor.page(List.of("a", "b"), 2, item -> item))
        .isEqualTo(new Page<>(List.of("a", "b"), null));
    assertThat(Cursor.page(List.of("a", "b", "c"), 2, item -> item))
        .isEqualTo(new Page<>(List.of("a", "b"), Cursor.write("b")));
  }
}
