package io.homecell.router.websocket;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What has stopped to be HTTP: bytes between a client and its cell, both ways, each side read only
 * as fast as the other takes it. At most a socket's, or a stream's, worth of them is in memory.
 *
 * <p>Frames are not looked into. Their heads are followed from the cell to the client, so that the
 * router can say why it ends the connection, in a close frame of its own where a frame ends: a
 * client that reads 1012 connects again, one whose connection breaks may take it for a fault. To
 * the cell nothing is said: what its client sends is masked, and it sees the connection closed.
 *
 * <p>It ends exactly once, and then both sides are closed: what was read of one is given to the
 * other first, for a bounded time. Belongs to one event loop, on which both ends are.
 */
public final class Tunnel {
  /** Told once that it is over, before the client's side is closed. */
  public interface Owner {
    void ended(Ending why);
  }

  private final TunnelEnd client;
  private final TunnelEnd cell;
  private final WebSocketSettings settings;
  private final WebSocketMetrics.OfCell metrics;
  private final Owner owner;
  private final FrameBoundary frames = new FrameBoundary();
  private long bytesIn;
  private long bytesOut;
  private long movedNanos;
  private long deadlineNanos;
  private boolean due;
  private boolean open;
  private boolean halted;
  private boolean clientEnded;
  private boolean over;
  private @Nullable Ending wanted;

  /** Takes both ends away from HTTP; nothing passes before {@link #open}. */
  public Tunnel(
      TunnelEnd client,
      TunnelEnd cell,
      WebSocketSettings settings,
      WebSocketMetrics.OfCell metrics,
      Owner owner) {
    this.settings = settings;
    this.metrics = metrics;
    this.owner = owner;
    this.movedNanos = System.nanoTime();
    this.client = client;
    this.cell = cell;
    client.joins(this);
    cell.joins(this);
    metrics.opened();
  }

  /** The answer is out: from now on all that comes passes. */
  public void open() {
    if (over) {
      return;
    }
    open = true;
    cell.begin();
    client.begin();
  }

  void came(TunnelEnd from, ByteBuf bytes) {
    movedNanos = System.nanoTime();
    if (over) {
      bytes.release();
    } else if (from == cell) {
      toClient(bytes);
    } else if (halted) {
      // The slot is moving: nothing more is written at its old owner.
      bytes.release();
    } else {
      bytesIn += bytes.readableBytes();
      metrics.fromClient(bytes.readableBytes());
      write(cell, bytes, client);
    }
  }

  private void toClient(ByteBuf bytes) {
    Ending why = wanted;
    if (why == null) {
      frames.follow(bytes);
      countOut(bytes.readableBytes());
      write(client, bytes, cell);
      return;
    }
    int rest = frames.followToEnd(bytes);
    countOut(rest);
    write(client, bytes.readRetainedSlice(rest), cell);
    bytes.release();
    if (frames.isAt()) {
      sayWhy(why);
    }
  }

  /** Writes what one end has sent, and stops to read there while the other does not take it. */
  private static void write(TunnelEnd to, ByteBuf bytes, TunnelEnd from) {
    to.write(bytes);
    if (!to.isWritable()) {
      from.pause();
    }
  }

  private void countOut(int bytes) {
    bytesOut += bytes;
    metrics.toClient(bytes);
  }

  void readComplete(TunnelEnd from) {
    if (!over) {
      other(from).flush();
    }
  }

  void writable(TunnelEnd again) {
    if (open && !over) {
      other(again).resume();
    }
  }

  /** Reads on at one side, if the other takes it. */
  void readOn(TunnelEnd at) {
    if (!over && other(at).isWritable()) {
      at.resume();
    }
  }

  private TunnelEnd other(TunnelEnd than) {
    return than == client ? cell : client;
  }

  /** One side has said its last; the other may still answer, for a while. */
  void inputEnded(TunnelEnd of) {
    if (over) {
      return;
    }
    if (of == client && open && wanted == null && cell.endOutput()) {
      clientEnded = true;
      dueIn(settings.closeWithin().toNanos());
    } else {
      end(endingBy(of));
    }
  }

  void closed(TunnelEnd one) {
    if (!over) {
      end(endingBy(one));
    }
  }

  /** A stream ends without an end: it was reset, or the connection that it was on has gone. */
  void broken(TunnelEnd one) {
    if (over) {
      return;
    }
    boolean link = one == cell && wanted == null && !clientEnded;
    if (link && open && frames.isAt()) {
      sayWhy(Ending.LINK);
    } else {
      end(link ? Ending.LINK : endingBy(one));
    }
  }

  private Ending endingBy(TunnelEnd one) {
    Ending why = wanted;
    return why != null ? why : one == client || clientEnded ? Ending.CLIENT : Ending.CELL;
  }

  /** From now on nothing of the client's reaches the cell: {@link #close} will follow soon. */
  public void halt() {
    halted = true;
  }

  /** Ends it, with a close frame where the frame that is under way ends. */
  public void close(Ending why) {
    if (over || wanted != null) {
      return;
    }
    wanted = why;
    halted = true;
    if (!open) {
      end(why);
    } else if (frames.isAt()) {
      sayWhy(why);
    } else {
      dueIn(settings.closeWithin().toNanos());
    }
  }

  private void sayWhy(Ending why) {
    if (!frames.isClosed()) {
      write(client, why.frame(), cell);
    }
    end(why);
  }

  private void dueIn(long nanos) {
    due = true;
    deadlineNanos = System.nanoTime() + nanos;
  }

  /** Looks whether it is idle, or took too long to end; called now and then. */
  public void check(long nowNanos) {
    if (over) {
      return;
    }
    if (due && nowNanos - deadlineNanos >= 0) {
      end(endingBy(client));
    } else if (!due && nowNanos - movedNanos > settings.idle().toNanos()) {
      close(Ending.IDLE);
    }
  }

  /** Ends it at once; does nothing if it is over. */
  public void end(Ending why) {
    if (over) {
      return;
    }
    over = true;
    metrics.ended(why);
    owner.ended(why);
    if (wanted == null) {
      cell.closeWhenFlushed(settings.closeWithin().toMillis());
    } else {
      cell.closeNow();
    }
    // A client that does not take its last bytes is cut off like one that does not take an answer.
    client.closeWhenFlushed(0);
  }

  /** From the client, while it was open. */
  public long bytesIn() {
    return bytesIn;
  }

  /** To the client, while it was open. */
  public long bytesOut() {
    return bytesOut;
  }
}
