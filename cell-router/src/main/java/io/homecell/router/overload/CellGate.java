package io.homecell.router.overload;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.Gradient2Limit;
import io.homecell.core.topology.Topology.Priority;

/**
 * The bulkhead of one cell in one event loop: how many requests may be with it.
 *
 * <p>Two bounds. How many may wait for the head of an answer adapts to the cell: it shrinks when
 * answers take longer than they used to while many wait, and grows back (the gradient algorithm of
 * Netflix's concurrency-limits, after TCP Vegas; fed with the mean of a window, not with each
 * answer). How many may be open at all, with bodies that are still coming, is fixed. So a cell that
 * answers after two seconds takes a bounded number of connections and bytes, and what is more than
 * that is refused at once, not after a timeout.
 *
 * <p>The lower priorities see a lower limit, so they are refused first. Everything that entered
 * leaves exactly once. Belongs to one event loop; {@link #limit} and {@link #waiting} may be read
 * by any thread.
 */
public final class CellGate {
  private static final double NORMAL_SHARE = 0.9;
  private static final double SHEDDABLE_SHARE = 0.6;

  private final String cell;
  private final int openMax;
  private final Limit limit;
  private final LatencyWindow window;
  private int waiting;
  private int open;
  private volatile int waitingPublished;

  /** How many of those that waited at the mark wait still: they have waited at least since then. */
  private int sinceMark;

  private long markNanos;

  CellGate(String cell, OverloadSettings settings, int openMax, long nowNanos) {
    this.cell = cell;
    this.openMax = openMax;
    this.limit =
        Gradient2Limit.newBuilder()
            .minLimit(settings.waitingMin())
            .initialLimit(settings.waitingFirst())
            .maxConcurrency(settings.waitingMax())
            .queueSizeFunction(now -> (int) Math.ceil(Math.sqrt(now)))
            .build();
    this.window = new LatencyWindow(nowNanos);
    this.markNanos = nowNanos;
  }

  public String cell() {
    return cell;
  }

  /** Whether one more request of this priority may enter. */
  public boolean hasRoom(Priority priority) {
    return open < openMax && waiting < limitFor(priority);
  }

  private int limitFor(Priority priority) {
    int all = limit.getLimit();
    return switch (priority) {
      case CRITICAL -> all;
      case NORMAL -> Math.max(1, (int) (all * NORMAL_SHARE));
      case SHEDDABLE -> Math.max(1, (int) (all * SHEDDABLE_SHARE));
    };
  }

  /** Lets one in, whether or not there is room: who enters has asked. */
  public Visit enter(long nowNanos) {
    waiting++;
    open++;
    return new Visit(this, nowNanos);
  }

  private void headCame(long enteredNanos, long nowNanos) {
    sample(1, nowNanos - enteredNanos, nowNanos);
    waitsNoMore(enteredNanos);
  }

  private void waitsNoMore(long enteredNanos) {
    waiting--;
    if (enteredNanos - markNanos <= 0 && sinceMark > 0) {
      sinceMark--;
    }
  }

  private void sample(int times, long tookNanos, long nowNanos) {
    if (window.add(times, tookNanos, waiting, nowNanos)) {
      limit.onSample(0, window.averageNanos(), window.waitingMost(), false);
      window.close(nowNanos);
    }
  }

  /** Who gave up has waited at least so long: that says something only if it is long. */
  private void gaveUp(long enteredNanos, long nowNanos) {
    long waited = nowNanos - enteredNanos;
    if (waited >= window.lastAverageNanos()) {
      sample(1, waited, nowNanos);
    }
    waitsNoMore(enteredNanos);
  }

  /**
   * Called a few times a second. A cell that has stopped to answer shrinks its limit too: it is not
   * waited for the first answer to say how late it is.
   */
  void tick(long nowNanos) {
    waitingPublished = waiting;
    if (sinceMark == 0 || sinceMark * 2 < waiting) {
      sinceMark = waiting;
      markNanos = nowNanos;
    } else if (nowNanos - markNanos > window.lastAverageNanos()) {
      sample(sinceMark, nowNanos - markNanos, nowNanos);
    }
  }

  /** The adaptive limit of now. */
  public int limit() {
    return limit.getLimit();
  }

  /** Requests that wait for an answer, as of the last {@link #tick}. */
  public int waiting() {
    return waitingPublished;
  }

  int open() {
    return open;
  }

  /** One request at the cell, from its sending to the end of its answer. */
  public static final class Visit {
    private enum Stage {
      WAITING,
      ANSWERING,
      OVER
    }

    private final CellGate gate;
    private final long enteredNanos;
    private Stage stage = Stage.WAITING;

    private Visit(CellGate gate, long enteredNanos) {
      this.gate = gate;
      this.enteredNanos = enteredNanos;
    }

    /** The head of an answer has come; the body may take as long as its reader likes. */
    public void headCame(long nowNanos) {
      if (stage == Stage.WAITING) {
        stage = Stage.ANSWERING;
        gate.headCame(enteredNanos, nowNanos);
      }
    }

    /** It was refused unread, which says nothing of how long the cell takes. */
    public void refused() {
      if (stage == Stage.WAITING) {
        gate.waitsNoMore(enteredNanos);
        over();
      }
    }

    /** The answer, whose head has come, is complete. */
    public void delivered() {
      if (stage == Stage.ANSWERING) {
        over();
      }
    }

    public boolean isOver() {
      return stage == Stage.OVER;
    }

    /** It is over, complete or not: nobody waits for it any more. */
    public void ended(long nowNanos) {
      if (stage == Stage.WAITING) {
        gate.gaveUp(enteredNanos, nowNanos);
      }
      if (stage != Stage.OVER) {
        over();
      }
    }

    private void over() {
      stage = Stage.OVER;
      gate.open--;
    }
  }
}
