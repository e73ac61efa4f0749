"""Which addresses may be called: a corpus of those that must not be."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from inspector_app.domain.addresses import EVERYWHERE, why_no_host, why_not

INSIDE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.255.255.254
169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.254 192.0.0.1 192.0.0.170 192.0.2.1
192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.254 198.51.100.1 203.0.113.1 224.0.0.1 233.252.0.1
239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::2 ::7f00:1 ::10.0.0.1 ::ffff:0:127.0.0.1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0.0.0.0 ::ffff:224.0.0.1
64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b::224.0.0.1
64:ff9b:1::10.0.0.1 64:ff9b:1:ffff::8.8.8.8
100::1 100:0:0:1::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1
2001:db8::1 2002:7f00:1:: 2002:a00:1:: 2002:a9fe:a9fe:: 2002:808:808:: 3fff::1 4000::1 5f00::1
fc00::1 fd00::1 fd00:ec2::254 fdff:ffff::1 fe80::1 fe80::1%1 fe80::a9fe:a9fe febf::1 fec0::1
ff00::1 ff02::1 ff02::fb ff05::2 ff0e::1
"""
OUTSIDE = "1.1.1.1 8.8.8.8 100.63.0.1 100.128.0.1 172.32.0.1 2606:4700::1111 2a00:1450::1"
WRAPPED = "::ffff:8.8.8.8 64:ff9b::8.8.8.8"


def refused(text, *allowed, port=443, plain=False):
    networks = [ip_network(network) for network in allowed]
    return why_not(ip_address(text), port, allowed=networks, plain=plain)


@pytest.mark.parametrize("text", INSIDE.split())
def test_an_address_that_is_not_on_the_public_internet_is_not_called(text):
    assert refused(text)


@pytest.mark.parametrize("text", [*OUTSIDE.split(), *WRAPPED.split()])
def test_an_address_on_the_public_internet_is_called_over_https(text):
    assert refused(text) == ""
    assert refused(text, port=8443) == ""
    assert "only https" in refused(text, plain=True)


@pytest.mark.parametrize("port", [1, 22, 25, 80, 110, 389, 445, 1023])
def test_a_port_that_speaks_something_else_is_not_called_on_the_internet(port):
    assert f"port {port} " in refused("8.8.8.8", port=port)
    assert refused("8.8.8.8", "8.8.8.0/24", port=port) == ""


def test_the_operator_lets_networks_be_called_at_any_port_and_in_plain_text():
    assert refused("10.1.2.3", "10.1.0.0/16", port=80, plain=True) == ""
    assert refused("10.2.2.3", "10.1.0.0/16")
    assert refused("::1", "127.0.0.0/8")
    assert refused("fd00::7", "fd00::/8", plain=True) == ""


@pytest.mark.parametrize("text", ["::ffff:10.1.2.3", "64:ff9b::10.1.2.3"])
def test_what_the_operator_lets_be_called_is_so_in_its_wrapped_form_too(text):
    assert refused(text, "10.1.0.0/16") == ""
    assert refused(text, "10.2.0.0/16")


@pytest.mark.parametrize("text", ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "::ffff:0.0.0.0"])
def test_what_is_no_single_machine_is_called_under_no_setting(text):
    assert "no single machine" in why_not(ip_address(text), 443, allowed=EVERYWHERE, plain=False)


def test_targets_that_the_operator_sets_may_be_anywhere():
    for text in ("10.0.0.1", "127.0.0.1", "fd00::1", "2002:a00:1::"):
        assert why_not(ip_address(text), 80, allowed=EVERYWHERE, plain=True) == ""


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "017700000001", "127.1", "127.0.1", "0177.0.0.1"),
        *("0x7f.0.0.1", "0x7f.1", "127.0.0.1.", "127.0.0.01", "256.1.1.1", "1.2.3.4.5", "a.0x"),
        *("", ".", "a..b", ".a", "a.", "localhost.", "metadata.google.internal.", "-a.b", "a-.b"),
        *("a b", "a\tb", "a/b", "a@b", "a:b", "[::1]", "a%2eb", "a\\b", "a\x00b", "a#b", "a?b"),
        *(
            "①②⑦.⓪.⓪.①",
            "127。0。0。1",
            "\uff11\uff12\uff17.0.0.1",
            "fe80::1%1",
            "::ffff:127.0.0.1%1",
            "ⓛocalhost",
            "é.example",
        ),
        *("a" * 64, ".".join(["a" * 60] * 5)),
    ],
)
def test_a_host_that_is_written_unusually_is_none(host):
    assert why_no_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *("example.com", "EXAMPLE.com", "localhost", "xn--9ca.example", "a_b.example"),
        *("1.example", "127.0.0.1", "::1", "2606:4700::1111", "a" * 63),
    ],
)
def test_a_host_that_is_written_as_usual_is_one(host):
    assert why_no_host(host) == ""
