package io.homecell.sync.capture;

import io.debezium.connector.base.QueueProvider;
import io.debezium.pipeline.DataChangeEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Debezium's records on their way from its reader to the capture's thread, which takes all that
 * have come at once: Debezium's own queue gives them one by one if the first is not to wait for
 * others, and each costs it more than the record itself. Bounded by number and by bytes; a reader
 * that finds it full waits, and with it the source.
 *
 * <p>For one thread that adds and one that takes. Tested by RecordQueueTest.
 */
final class RecordQueue implements QueueProvider<DataChangeEvent> {
  private final int recordsMax;
  private final long bytesMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition notEmpty = lock.newCondition();
  private final Condition notFull = lock.newCondition();
  private List<SourceRecord> records = new ArrayList<>();
  private long bytes;
  private boolean closed;

  /**
   * An empty one.
   *
   * @param bytesMax above which nothing is added; what was taken is not counted any longer
   */
  RecordQueue(int recordsMax, long bytesMax) {
    this.recordsMax = recordsMax;
    this.bytesMax = bytesMax;
  }

  @Override
  public void enqueue(DataChangeEvent event) throws InterruptedException {
    long size = event.objectSize();
    lock.lockInterruptibly();
    try {
      while (!closed && (records.size() >= recordsMax || bytes >= bytesMax)) {
        notFull.await();
      }
      if (closed) {
        return;
      }
      records.add(event.getRecord());
      bytes += size;
      notEmpty.signal();
    } finally {
      lock.unlock();
    }
  }

  /** All that have come; waits so long for the first, then gives none. */
  List<SourceRecord> takeAll(Duration within) throws InterruptedException {
    long left = within.toNanos();
    lock.lockInterruptibly();
    try {
      while (records.isEmpty() && left > 0) {
        left = notEmpty.awaitNanos(left);
      }
      List<SourceRecord> taken = records;
      records = new ArrayList<>(taken.size());
      bytes = 0;
      notFull.signal();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Nobody takes any longer: what is added from now on is dropped, and whoever waits goes on. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      records = new ArrayList<>();
      notFull.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String name() {
    return "homecell";
  }

  @Override
  public void configure(Map<String, ?> properties) {
    // the constructor had all
  }

  /** Debezium's own taker, which is not used. */
  @Override
  public DataChangeEvent poll() {
    throw new UnsupportedOperationException("records are taken together, see takeAll");
  }

  /**
   * None: whether there is room is decided here, Debezium would look for it every poll interval.
   */
  @Override
  public int size() {
    return 0;
  }
}
