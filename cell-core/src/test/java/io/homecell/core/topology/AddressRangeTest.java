package io.homecell.core.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8,   10.255.0.1,   true",
    "10.0.0.0/8,   11.0.0.0,     false",
    "10.0.0.0/8,   ::1,          false",
    "127.0.0.1,    127.0.0.1,    true",
    "127.0.0.1,    127.0.0.2,    false",
    "10.128.0.0/9, 10.128.0.1,   true",
    "10.128.0.0/9, 10.127.0.1,   false",
    "0.0.0.0/0,    200.1.2.3,    true",
    "fd00::/8,     fdff::1,      true",
    "fd00::/8,     fe80::1,      false",
    "::1,          ::1,          true",
  })
  void contains(String range, String address, boolean in) throws UnknownHostException {
    assertThat(AddressRange.parse(range).contains(InetAddress.getByName(address).getAddress()))
        .isEqualTo(in);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "gateway",
        "localhost",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.1/8",
        "10.0.0/8",
        "256.0.0.1",
        "fd00::/129",
        "10.0.0.0/",
        "10.0.0.0/x",
        "a.b",
        ":",
        "dead.beef"
      })
  void isNone(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AddressRange.parse(text))
        .withMessageContaining("'" + text + "'");
  }
}
