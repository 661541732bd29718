package io.homecell.cellctl.load;

import java.math.BigDecimal;
import java.util.OptionalLong;

/** One thing that a user of the load asks for. Ids are decimal numbers as the service gave them. */
sealed interface Operation {
  /** For reports. */
  String kind();

  /** Makes a new user. */
  record Register(String name) implements Operation {
    @Override
    public String kind() {
      return "register";
    }
  }

  /** Puts money on a user's account. */
  record Deposit(long user, BigDecimal amount) implements Operation {
    @Override
    public String kind() {
      return "deposit";
    }
  }

  /** Sends money from one user to another. */
  record Transfer(long user, long payee, BigDecimal amount) implements Operation {
    @Override
    public String kind() {
      return "transfer";
    }
  }

  /** Places an order of one line. */
  record PlaceOrder(long user, long merchant, String sku, int quantity) implements Operation {
    @Override
    public String kind() {
      return "order";
    }
  }

  /** Reads an account that was acknowledged, or an order of it. */
  record Read(long user, OptionalLong order) implements Operation {
    @Override
    public String kind() {
      return "read";
    }

    String path() {
      return order.isPresent() ? "/orders/" + order.getAsLong() : "/accounts/" + user;
    }
  }

  /** Pays an order that was placed. */
  record Pay(long user, long order) implements Operation {
    @Override
    public String kind() {
      return "payment";
    }
  }
}
