package io.homecell.router.hold;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The requests of one event loop that wait for the route table, oldest first.
 *
 * <p>Every ticket leaves exactly once: released, expired, or removed because its client left; its
 * room goes back to the budget at that moment. Belongs to one thread; only the budget is shared.
 *
 * @param <W> what waits
 */
public final class HoldQueue<W> {
  /** One waiting request. */
  public static final class Ticket<W> {
    private final W waiter;
    private final HoldBudget room;
    private final long bytes;
    private final long deadlineNanos;

    private Ticket(W waiter, HoldBudget room, long bytes, long deadlineNanos) {
      this.waiter = waiter;
      this.room = room;
      this.bytes = bytes;
      this.deadlineNanos = deadlineNanos;
    }
  }

  private final Set<Ticket<W>> tickets = new LinkedHashSet<>();

  /**
   * Lets a request wait.
   *
   * @param room what it takes of; given back when it is out
   * @param bytes what it keeps in memory meanwhile
   * @param deadlineNanos by the clock that {@link #expire} is called with
   * @return empty if there is no room
   */
  public Optional<Ticket<W>> add(W waiter, HoldBudget room, long bytes, long deadlineNanos) {
    if (!room.tryTake(bytes)) {
      return Optional.empty();
    }
    Ticket<W> ticket = new Ticket<>(waiter, room, bytes, deadlineNanos);
    tickets.add(ticket);
    return Optional.of(ticket);
  }

  /** Takes out a request whose client left; does nothing if it is out already. */
  public void remove(Ticket<W> ticket) {
    if (tickets.remove(ticket)) {
      ticket.room.giveBack(ticket.bytes);
    }
  }

  /** Those that may go now, oldest first; they stay held until each is taken. */
  public List<Ticket<W>> free(Predicate<W> mayGo) {
    return tickets.stream().filter(ticket -> mayGo.test(ticket.waiter)).toList();
  }

  /**
   * Takes out a request that was found free.
   *
   * @return empty if it is out already, or may not go any more
   */
  public Optional<W> take(Ticket<W> ticket, Predicate<W> mayGo) {
    if (!mayGo.test(ticket.waiter) || !tickets.remove(ticket)) {
      return Optional.empty();
    }
    ticket.room.giveBack(ticket.bytes);
    return Optional.of(ticket.waiter);
  }

  /** Takes out the requests that have waited too long, oldest first. */
  public List<W> expire(long nowNanos) {
    if (tickets.isEmpty()) {
      return List.of();
    }
    List<W> taken = new ArrayList<>();
    for (Iterator<Ticket<W>> i = tickets.iterator(); i.hasNext(); ) {
      Ticket<W> ticket = i.next();
      if (ticket.deadlineNanos - nowNanos <= 0) {
        i.remove();
        ticket.room.giveBack(ticket.bytes);
        taken.add(ticket.waiter);
      }
    }
    return taken;
  }

  public int size() {
    return tickets.size();
  }
}
