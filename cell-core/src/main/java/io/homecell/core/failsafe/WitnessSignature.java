package io.homecell.core.failsafe;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs what keepers, coordinators and witnesses say to each other. A forged yes would let a
 * datacenter write that was failed over; so answers are signed, too, and name the question's nonce.
 * Immutable.
 */
final class WitnessSignature {
  static final String HEADER = "Homecell-Signature";
  private static final String ALGORITHM = "HmacSHA256";

  /** Which way a message goes: an answer can't be sent back as a question. */
  enum Way {
    QUESTION,
    ANSWER
  }

  private final SecretKeySpec key;

  WitnessSignature(String secret) {
    key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
  }

  String of(Way way, String path, String body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      String text = "homecell failsafe 1\n" + way + "\n" + path + "\n" + body;
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + ALGORITHM, e);
    }
  }

  boolean fits(String signature, Way way, String path, String body) {
    return MessageDigest.isEqual(
        signature.getBytes(StandardCharsets.UTF_8),
        of(way, path, body).getBytes(StandardCharsets.UTF_8));
  }
}
