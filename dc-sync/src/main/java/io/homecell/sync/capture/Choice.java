package io.homecell.sync.capture;

import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What an ENUM or a SET column holds, by number, as MySQL stores it: so its invalid value, a member
 * with the empty name and members that the collation holds equal are told apart.
 *
 * <p>A number means the same member at the target only if the definitions agree there; {@link
 * #difference} compares them for the members at hand. A name that the server's own dictionary does
 * not show exactly (outside of the basic plane, or not in Unicode) can't be compared so; such a
 * value goes by its name. Tested by {@code scenarios/enums.sql}. Immutable.
 */
public final class Choice {
  private final ColumnOptions options;
  private final boolean several;
  private final long number;

  /**
   * A value.
   *
   * @param several whether the number is a set of bits
   */
  Choice(ColumnOptions options, boolean several, long number) {
    this.options = options;
    this.several = several;
    this.number = number;
  }

  /** A member's number, from 1; 0 for the invalid value; of a SET the members' bits, unsigned. */
  public long number() {
    return number;
  }

  private boolean has(int member) {
    return several ? (number >>> (member - 1) & 1) != 0 : number == member;
  }

  /** Whether it is written by number; else by {@link #name}. */
  public boolean isByNumber() {
    for (int member = 1; member <= options.members().size(); member++) {
      if (has(member) && options.shown(member).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /**
   * As a statement compares it. A column can't be given the invalid value so: see {@link #literal}.
   */
  public String numberText() {
    return Long.toUnsignedString(number);
  }

  /** What a column is given; only for one that {@link #isByNumber}. */
  public String literal() {
    return number == 0 && !several ? "'" + options.zero() + "'" : numberText();
  }

  /** A {@link String}, {@link CharsetText} or {@code byte[]}; of a SET with commas between. */
  public Object name() {
    if (options.members().isEmpty()) {
      return numberText(); // written without names
    } else if (!several) {
      return number == 0 ? "" : options.name((int) number);
    }
    Object all = options.names(number);
    if (!isByNumber() && options.members().stream().anyMatch(member -> member.length == 0)) {
      throw new ReplicationHaltedException(
          Reason.VALUE_UNUSABLE,
          "column "
              + options.column()
              + " has a member with the empty name next to one that can only be written by name;"
              + " rename one of them");
    }
    return all;
  }

  /**
   * Whether a column with other members would take it for another value.
   *
   * @param there the target's members as its dictionary shows them
   * @return what is different
   */
  public Optional<String> difference(List<String> there) {
    for (int member = 1; member <= options.members().size(); member++) {
      if (has(member)) {
        Optional<String> here = options.shown(member);
        Optional<String> other =
            member <= there.size() ? Optional.of(there.get(member - 1)) : Optional.empty();
        if (here.isPresent() && !here.equals(other)) {
          return Optional.of(
              "column %s: member %d is '%s' at the source, %s at the target"
                  .formatted(
                      options.column(),
                      member,
                      here.get(),
                      other.map(name -> "'" + name + "'").orElse("none")));
        }
      }
    }
    return Optional.empty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Choice choice
        && choice.number == number
        && choice.several == several
        && choice.options.equals(options);
  }

  @Override
  public int hashCode() {
    return Objects.hash(number, several);
  }

  @Override
  public String toString() {
    return options.column() + "#" + numberText();
  }
}
