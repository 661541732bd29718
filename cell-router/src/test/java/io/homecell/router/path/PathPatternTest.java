package io.homecell.router.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathPatternTest {
  @ParameterizedTest
  @CsvSource({
    "/accounts,            /accounts,          true",
    "/accounts,            /accounts/,         false",
    "/accounts,            /account,           false",
    "/accounts,            /accounts/7,        false",
    "/accounts/{user}/**,  /accounts/7,        true",
    "/accounts/{user}/**,  /accounts/7/,       true",
    "/accounts/{user}/**,  /accounts/7/a/b,    true",
    "/accounts/{user}/**,  /accounts/,         false",
    "/accounts/{user}/**,  /accounts,          false",
    "/accounts/{user}/**,  /accounts//x,       false",
    "/accounts/{user},     /accounts/7/x,      false",
    "/a/{x}/b/{y},         /a/1/b/2,           true",
    "/a/{x}/b/{y},         /a/1/c/2,           false",
    "/**,                  /,                  true",
    "/**,                  /any/thing,         true",
    "/products/**,         /products,          true",
    "/products/**,         /productsandmore,   false",
    "/,                    /,                  true",
    "/,                    /a,                 false",
  })
  void matches(String pattern, String path, boolean matches) {
    assertThat(PathPattern.parse(pattern).match(path).isPresent()).isEqualTo(matches);
  }

  @Test
  void tellsTheVariables() {
    PathPattern pattern = PathPattern.parse("/a/{x}/b/{y}/**");
    assertThat(pattern.variables()).containsExactly("x", "y");
    assertThat(pattern.match("/a/1/b/2/c")).contains(List.of("1", "2"));
  }

  @Test
  void refusesARestThatIsNotTheEnd() {
    assertThatThrownBy(() -> PathPattern.parse("/a/**/b"))
        .hasMessageContaining("/a/**/b")
        .hasMessageContaining("only at the end");
    assertThatThrownBy(() -> PathPattern.parse("a")).hasMessageContaining("'a'");
  }

  @Property
  void anyTextIsMatchedWithoutFailing(@ForAll String path) {
    PathPattern pattern = PathPattern.parse("/accounts/{user}/**");
    pattern
        .match(path)
        .ifPresent(
            values -> {
              assertThat(values).hasSize(1);
              assertThat(path).startsWith("/accounts/" + values.get(0));
              assertThat(values.get(0)).doesNotContain("/").isNotEmpty();
            });
  }

  @Property
  void anIdIsReadAsWrittenOrNotAtAll(@ForAll String text) {
    DecimalId.parse(text)
        .ifPresent(
            id -> {
              assertThat(text).matches("[0-9]+");
              assertThat(new java.math.BigInteger(text)).isEqualTo(id);
            });
  }

  @Property
  void everyIdIsRead(@ForAll long id) {
    assertThat(DecimalId.parse(Long.toString(id)).isPresent()).isEqualTo(id >= 0);
  }

  @ParameterizedTest
  @CsvSource({
    "/a/b,true",
    "/a/.b,true",
    "/a/b..c,true",
    "/a/%20,true",
    "/a/../b,false",
    "/..,false",
    "/a/./b,false",
    "/a/%2E%2e/b,false",
    "/a/.%2e/b,false",
    "/a%2Fb,false",
    "/a%5cb,false",
    "/a\\b,false",
    "/a/..,false"
  })
  void plain(String path, boolean plain) {
    assertThat(PlainPath.isPlain(path)).isEqualTo(plain);
  }
}
