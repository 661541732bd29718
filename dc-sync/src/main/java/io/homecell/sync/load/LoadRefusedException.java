package io.homecell.sync.load;

import java.util.List;

/** Why a load was not begun; nothing was changed. The message has every reason with its way out. */
public final class LoadRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  LoadRefusedException(List<String> reasons) {
    super(String.join("; ", reasons));
  }
}
