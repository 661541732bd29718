package io.homecell.local;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SchemaFilesTest {
  @Test
  void statementsEndAtALineThatHoldsASemicolonOnly() {
    assertThat(
            SchemaFiles.statements(
                """
                -- a comment alone is no statement

                ;
                -- what it is for
                CREATE TABLE a (b INT)
                ;
                CREATE PROCEDURE p()
                BEGIN
                  SELECT 1;
                END
                """))
        .containsExactly(
            "-- what it is for\nCREATE TABLE a (b INT)\n",
            "CREATE PROCEDURE p()\nBEGIN\n  SELECT 1;\nEND\n");
  }

  @Test
  void theFrameworksSchemaComesFirst() {
    assertThat(SchemaFiles.onClassPath().get(0)).contains("homecell.hc_slot");
  }
}
