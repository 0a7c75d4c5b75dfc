"""The programs and the prompt: files, filters, printing and parsing, with wrong, random and broken input."""

from __future__ import annotations

import io
from random import Random

import pytest

from vethkernel import boot
from vethkernel.__main__ import main
from vethkernel.user import pcap
from vethkernel.user.pcap_filter import BadFilter, Filter
from vethkernel.user.print_packet import pretty_print_packet
from vethkernel.user.printer import Printer
from vethkernel.user.prompt import Prompt
from vethkernel.user.session import Consoles, replay
from vethkernel.user.shell import Refused, parse, run_line

ROUNDS = 2000


@pytest.fixture(scope="module")
def captured():
    """Packets of every kind that a ping makes: ARP, echo request and reply, fragments, an ICMP error."""
    machine = boot()
    run_line(machine, "ip link set lo up; ip link add veth0 type veth peer name veth1; ip link set veth1 up")
    run_line(machine, "ip addr add 10.0.0.1/24 dev veth0; ip link set veth0 up")
    consoles = Consoles(machine)
    consoles.start("2", "tcpdump -i lo -w lo.pcap")
    consoles.start("3", "tcpdump -i veth0 -w veth0.pcap")
    run_line(machine, "ping -c 1 127.0.0.1; ping -c 1 -s 60000 127.0.0.1; ping -c 1 10.0.0.9")
    consoles.stop("3")
    consoles.stop("2")
    files = [machine.read_file(f"{device}.pcap") for device in ("lo", "veth0")]
    return [packet for content in files for packet in pcap.read(content)[2]]


def broken(random: Random, data: bytes) -> bytes:
    """The same bytes with some of them changed, and perhaps without their end."""
    changed = bytearray(data[:200])
    for _ in range(random.randint(0, 6)):
        changed[random.randrange(min(len(changed), 90))] = random.randrange(256)
    return bytes(changed[: random.randrange(len(changed) + 1)] if random.random() < 0.5 else changed)


def test_a_capture_file_holds_what_was_written(captured):
    content = pcap.capture_file() + b"".join(pcap.record(packet) for packet in captured)
    linktype, snaplen, packets = pcap.read(content)
    assert (linktype, snaplen, list(packets)) == (pcap.LINKTYPE_ETHERNET, pcap.MAXIMUM_SNAPLEN, captured)


@pytest.mark.parametrize(("content", "message"), [
    (b"", "truncated dump file; tried to read 4 file header bytes, only got 0"),
    (b"hello, I am a text, not a capture", "unknown file format"),
    (pcap.capture_file()[:10], "truncated dump file; tried to read 24 file header bytes, only got 10"),
    (pcap.capture_file() + b"12345", "truncated dump file; tried to read 16 header bytes, only got 5"),
])
def test_a_broken_capture_file_is_refused_in_libpcaps_words(content, message):
    with pytest.raises(pcap.BadFile, match=message):
        list(pcap.read(content)[2])


def test_no_packet_whatever_its_bytes_stops_the_printer(captured):
    random = Random(1)
    for _ in range(ROUNDS):
        data = broken(random, random.choice(captured).data)
        printer = Printer(linktype=random.choice((1, 276)), verbose=random.randint(0, 3), quiet=random.randint(0, 2),
                          link=random.random() < 0.5, hex_and_ascii=random.randint(0, 2), names=random.random() < 0.5)
        assert pretty_print_packet(printer, pcap.Packet(0, data, len(data))).endswith("\n")


@pytest.mark.parametrize(("expression", "passing"), [
    ("icmp", 5), ("arp", 3), ("arp or icmp", 8), ("not icmp", 3), ("host 10.0.0.9", 3),
    ("src 127.0.0.1 and greater 1000", 2), ("net 10.0.0.0/8", 4), ("broadcast", 3),
    ("udp or tcp port 80", 0), ("icmp and not (host 127.0.0.1)", 1),
])
def test_a_filter_passes_the_packets_that_it_names(captured, expression, passing):
    chosen = Filter(expression)
    assert sum(chosen.matches(packet) for packet in captured) == passing


def test_no_filter_whatever_its_words_stops_the_program(captured):
    random = Random(2)
    words = "icmp arp host src dst net port proto ether not and or ( ) ! 10.0.0.1 10 / 8 foo 53 \\arp [ = 0x8".split()
    for _ in range(ROUNDS):
        try:
            Filter(" ".join(random.choices(words, k=random.randint(0, 7)))).matches(random.choice(captured))
        except BadFilter as e:
            assert str(e)


@pytest.mark.parametrize("line", [
    "ip link | cat", "echo $HOME", "echo `ip link`", "echo $(ip link)", "ping 127.0.0.1 &", "(ip link)",
    "A=1", "for", "cat < /proc/net/dev", "echo {1..99999999}", "echo " + "{a,b}" * 99, "echo " + "{a," * 99 + "}" * 99,
    "echo " + "{{1..9999},{1..9999}}" * 2,
])
def test_what_the_shell_does_not_have_is_refused_before_anything_runs(line):
    machine = boot()
    answer = run_line(machine, f"ip link set lo up; {line}")
    assert (answer.stdout, answer.status) == ("", 2)
    assert "left out of this shell" in answer.stderr
    assert "LOOPBACK>" in run_line(machine, "ip link show lo").stdout


def test_no_line_whatever_its_characters_stops_the_shell():
    random = Random(3)
    for _ in range(ROUNDS):
        line = "".join(random.choices("echo ab'\"\\$?`;&|<>()#*~!{},.[]- \t1é\2\5", k=random.randint(0, 20)))
        try:
            parse(line)
        except Refused as e:
            assert str(e)


@pytest.mark.parametrize(("line", "says"), [
    ("/sbin/ip netns", ("", 0)),
    ("/bin/foo/ip netns", ("bash: line 1: /bin/foo/ip: No such file or directory\n", 127)),
    ("/proc/net/dev", ("bash: line 1: /proc/net/dev: Permission denied\n", 126)),
    ("/proc/net", ("bash: line 1: /proc/net: Is a directory\n", 126)),
    ("ip netns exec a /sbin/ip netns", ("", 0)),
    ("ip netns exec a /proc/net", ('exec of "/proc/net" failed: Permission denied\n', 1)),
    ("ip netns exec a /bin/foo/ip", ('exec of "/bin/foo/ip" failed: No such file or directory\n', 1)),
])
def test_a_program_is_found_by_the_paths_that_a_machine_has_and_by_no_other(line, says):
    answer = run_line(boot(), f"ip netns add a; {line}")
    assert (answer.stderr, answer.status) == says


@pytest.mark.parametrize(("word", "made"), [
    ("/p*/s[!x]lf/n[a-f]t*", "/proc/self/net"), ("/*p*r*o*c", "/proc"), ("/proc/?*l?/[c-]omm", "/proc/self/comm"),
    ("/*" * 99, "/*" * 99), ("/tmp/" + "*a" * 30 + "b", "/tmp/" + "*a" * 30 + "b"), ("/tmp/[a--a]*", "/tmp/[a--a]*"),
    ("/tmp/a**[b]", "/tmp/a**[b]"), ("/[z-a]* [] [", "/[z-a]* [] ["),
    ("{01..10..4}{,x}", "01 01x 05 05x 09 09x"), ("{c..a..2}", "c a"), ("{a,{b..d},'{e,f}'}", "a b c d {e,f}"),
])
def test_a_pattern_gives_the_names_that_there_are_and_braces_all_they_make(word, made):
    machine = boot()
    run_line(machine, "echo > /tmp/" + "a" * 60)
    assert run_line(machine, f"echo {word}").stdout == f"{made}\n"


@pytest.mark.parametrize(("content", "says"), [
    ("link show lo \\", 'either "dev" is duplicate'),
    ("link show lo \\\n", "Missing continuation line"),
    ("# x \\\nlink show \\\n # y\n nope", 'Object "nope" is unknown, try "ip help".\nCommand failed /tmp/batch:4'),
    ("link show 'lo", "Unterminated quoted string"),
])
def test_a_batch_file_is_read_as_iproute2_reads_it(content, says):
    machine = boot()
    with machine.process("echo").open("/tmp/batch", "w") as file:
        file.write(content)
    assert says in run_line(machine, "ip -batch /tmp/batch").stderr


def test_a_capture_is_no_batch_file_and_says_so():
    machine = boot()
    run_line(machine, "ip link set lo up; tcpdump -c 1 -w /tmp/capture -i lo")
    assert run_line(machine, "ip -batch /tmp/capture").stderr.endswith("Command failed /tmp/capture:1\n")


@pytest.mark.parametrize(("content", "says"), [
    (None, "No such file or directory"),
    (b"\xff\xfe$ ip link", "not a text in UTF-8"),
])
def test_run_says_why_it_cannot_read_a_session(tmp_path, capsys, content, says):
    file = tmp_path / "session.console"
    if content is not None:
        file.write_bytes(content)
    assert main(["run", str(file)]) == 2
    assert capsys.readouterr().err == f"vethkernel: {file}: {says}\n"


def test_a_session_may_come_from_windows(tmp_path, capsys):
    file = tmp_path / "session.console"
    file.write_bytes(b"\xef\xbb\xbf$ echo one\r\n$ echo two\r\n")
    assert main(["run", str(file)]) == 0
    assert capsys.readouterr().out.split("\n")[:4] == ["$ echo one", "one", "[exit 0]", ""]


@pytest.mark.parametrize(("at_the_keyboard", "line", "typed"), [
    (True, "# ip link", "ip link"), (True, "# a remark", "# a remark"), (True, "#", "#"),
    (False, "# ip link", "# ip link"),
])
def test_a_line_copied_from_the_book_runs_with_its_prompt_and_a_files_comment_does_not(at_the_keyboard, line, typed):
    assert Prompt(boot(), at_the_keyboard).copied(line) == typed


def test_the_prompt_runs_what_it_reads_and_leaves_with_the_last_status(monkeypatch, capsys):
    typed = ["ip link set lo up", "2$ tcpdump -i lo -t -n", "ping -c 1 127.0.0.1", "2^C", "foo"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(typed)))
    assert main([]) == 127
    printed = capsys.readouterr()
    assert "IP 127.0.0.1 > 127.0.0.1: ICMP echo reply, id" in printed.out
    assert "2 packets captured" in printed.err
    assert printed.err.endswith("bash: foo: command not found\n")


def test_a_prompt_without_standard_input_ends_like_bashs(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", None)
    assert main([]) == 0
    assert capsys.readouterr() == ("", "")


def test_what_routers_say_is_kept_for_one_address_and_shown():
    machine = boot()
    for line in (
        "ip link set lo up; ip netns add r; ip link add a0 type veth peer name r0 netns r",
        "ip addr add 10.1.0.1/24 dev a0; ip link set a0 up",
        "ip -n r addr add 10.1.0.254/24 dev r0; ip -n r link set r0 up; ip -n r route add 10.7.0.0/24 via 10.1.0.1",
        "ip netns exec r sysctl -w net.ipv4.ip_forward=1; ip route add default via 10.1.0.254",
        "ip -n r link add r1 type veth peer name r2; ip -n r link set r2 up; ip -n r link set r1 mtu 1000 up",
        "ip -n r addr add 10.2.0.254/24 dev r1",
    ):
        run_line(machine, line)
    told = run_line(machine, "ping -v -c 1 -W 1 10.7.0.1").stdout.splitlines()
    assert told[2:4] == [
        "From 10.1.0.254: icmp_seq=1 Redirect Host(New nexthop: 10.1.0.1)",
        "Vr HL TOS  Len   ID Flg  off TTL Pro  cks      Src      Dst Data",
    ]
    assert [word for i, word in enumerate(told[4].split()) if i not in (4, 9)] == (
        "4 5 00 5400 0 0040 3f 01 10.1.0.1 10.7.0.1".split()
    )
    assert "Frag needed" in run_line(machine, "ping -c 1 -s 1200 10.2.0.9").stdout
    assert run_line(machine, "ip route show cache").stdout == ""  # nobody has taken that way since
    run_line(machine, "ping -c 1 -W 1 10.2.0.9")
    assert run_line(machine, "ip route show cache").stdout.splitlines() == [
        "10.2.0.9 via 10.1.0.254 dev a0 ", "    cache expires 598sec mtu 1000 "
    ]


def test_a_command_that_never_ends_is_interrupted():
    assert "--- 127.0.0.1 ping statistics ---" in replay("$ ip link set lo up\n$ ping 127.0.0.1\n")
