package io.homecell.sync.verify;

import java.io.IOException;
import java.util.Optional;

/** Where what is known of two cells is kept, for all processes that compare them. */
interface VerificationRecord {
  /** What is known; empty before the first verification. */
  Optional<Found> read() throws IOException;

  /** Adds one. */
  void add(VerifyResult result) throws IOException;
}
