package io.homecell.cellctl;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 60s}, {@code 500ms} or {@code 2m}. */
public final class DurationOption implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String value) {
    try {
      if (value.endsWith("ms")) {
        return Duration.ofMillis(Long.parseLong(value.substring(0, value.length() - 2)));
      }
      long number = Long.parseLong(value.substring(0, Math.max(0, value.length() - 1)));
      if (value.endsWith("s")) {
        return Duration.ofSeconds(number);
      }
      if (value.endsWith("m")) {
        return Duration.ofMinutes(number);
      }
    } catch (NumberFormatException notANumber) {
      // told below
    }
    throw new TypeConversionException("'" + value + "' (expected: such as 60s, 500ms or 2m)");
  }
}
