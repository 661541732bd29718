package io.homecell.core.near;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.homecell.core.fence.WriteToken;
import org.junit.jupiter.api.Test;

class ExecutedGtidsTest {
  private static final String A = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  private static final String B = "4e11fa47-71ca-11e1-9e33-c80aa9429562";
  private static final String C = "5e11fa47-71ca-11e1-9e33-c80aa9429562";
  private final ExecutedGtids executed =
      ExecutedGtids.parse(A.toUpperCase() + ":1-5:7:9-12,\n" + B + ":3,\n" + C + ":1-2:tag:1-9");

  @Test
  void tellsTheLastAndWhatIsMissing() {
    assertThat(executed.last(A)).isEqualTo(12);
    assertThat(executed.last(B)).isEqualTo(3);
    assertThat(executed.last(C)).as("without the tag's").isEqualTo(2);
    assertThat(executed.last("nobody")).isZero();
    assertThat(executed.hasAllUpTo(A, 5)).isTrue();
    assertThat(executed.hasAllUpTo(A, 6)).isFalse();
    assertThat(executed.hasAllUpTo(B, 3)).isFalse();
    assertThat(executed.hasAllUpTo("nobody", 0)).isTrue();
    assertThat(executed.hasAllUpTo("nobody", 1)).isFalse();
  }

  @Test
  void hasAWriteIfItHasAllOfIt() {
    assertThat(executed.has(new WriteToken(A, 7, 7))).isTrue();
    assertThat(executed.has(new WriteToken(A, 10, 12))).isTrue();
    assertThat(executed.has(new WriteToken(A, 8, 8))).isFalse();
    assertThat(executed.has(new WriteToken(A, 7, 9))).isFalse();
    assertThat(executed.has(new WriteToken(A, 12, 13))).isFalse();
    assertThat(executed.has(new WriteToken("nobody", 1, 1))).isFalse();
  }

  @Test
  void nothingIsASetAndNonsenseIsNot() {
    assertThat(ExecutedGtids.parse("").last(A)).isZero();
    assertThatIllegalArgumentException().isThrownBy(() -> ExecutedGtids.parse(A + ":1-x"));
  }
}
