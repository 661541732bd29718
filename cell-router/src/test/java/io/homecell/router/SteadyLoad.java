package io.homecell.router;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that ask all the time and never ask twice: whatever goes wrong is a failed request. Some
 * keep their connection until they are told that it closes, some make one for each request, some
 * think between two requests, some connect long before they ask.
 */
final class SteadyLoad implements AutoCloseable {
  /** Ends what one client does. */
  private interface Client {
    void run() throws IOException;
  }

  /** Makes a connection. */
  interface Connecting {
    RawClient connect() throws IOException;
  }

  private final Connecting connecting;
  private final AtomicBoolean over = new AtomicBoolean();
  private final List<Thread> threads = new ArrayList<>();
  final AtomicLong answers = new AtomicLong();
  final Queue<String> failures = new ConcurrentLinkedQueue<>();

  SteadyLoad(int port) {
    this(() -> new RawClient(port));
  }

  SteadyLoad(Connecting connecting) {
    this.connecting = connecting;
    for (int i = 0; i < 4; i++) {
      start("keeps its connection", () -> keep(Duration.ZERO));
      start("thinks", () -> keep(Duration.ofMillis(700)));
      start("connects each time", () -> once(Duration.ZERO));
    }
    start("connects early", () -> once(Duration.ofMillis(100)));
    start("connects early", () -> once(Duration.ofMillis(300)));
  }

  private void start(String what, Client client) {
    Thread thread =
        new Thread(
            () -> {
              while (!over.get()) {
                try {
                  client.run();
                } catch (IOException e) {
                  failures.add(what + ": " + e);
                }
              }
            },
            what);
    threads.add(thread);
    thread.start();
  }

  /** On one connection, until the server says that it closes it. */
  private void keep(Duration thinking) throws IOException {
    try (RawClient client = connecting.connect()) {
      boolean open = true;
      for (int i = 0; open && !over.get(); i++) {
        open = ask(client, i % 2 == 0 ? "GET" : "POST", "keep-alive");
        LockSupport.parkNanos(thinking.toNanos());
      }
    }
  }

  private void once(Duration before) throws IOException {
    try (RawClient client = connecting.connect()) {
      LockSupport.parkNanos(before.toNanos());
      ask(client, "POST", "close");
    }
  }

  /** Whether the connection stays open. */
  private boolean ask(RawClient client, String method, String connection) throws IOException {
    client.send(
        method
            + " /accounts/1/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nConnection: "
            + connection
            + (method.equals("POST") ? "\r\nContent-Length: 4\r\n\r\nbody" : "\r\n\r\n"));
    String head = client.readHead();
    if (!head.startsWith("HTTP/1.1 200")) {
      throw new IOException("answer: '" + head + "'");
    }
    String length = head.replaceAll("(?is).*\r\ncontent-length: (\\d+)\r\n.*", "$1");
    byte[] body = client.in().readNBytes(Integer.parseInt(length));
    if (!new String(body, StandardCharsets.UTF_8).equals("north-1")) {
      throw new IOException("body: " + body.length + " bytes");
    }
    answers.incrementAndGet();
    return connection.equals("keep-alive") && !head.matches("(?is).*\r\nconnection: close\r\n.*");
  }

  /** Waits until so many more answers came. */
  void awaitAnswers(int more) {
    long until = answers.get() + more;
    Deployment.await(more + " answers", () -> answers.get() >= until);
  }

  @Override
  public void close() throws InterruptedException {
    over.set(true);
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(20));
    }
  }
}
