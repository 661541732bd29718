package io.homecell.sync.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServerChecksTest {
  @Test
  void everyWrongSettingIsNamedWithWhatToSet() {
    Map<String, String> expected = new LinkedHashMap<>();
    expected.put("binlog_format", "ROW");
    expected.put("binlog_row_image", "FULL");
    expected.put("binlog_row_value_options", "");
    Map<String, String> actual =
        Map.of("binlog_format", "row", "binlog_row_value_options", "PARTIAL_JSON");
    assertThat(ServerChecks.problems(expected, actual))
        .containsExactly(
            "set binlog_row_image='FULL', it is 'absent'",
            "set binlog_row_value_options='', it is 'PARTIAL_JSON'");
  }
}
