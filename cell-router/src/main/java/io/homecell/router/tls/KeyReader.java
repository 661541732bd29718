package io.homecell.router.tls;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.impl.pkcs1.PrivateKeyParser;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a private key in the three forms that tools write: the JDK has no reader of PEM. The kinds
 * of keys are those that Vert.x takes, whose parser reads the two older forms. Pure.
 */
final class KeyReader {
  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN (|RSA |EC )PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END \\1PRIVATE KEY-----");

  private KeyReader() {}

  static PrivateKey read(Buffer pem) throws GeneralSecurityException {
    Matcher block = BLOCK.matcher(pem.toString());
    if (!block.find()) {
      throw new InvalidKeySpecException("no private key");
    }
    byte[] bytes = Base64.getMimeDecoder().decode(block.group(2));
    return switch (block.group(1)) {
      case "RSA " ->
          KeyFactory.getInstance("RSA").generatePrivate(PrivateKeyParser.getRSAKeySpec(bytes));
      case "EC " ->
          KeyFactory.getInstance("EC").generatePrivate(PrivateKeyParser.getECKeySpec(bytes));
      default ->
          KeyFactory.getInstance(PrivateKeyParser.getPKCS8EncodedKeyAlgorithm(bytes))
              .generatePrivate(new PKCS8EncodedKeySpec(bytes));
    };
  }
}
