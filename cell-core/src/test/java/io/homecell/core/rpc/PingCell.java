package io.homecell.core.rpc;

import io.homecell.core.fence.CellFencedException;
import io.homecell.core.fence.CommitUnknownException;
import io.homecell.core.fence.NotHomeException;
import io.homecell.core.http.ProblemException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The RPC service of the tests, as a cell serves it. */
final class PingCell implements PingService {
  final AtomicInteger calls = new AtomicInteger();
  final CountDownLatch entered = new CountDownLatch(1);
  final CountDownLatch release = new CountDownLatch(1);
  private final String cell;

  PingCell(String cell) {
    this.cell = cell;
  }

  @Override
  public Pong ping(long id, Pong sent) {
    calls.incrementAndGet();
    return new Pong(cell, id, sent.amount(), sent.at(), sent.lines(), sent.counts(), sent.kind());
  }

  @Override
  public String fail(long id, String how) {
    calls.incrementAndGet();
    switch (how) {
      case "not-home" -> throw new NotHomeException(7, "south-1", 9);
      case "fenced" -> throw new CellFencedException(cell, "lease over");
      case "problem" -> throw new ProblemException(409, "not-enough", "5.00 are not there");
      case "unknown" -> throw new CommitUnknownException("broke", new java.sql.SQLException("x"));
      case "bug" -> throw new java.util.ConcurrentModificationException("secret detail");
      case "wait" -> {
        entered.countDown();
        try {
          release.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      default -> {}
    }
    return "done";
  }
}
