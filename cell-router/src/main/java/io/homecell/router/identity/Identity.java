package io.homecell.router.identity;

/** Who a request says it is from, and whether that can be believed. */
public sealed interface Identity {
  /** Nobody was named. */
  Identity ABSENT = new Absent();

  /** A user. */
  record Known(long user) implements Identity {}

  /** Whom the request is about, in the client's own words: good for its slot, never as its user. */
  record Claimed(long user) implements Identity {}

  /** No source named anybody. */
  record Absent() implements Identity {}

  /** A source named somebody by what is not an id: the request is answered 400. */
  record NotAnId(String source, String value) implements Identity {}

  /** A token that must not be believed: the request is answered 401, never taken as nobody's. */
  record Refused(String reason) implements Identity {}
}
