package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {
  @ParameterizedTest
  @CsvSource({
    "'',                          127.0.0.1,   false",
    "'10.0.0.0/8',                10.1.2.3,    true",
    "'10.0.0.0/8',                11.1.2.3,    false",
    "'10.0.0.0/9',                10.127.0.1,  true",
    "'10.0.0.0/9',                10.128.0.1,  false",
    "'0.0.0.0/0',                 9.9.9.9,     true",
    "'0.0.0.0/0',                 '::1',       false",
    "'192.168.1.7',               192.168.1.7, true",
    "'192.168.1.7',               192.168.1.8, false",
    "' 192.168.1.7 , fd00::/8 ,', fd12::1,     true",
    "'fd00::/8',                  fe80::1,     false",
    "'::1',                       '0:0:0:0:0:0:0:1', true",
  })
  void onlyWhoIsListedIsTrusted(String list, String address, boolean trusted) {
    assertThat(TrustedProxies.parse(list).contains(address)).isEqualTo(trusted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "proxy.example",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/x",
        "::1/129",
        "localhost"
      })
  void whatIsNoAddressIsSaid(String list) {
    assertThatThrownBy(() -> TrustedProxies.parse(list))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + list + "' is no range of addresses");
  }
}
