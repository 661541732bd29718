package io.homecell.sync.stranded;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.json.Json;
import io.homecell.core.slot.SlotRange;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TouchedTest {
  @Test
  void usersAndOperationsAreWhatColumnsTell() {
    Touched touched =
        Touched.by(
            Json.read(
                """
                [{"truncated":true,"rows":3},
                 {"before":{"user_id":9007199254740993,"idem_key":null},"after":{"user_id":7}},
                 {"after":{"USER_ID":"7","Idempotency_Key":"k-1","payment_id":5}}]
                """,
                JsonNode.class));
    assertThat(touched.users()).containsExactly("7", "9007199254740993");
    assertThat(touched.operations()).containsExactly("k-1");
  }

  @Test
  void neighbouringSlotsAreRuns() {
    assertThat(StrandedUndo.runs(new TreeSet<>(List.of(1, 2, 3, 7, 9, 10))))
        .containsExactly(new SlotRange(1, 3), new SlotRange(7, 7), new SlotRange(9, 10));
    assertThat(StrandedUndo.runs(new TreeSet<>())).isEmpty();
  }
}
