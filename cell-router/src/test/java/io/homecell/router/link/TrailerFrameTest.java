package io.homecell.router.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import io.vertx.core.http.impl.HttpFrameImpl;
import org.junit.jupiter.api.Test;

class TrailerFrameTest {
  @Test
  void whatIsWrittenIsRead() {
    MultiMap trailers = MultiMap.caseInsensitiveMultiMap();
    trailers.add("X-Sum", "a: b").add("X-Sum", "").add("X-Other", "ü");
    MultiMap read = MultiMap.caseInsensitiveMultiMap();
    TrailerFrame.read(new HttpFrameImpl(0x54, 0, TrailerFrame.write(trailers)), read);
    assertThat(read.getAll("x-sum")).containsExactly("a: b", "");
    assertThat(read.getAll("x-other")).containsExactly("ü");
  }

  @Test
  void otherFramesArePassedOver() {
    MultiMap trailers = MultiMap.caseInsensitiveMultiMap().add("X-Sum", "1");
    MultiMap read = MultiMap.caseInsensitiveMultiMap();
    TrailerFrame.read(new HttpFrameImpl(0x55, 0, TrailerFrame.write(trailers)), read);
    assertThat(read.isEmpty()).isTrue();
  }
}
