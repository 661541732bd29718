package io.homecell.router;

import io.homecell.core.rpc.SlotOf;

/** A service of the tests, called by gRPC. */
interface Tally {
  String add(@SlotOf long user, String what);
}
