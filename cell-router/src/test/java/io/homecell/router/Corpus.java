package io.homecell.router;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the files of {@code smuggling/}; their format is told at their heads. */
final class Corpus {
  private static final String HEAD = "Host: h\r\nX-User-Id: 1\r\n";
  private static final Pattern REPEATED = Pattern.compile("\\{([^{}*]+)\\*(\\d+)\\}");

  /** One case: its name, what is sent, what is wanted, and the lines that say more of that. */
  record Case(String name, String send, String want, List<String[]> details) {
    List<String> all(String key) {
      return details.stream().filter(pair -> pair[0].equals(key)).map(pair -> pair[1]).toList();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private Corpus() {}

  static List<Case> read(String resource) {
    String text;
    try (InputStream in = Corpus.class.getResourceAsStream("/smuggling/" + resource)) {
      text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    List<Case> cases = new ArrayList<>();
    for (String block : text.split("\\n\\n+")) {
      List<String[]> pairs = new ArrayList<>();
      for (String line : block.split("\\n")) {
        if (!line.isBlank() && !line.startsWith("#")) {
          int colon = line.indexOf(": ");
          if (colon < 0) {
            throw new AssertionError(resource + ": '" + line + "' (expected: key: value)");
          }
          pairs.add(new String[] {line.substring(0, colon), line.substring(colon + 2)});
        }
      }
      if (!pairs.isEmpty()) {
        cases.add(read(pairs));
      }
    }
    return cases;
  }

  private static Case read(List<String[]> pairs) {
    StringBuilder send = new StringBuilder();
    String want = "";
    List<String[]> details = new ArrayList<>();
    for (String[] pair : pairs.subList(1, pairs.size())) {
      String value = bytes(pair[1]);
      switch (pair[0]) {
        case "send" -> send.append(value);
        case "want" -> want = value;
        default -> details.add(new String[] {pair[0], value});
      }
    }
    if (!pairs.get(0)[0].equals("case") || want.isEmpty()) {
      throw new AssertionError("'" + pairs.get(0)[1] + "' (expected: case, send, want)");
    }
    return new Case(pairs.get(0)[1], send.toString(), want, details);
  }

  private static String bytes(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char next = text.charAt(i);
      if (next != '\\') {
        plain.append(next);
        continue;
      }
      i++;
      switch (text.charAt(i)) {
        case 'r' -> plain.append('\r');
        case 'n' -> plain.append('\n');
        case 't' -> plain.append('\t');
        case 'x' -> {
          plain.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
          i += 2;
        }
        default -> plain.append(text.charAt(i));
      }
    }
    return REPEATED
        .matcher(plain.toString().replace("{head}", HEAD))
        .replaceAll(
            found ->
                Matcher.quoteReplacement(found.group(1).repeat(Integer.parseInt(found.group(2)))));
  }
}
