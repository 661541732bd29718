package io.homecell.core.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import io.homecell.core.testing.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTableJsonTest {
  @Test
  void writesTheFormatThatIsDocumented() {
    RouteTable table = Tables.halves(7, 3).withMoving(List.of(8, 9), "north-1");
    assertThat(RouteTableJson.write(table))
        .isEqualTo(
            "{\"epoch\":8,\"slots\":16,\"runs\":["
                + "{\"slots\":\"0-7\",\"owner\":\"north-1\",\"epoch\":3,\"state\":\"OPEN\"},"
                + "{\"slots\":\"8-9\",\"owner\":\"south-1\",\"epoch\":3,\"state\":\"MOVING\","
                + "\"to\":\"north-1\"},"
                + "{\"slots\":\"10-15\",\"owner\":\"south-1\",\"epoch\":3,\"state\":\"OPEN\"}]}");
  }

  @Property(tries = 200)
  void whatIsWrittenIsRead(@ForAll @Size(16) List<@IntRange(min = 1, max = 9) Integer> kinds) {
    List<RouteTable.Run> runs = new ArrayList<>();
    for (int slot = 0; slot < kinds.size(); slot++) {
      int kind = kinds.get(slot);
      SlotRoute route =
          new SlotRoute(
              "cell-" + kind % 3,
              kind,
              kind % 2 == 0 ? Optional.of("cell-" + (kind + 1) % 3) : Optional.empty());
      runs.add(new RouteTable.Run(new SlotRange(slot, slot), route));
    }
    RouteTable table = RouteTable.ofRuns(5, new Slots(16), runs);
    assertThat(RouteTableJson.read(RouteTableJson.write(table))).isEqualTo(table);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "not json|JSON",
        "null|no runs",
        "{}|no runs",
        "{\"epoch\":1,\"slots\":2,\"runs\":[]}|runs end",
        "{\"epoch\":0,\"slots\":1,\"runs\":[{\"slots\":\"0\",\"owner\":\"a\",\"epoch\":1,\"state\":\"OPEN\"}]}|epoch: 0",
        "{\"epoch\":1,\"slots\":1,\"runs\":[{\"slots\":\"0\",\"epoch\":1,\"state\":\"OPEN\"}]}|owner",
        "{\"epoch\":1,\"slots\":1,\"runs\":[{\"slots\":\"0\",\"owner\":\"a\",\"epoch\":1,\"state\":\"MOVING\"}]}|MOVING",
        "{\"epoch\":1,\"slots\":1,\"runs\":[{\"slots\":\"0-1\",\"owner\":\"a\",\"epoch\":1,\"state\":\"OPEN\"}]}|last < 1",
        "{\"epoch\":1,\"slots\":3,\"runs\":[]}|power of two",
      })
  void whatIsNoWholeTableIsRefused(String json, String message) {
    assertThatThrownBy(() -> RouteTableJson.read(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
