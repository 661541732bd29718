package io.homecell.router.link;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * How a router's certificate says which datacenter it is of: one of its alternative names is the
 * DNS name {@code router.DATACENTER.homecell}. The name is never looked up. Pure.
 */
final class PeerName {
  private static final int DNS = 2;

  private PeerName() {}

  static String of(String datacenter) {
    return "router." + datacenter + ".homecell";
  }

  /** The DNS names in a certificate. The subject counts for nothing. */
  static List<String> in(X509Certificate certificate) {
    List<String> names = new ArrayList<>();
    try {
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      for (List<?> one : alternatives == null ? List.<List<?>>of() : alternatives) {
        if (one.get(0) instanceof Integer kind
            && kind == DNS
            && one.get(1) instanceof String name) {
          names.add(name);
        }
      }
    } catch (CertificateParsingException e) {
      return List.of();
    }
    return names;
  }

  /** The first of these datacenters that a certificate is of. */
  static Optional<String> datacenter(X509Certificate certificate, Collection<String> among) {
    List<String> names = in(certificate);
    return among.stream()
        .filter(datacenter -> names.stream().anyMatch(of(datacenter)::equalsIgnoreCase))
        .findFirst();
  }
}
