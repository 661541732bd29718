package io.homecell.trade.order;

import static io.homecell.api.trade.OrderStatus.CANCELLED;
import static io.homecell.api.trade.OrderStatus.PAID;
import static io.homecell.api.trade.OrderStatus.PAYING;
import static io.homecell.api.trade.OrderStatus.PLACED;
import static io.homecell.api.trade.OrderStatus.REFUNDING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.api.trade.OrderStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OrderStateTest {
  private static final OptionalLong NONE = OptionalLong.empty();
  private static final OptionalLong P7 = OptionalLong.of(7);
  private static final OptionalLong R9 = OptionalLong.of(9);

  private static OrderState state(OrderStatus status) {
    return switch (status) {
      case PLACED -> OrderState.PLACED;
      case PAYING -> new OrderState(PAYING, 2, P7, NONE);
      case PAID -> new OrderState(PAID, 3, P7, NONE);
      case REFUNDING -> new OrderState(REFUNDING, 4, P7, R9);
      case CANCELLED -> new OrderState(CANCELLED, 5, P7, R9);
    };
  }

  private static Arguments row(OrderStatus from, OrderEvent event, Object expected) {
    return Arguments.of(from, event, expected);
  }

  /** Every status with every event: the status it leads to, a reason, or "done". */
  static Stream<Arguments> table() {
    OrderEvent start7 = new OrderEvent.PaymentStarted(7);
    OrderEvent start8 = new OrderEvent.PaymentStarted(8);
    OrderEvent debited7 = new OrderEvent.PaymentDebited(7);
    OrderEvent debited8 = new OrderEvent.PaymentDebited(8);
    OrderEvent refused7 = new OrderEvent.PaymentRefused(7);
    OrderEvent refused8 = new OrderEvent.PaymentRefused(8);
    OrderEvent cancel9 = new OrderEvent.CancellationAsked(9);
    OrderEvent cancel10 = new OrderEvent.CancellationAsked(10);
    OrderEvent credited9 = new OrderEvent.RefundCredited(9);
    OrderEvent credited10 = new OrderEvent.RefundCredited(10);
    OrderEvent expired = new OrderEvent.Expired();
    return Stream.of(
        row(PLACED, start7, PAYING),
        row(PLACED, debited7, Step.Reason.OTHER_PAYMENT),
        row(PLACED, refused7, "done"),
        row(PLACED, cancel9, CANCELLED),
        row(PLACED, credited9, Step.Reason.OTHER_REFUND),
        row(PLACED, expired, CANCELLED),
        row(PAYING, start7, "done"),
        row(PAYING, start8, Step.Reason.PAYMENT_UNDER_WAY),
        row(PAYING, debited7, PAID),
        row(PAYING, debited8, Step.Reason.OTHER_PAYMENT),
        row(PAYING, refused7, PLACED),
        row(PAYING, refused8, "done"),
        row(PAYING, cancel9, Step.Reason.PAYMENT_UNDER_WAY),
        row(PAYING, credited9, Step.Reason.OTHER_REFUND),
        row(PAYING, expired, Step.Reason.PAYMENT_UNDER_WAY),
        row(PAID, start7, "done"),
        row(PAID, start8, Step.Reason.ALREADY_PAID),
        row(PAID, debited7, "done"),
        row(PAID, debited8, Step.Reason.OTHER_PAYMENT),
        row(PAID, refused7, Step.Reason.OTHER_PAYMENT),
        row(PAID, refused8, "done"),
        row(PAID, cancel9, REFUNDING),
        row(PAID, credited9, Step.Reason.OTHER_REFUND),
        row(PAID, expired, Step.Reason.ALREADY_PAID),
        row(REFUNDING, start7, "done"),
        row(REFUNDING, start8, Step.Reason.CANCELLATION_UNDER_WAY),
        row(REFUNDING, debited7, "done"),
        row(REFUNDING, refused7, Step.Reason.OTHER_PAYMENT),
        row(REFUNDING, cancel9, "done"),
        row(REFUNDING, cancel10, Step.Reason.CANCELLATION_UNDER_WAY),
        row(REFUNDING, credited9, CANCELLED),
        row(REFUNDING, credited10, Step.Reason.OTHER_REFUND),
        row(REFUNDING, expired, Step.Reason.CANCELLATION_UNDER_WAY),
        row(CANCELLED, start7, "done"),
        row(CANCELLED, start8, Step.Reason.ALREADY_CANCELLED),
        row(CANCELLED, debited7, "done"),
        row(CANCELLED, refused7, Step.Reason.OTHER_PAYMENT),
        row(CANCELLED, cancel9, "done"),
        row(CANCELLED, cancel10, Step.Reason.ALREADY_CANCELLED),
        row(CANCELLED, credited9, "done"),
        row(CANCELLED, credited10, Step.Reason.OTHER_REFUND),
        row(CANCELLED, expired, Step.Reason.ALREADY_CANCELLED));
  }

  @ParameterizedTest
  @MethodSource("table")
  void everyStatusWithEveryEvent(OrderStatus from, OrderEvent event, Object expected) {
    OrderState state = state(from);
    Step step = state.on(event);
    if (expected instanceof OrderStatus status) {
      assertThat(step)
          .isInstanceOfSatisfying(
              Step.Changed.class,
              changed -> {
                assertThat(changed.next().status()).isEqualTo(status);
                assertThat(changed.next().version()).isEqualTo(state.version() + 1);
              });
    } else if (expected instanceof Step.Reason reason) {
      assertThat(step).isEqualTo(new Step.Refused(reason));
    } else {
      assertThat(step).isEqualTo(new Step.AlreadyDone());
    }
  }

  @Test
  void aRefusedPaymentLeavesTheOrderPayableUnderAnotherId() {
    OrderState paying = changed(OrderState.PLACED.on(new OrderEvent.PaymentStarted(7)));
    OrderState placed = changed(paying.on(new OrderEvent.PaymentRefused(7)));
    OrderState again = changed(placed.on(new OrderEvent.PaymentStarted(8)));
    OrderState paid = changed(again.on(new OrderEvent.PaymentDebited(8)));

    assertThat(paid).isEqualTo(new OrderState(PAID, 5, OptionalLong.of(8), NONE));
  }

  @Test
  void aStateThatContradictsItselfIsRefused() {
    assertThatThrownBy(() -> new OrderState(PAID, 3, NONE, NONE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new OrderState(CANCELLED, 3, P7, NONE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new OrderState(PLACED, 0, NONE, NONE))
        .hasMessageContaining("version: 0");
  }

  /**
   * Any history of events, duplicates and late ones included, against an account that answers each
   * payment once and for good: an order's money is with the merchant exactly while it is PAID or
   * REFUNDING, and never twice.
   */
  @Property(tries = 2_000)
  void moneyFollowsTheStatus(@ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int length) {
    Random random = new Random(seed);
    OrderState state = OrderState.PLACED;
    List<OrderEvent> seen = new ArrayList<>();
    List<Long> debited = new ArrayList<>();
    List<Long> credited = new ArrayList<>();
    long nextId = 100;
    for (int i = 0; i < length; i++) {
      OrderEvent event;
      if (!seen.isEmpty() && random.nextInt(3) == 0) {
        event = seen.get(random.nextInt(seen.size()));
        if (event instanceof OrderEvent.PaymentStarted || event instanceof OrderEvent.Expired) {
          continue; // a payment id is drawn anew for each attempt
        }
      } else {
        event = nextEvent(random, state, nextId++);
      }
      seen.add(event);
      Step step = state.on(event);
      if (step instanceof Step.Changed changed) {
        assertThat(changed.next().version()).isEqualTo(state.version() + 1);
        assertThat(state.status()).isNotEqualTo(CANCELLED);
        if (event instanceof OrderEvent.PaymentDebited paid) {
          debited.add(paid.paymentId());
        }
        if (event instanceof OrderEvent.RefundCredited refund) {
          credited.add(refund.refundId());
        }
        state = changed.next();
        assertThat(state.on(event)).isNotInstanceOf(Step.Changed.class);
      }
    }
    boolean held = state.status() == PAID || state.status() == REFUNDING;
    assertThat(debited.size() - credited.size()).isEqualTo(held ? 1 : 0);
    assertThat(debited).hasSizeLessThanOrEqualTo(1);
  }

  private static OrderEvent nextEvent(Random random, OrderState state, long id) {
    return switch (random.nextInt(6)) {
      case 0 -> new OrderEvent.PaymentStarted(id);
      case 1 -> new OrderEvent.PaymentDebited(state.paymentId().orElse(id));
      case 2 ->
          state.status() == PAYING
              ? new OrderEvent.PaymentRefused(state.paymentId().orElse(id))
              : new OrderEvent.PaymentStarted(id);
      case 3 -> new OrderEvent.CancellationAsked(id);
      case 4 -> new OrderEvent.RefundCredited(state.refundId().orElse(id));
      default -> new OrderEvent.Expired();
    };
  }

  private static OrderState changed(Step step) {
    return ((Step.Changed) step).next();
  }
}
