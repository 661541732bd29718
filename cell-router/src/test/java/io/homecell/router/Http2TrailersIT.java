package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.router.tls.TestAuthority;
import io.homecell.router.tls.TlsFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What comes behind the body of a request or an answer, between HTTP/2 and HTTP/1.1. */
@Timeout(30)
class Http2TrailersIT {
  private static final String PATH = "/accounts/1/x";

  @TempDir Path folder;
  private RawUpstream cell;
  private RawEdge edge;
  private RawHttp2 client;

  @BeforeEach
  void start() throws IOException {
    TestAuthority authority = new TestAuthority("root");
    TlsFiles files = authority.write(folder, authority.issue("edge"));
    cell = new RawUpstream();
    edge =
        new RawEdge(
            cell.port(),
            RouterSettings.standard().withTls(TlsTerms.standard().withFiles(Optional.of(files))));
    client = new RawHttp2(edge.port, authority.clientContext());
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    edge.close();
    cell.close();
  }

  @Test
  void thoseOfAnAnswerPassAsFarAsTheyMay() throws Exception {
    cell.answer(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
            + "Checksum: answer\r\nConnection: x\r\nKeep-Alive: 1\r\nCell-User: 7\r\n"
            + "Checksum: again\r\n\r\n",
        false);
    client.request(1, RawHttp2.END_STREAM, "GET", PATH, "x-user-id", "1");
    assertThat(client.head(1).status()).hasToString("200");
    assertThat(client.await(RawHttp2.DATA, 1).text()).isEqualTo("x");
    RawHttp2.Frame trailers = client.await(RawHttp2.HEADERS, 1);
    assertThat(trailers.endsStream()).isTrue();
    assertThat(client.fields(trailers))
        .extracting(field -> field.getKey() + ": " + field.getValue())
        .containsExactly("checksum: answer", "checksum: again");
  }

  @Test
  void thoseOfARequestPassAsFarAsTheyMay() throws Exception {
    client.request(1, 0, "POST", PATH, "x-user-id", "1");
    client.data(1, 0, "body");
    client.headers(
        1, RawHttp2.END_STREAM, "checksum", "request", "cell-user", "7", "content-length", "4");
    RawUpstream.Received received = served(1);
    assertThat(received.body()).isEqualTo("body");
    assertThat(received.trailers()).containsExactly("checksum: request");
  }

  @Test
  void thoseOfARequestWithoutABodyPass() throws Exception {
    client.request(1, 0, "POST", PATH, "x-user-id", "1");
    client.headers(1, RawHttp2.END_STREAM, "checksum", "request");
    RawUpstream.Received received = served(1);
    assertThat(received.body()).isEmpty();
    assertThat(received.trailers()).containsExactly("checksum: request");
  }

  /** HTTP/1.1 has no place for them behind a body of a stated length. */
  @Test
  void thoseBehindABodyOfAStatedLengthEndHere() throws Exception {
    client.request(1, 0, "POST", PATH, "x-user-id", "1", "content-length", "4");
    client.data(1, 0, "body");
    client.headers(1, RawHttp2.END_STREAM, "checksum", "request");
    RawUpstream.Received received = served(1);
    assertThat(received.body()).isEqualTo("body");
    assertThat(received.all("content-length")).containsExactly("4");
    // Nothing of it is taken for the next request.
    client.request(3, RawHttp2.END_STREAM, "GET", PATH, "x-user-id", "1");
    served(3);
  }

  @Test
  void thoseOfOneStreamAreNotAnothers() throws Exception {
    client.request(1, 0, "POST", PATH, "x-user-id", "1");
    client.request(3, 0, "POST", PATH, "x-user-id", "1");
    client.headers(3, RawHttp2.END_STREAM, "checksum", "of 3");
    assertThat(served(3).trailers()).containsExactly("checksum: of 3");
    client.data(1, RawHttp2.END_STREAM, "");
    assertThat(served(1).trailers()).isEmpty();
  }

  /** The request that the cell has just answered. */
  private RawUpstream.Received served(int stream) throws IOException {
    assertThat(client.head(stream).status()).hasToString("200");
    assertThat(client.body(stream)).isEqualTo("ok");
    assertThat(cell.ambiguous).isEmpty();
    return cell.received.get(cell.received.size() - 1);
  }
}
