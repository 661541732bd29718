package io.homecell.core.fence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WriteTokenTest {
  private static final String SERVER = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

  @Test
  void isReadAsItIsWritten() {
    for (String text : new String[] {SERVER + ":23", SERVER + ":23-25"}) {
      assertThat(WriteToken.parse(text)).map(WriteToken::toString).contains(text);
    }
    assertThat(WriteToken.parse("3E11FA47-71CA-11E1-9E33-C80AA9429562:7"))
        .contains(new WriteToken(SERVER, 7, 7));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        SERVER,
        SERVER + ":",
        SERVER + ":0",
        SERVER + ":-1",
        SERVER + ":5-4",
        SERVER + ":5-",
        SERVER + ":1:3",
        SERVER + ":1," + SERVER + ":2",
        SERVER + ":99999999999999999999",
        SERVER + ":1' OR '1'='1",
        " " + SERVER + ":1",
        "zzzzzzzz-71ca-11e1-9e33-c80aa9429562:1",
      })
  void whatIsNoTokenIsNone(String text) {
    assertThat(WriteToken.parse(text)).isEmpty();
    assertThat(WriteToken.parse(text.repeat(100_000))).isEmpty();
  }

  @Test
  void severalCommitsAskForAllOfThem() {
    WriteToken first = new WriteToken(SERVER, 7, 7);
    assertThat(first.and(new WriteToken(SERVER, 12, 12))).isEqualTo(new WriteToken(SERVER, 7, 12));
    WriteToken elsewhere = new WriteToken("4e11fa47-71ca-11e1-9e33-c80aa9429562", 1, 1);
    assertThat(first.and(elsewhere)).isEqualTo(elsewhere);
  }
}
