package io.homecell.sync.apply;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MemberNamesTest {
  @Test
  void namesAreReadAsTheDictionaryWritesThem() {
    assertThat(MemberNames.of("enum('a','it''s, odd','','back\\\\slash','\\n\\0','(x)')"))
        .containsExactly("a", "it's, odd", "", "back\\slash", "\n\0", "(x)");
    assertThat(MemberNames.of("set('''','a,b')")).containsExactly("'", "a,b");
    assertThat(MemberNames.of("int")).isEmpty();
  }
}
