package io.homecell.router.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpHeaders;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AskTest {
  private static Ask ask(String cookies, String query) {
    return new Ask(
        HttpHeaders.headers().add("Cookie", cookies), query, "127.0.0.1", Optional.empty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "uid=7              | 7",
        "a=1; uid=7; b=2    | 7",
        "a=1;uid=7;b=2      | 7",
        "uid=\"7\"          | 7",
        "uid=7; uid=8       | 7",
        "xuid=7             | ''",
        "uidx=7             | ''",
        "a=uid=7            | ''",
        "uid=               | ''",
        "uid                | ''",
        "UID=7              | ''",
        ";;  ; uid=7        | 7",
        "uid=\"             | \"",
      })
  void cookies(String cookies, String value) {
    assertThat(ask(cookies, "").cookie("uid")).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "user=7        | 7",
        "a=1&user=7&b  | 7",
        "user=7&user=8 | 7",
        "auser=7       | ''",
        "user          | ''",
        "user=%37      | %37",
        "''            | ''",
        "&&user=7      | 7",
      })
  void parameters(String query, String value) {
    assertThat(ask("", query).parameter("user")).isEqualTo(value);
  }

  @org.junit.jupiter.api.Test
  void withoutCookiesThereIsNone() {
    assertThat(new Ask(HttpHeaders.headers(), "", "127.0.0.1", Optional.empty()).cookie("uid"))
        .isEmpty();
  }
}
