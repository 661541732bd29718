package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Http2AnswerTest {
  private static MultiMap fields(String text) {
    MultiMap fields = MultiMap.caseInsensitiveMultiMap();
    for (String field : text.split("\\|")) {
      int equals = field.indexOf('=');
      fields.add(field.substring(0, equals), unescaped(field.substring(equals + 1)));
    }
    return fields;
  }

  private static String unescaped(String text) {
    return text.replace("CR", "\r").replace("LF", "\n").replace("NUL", "\0").replace("TAB", "\t");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "content-type=text/plain",
        "content-length=5",
        "content-length=0|x-a=",
        "cell-served-by=north-1|x-a=aTABb c|x-a=again",
        "x-a=caf\u00e9"
      })
  void passes(String head) {
    assertThat(Http2Answer.isSound(fields(head))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-a=bCRLFset-cookie: evil",
        "x-a=bLFevil",
        "x-a=bCRevil",
        "x-a=NUL",
        "x-a=\u007f",
        "x a=b",
        "x:a=b",
        "=b",
        "x\u00e9=b",
        "content-length=5|content-length=5",
        "content-length=-1",
        "content-length=+1",
        "content-length=5, 5",
        "content-length=",
        "connection=close",
        "transfer-encoding=chunked",
        "upgrade=websocket",
        "keep-alive=5",
        "proxy-connection=close"
      })
  void isRefused(String head) {
    assertThat(Http2Answer.isSound(fields(head))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"grpc-status=0|grpc-message=fine, true", "x-a=bCRLFevil, false", "x a=b, false"})
  void trailersAreFieldsToo(String trailers, boolean sound) {
    assertThat(Http2Answer.areSound(fields(trailers))).isEqualTo(sound);
  }
}
