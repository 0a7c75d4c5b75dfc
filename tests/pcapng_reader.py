"""A reader of pcapng that knows nothing of our writer: as strict as the format's draft, for little-endian files."""

from struct import unpack, unpack_from

BYTE_ORDER_MAGIC = 0x1A2B3C4D


def read_pcapng(data):
    """The interfaces and the packets of a capture, each a dict; AssertionError where the file breaks the format."""
    interfaces, packets = [], []
    for number, (kind, body) in enumerate(blocks(data)):
        if kind == 0x0A0D0D0A:
            assert number == 0
            magic, major, minor, length = unpack_from("<IHHq", body)
            assert (magic, major, minor) == (BYTE_ORDER_MAGIC, 1, 0)
            assert length == -1 or length == len(data) - len(body) - 12
            options(body[16:])
        elif kind == 1:
            linktype, reserved, snaplen = unpack_from("<HHI", body)
            assert reserved == 0
            found = options(body[8:])
            interfaces.append({
                "linktype": linktype, "snaplen": snaplen, "name": found[2].decode(),
                "description": found[3].decode(), "resolution": found[9][0],
            })
        elif kind == 6:
            interface, high, low, captured, length = unpack_from("<IIIII", body)
            assert interface < len(interfaces) and captured <= length
            padded = captured + -captured % 4
            assert not any(body[20 + captured : 20 + padded])
            found = options(body[20 + padded :])
            packets.append({
                "interface": interfaces[interface]["name"], "time_ns": high << 32 | low,
                "data": body[20 : 20 + captured], "length": length, "comment": found[1].decode(),
                "direction": {1: "in", 2: "out"}[unpack("<I", found[2])[0]],
            })
        else:
            raise AssertionError(f"block type {kind:#x}")
    return interfaces, packets


def blocks(data):
    at = 0
    while at < len(data):
        kind, length = unpack_from("<II", data, at)
        assert length % 4 == 0 and length >= 12
        assert unpack_from("<I", data, at + length - 4) == (length,)
        yield kind, data[at + 8 : at + length - 4]
        at += length
    assert at == len(data)


def options(data):
    found, at = {}, 0
    while at < len(data):
        code, length = unpack_from("<HH", data, at)
        if code == 0:
            assert length == 0 and at + 4 == len(data)
            return found
        assert code not in found
        found[code] = data[at + 4 : at + 4 + length]
        at += 4 + length + -length % 4
    assert not found, "options without their end"
    return found
