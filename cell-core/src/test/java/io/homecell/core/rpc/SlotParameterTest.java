package io.homecell.core.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotParameterTest {
  interface Service {
    void byNumber(String other, @SlotOf long id);

    void byText(@SlotOf String id);

    void without(long id);

    void twice(@SlotOf long one, @SlotOf long two);
  }

  private static Method method(String name) {
    return Arrays.stream(Service.class.getDeclaredMethods())
        .filter(method -> method.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theMarkedArgumentIsTheId() {
    assertThat(SlotParameter.idOf(method("byNumber"), new Object[] {"9", 17L}))
        .isEqualTo(OptionalLong.of(17));
    assertThat(SlotParameter.idOf(method("byText"), new Object[] {"18"}))
        .isEqualTo(OptionalLong.of(18));
    assertThat(SlotParameter.idOf(method("without"), new Object[] {17L})).isEmpty();
    assertThat(SlotParameter.idOf(method("byNumber"), new Object[] {"9", -1L})).isEmpty();
  }

  @Test
  void twoMarkedArgumentsAreRefused() {
    assertThatThrownBy(() -> SlotParameter.idOf(method("twice"), new Object[] {1L, 2L}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("@SlotOf");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-1", "+1", "01", "1.0", "1e3", " 1", "x", "9223372036854775808", "١"})
  void whatIsNoIdIsNotRead(String text) {
    assertThat(Ids.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 1023, Long.MAX_VALUE})
  void idsAreReadAsTheyAreWritten(long id) {
    assertThat(Ids.parse(Long.toString(id))).hasValue(id);
  }
}
