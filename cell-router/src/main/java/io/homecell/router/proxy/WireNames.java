package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.vertx.core.http.HttpHeaders;

/**
 * Names of headers as the wire has them. Each has its hash and its bytes already, so that a head is
 * searched and written without computing them anew for each message.
 */
final class WireNames {
  static final CharSequence CONNECTION = HttpHeaders.createOptimized("Connection");
  static final CharSequence CONTENT_LENGTH = HttpHeaders.createOptimized("Content-Length");
  static final CharSequence TRANSFER_ENCODING = HttpHeaders.createOptimized("Transfer-Encoding");
  static final CharSequence HOST = HttpHeaders.createOptimized("Host");
  static final CharSequence VIA = HttpHeaders.createOptimized("Via");
  static final CharSequence FORWARDED = HttpHeaders.createOptimized("Forwarded");
  static final CharSequence FORWARDED_FOR = HttpHeaders.createOptimized("X-Forwarded-For");
  static final CharSequence FORWARDED_HOST = HttpHeaders.createOptimized("X-Forwarded-Host");
  static final CharSequence FORWARDED_PROTO = HttpHeaders.createOptimized("X-Forwarded-Proto");
  static final CharSequence CELL_USER = HttpHeaders.createOptimized(CellHeaders.USER);

  static final CharSequence TE = HttpHeaders.createOptimized("te");
  static final CharSequence TRAILERS = HttpHeaders.createOptimized("trailers");

  private WireNames() {}
}
