"""What the notebook layer shows, and what it changes and puts back."""

import inspect

import pytest
from IPython.core.interactiveshell import InteractiveShell

import vethkernel.net.core.dev
from vethkernel.drivers.net import veth
from vethkernel.include.linux.netdevice import net_device_ops
from vethkernel.machine import boot
from vethkernel.net.core.dev import dev_forward_skb
from vethkernel.net.core.rtnetlink import rtnetlink_rcv_msg
from vethkernel.notebook import console, device, interfaces, ledger_tables, message, neighbours, routes
from vethkernel.notebook.patch import patched, source_without, without_line
from vethkernel.notebook.predict import predict
from vethkernel.notebook.source import show_source
from vethkernel.notebook.tables import Table
from vethkernel.notebook.watch import Seen


def test_a_function_is_shown_as_it_stands_in_its_module():
    shown = show_source(veth.veth_xmit)
    assert "\n".join(shown.lines) == inspect.getsource(veth.veth_xmit).rstrip("\n")


def test_a_function_is_shown_with_the_place_of_its_original():
    shown = show_source(veth.veth_xmit)
    assert repr(shown).startswith("veth_xmit: vethkernel/drivers/net/veth.py, after drivers/net/veth.c:")
    assert shown.place.link.startswith("https://elixir.bootlin.com/linux/v3.10.4/source/drivers/net/veth.c#L")
    assert shown.place.link in shown._repr_html_()


def test_a_function_that_follows_a_later_kernel_links_there():
    shown = show_source(veth.veth_get_iflink)
    assert "/linux/v6.1/source/drivers/net/veth.c#L" in shown.place.link


def test_a_marked_line_stands_out_in_text_and_in_html():
    shown = show_source(veth.veth_xmit, mark=["def veth_xmit"])
    assert repr(shown).split("\n")[1].startswith("> def veth_xmit")
    assert shown._repr_html_().count("<mark ") == 1


def test_a_mark_that_is_nowhere_is_refused():
    with pytest.raises(ValueError, match="no line of veth_xmit contains 'banana'"):
        show_source(veth.veth_xmit, mark=["banana"])


def test_an_ops_table_is_shown_as_it_is_defined():
    shown = show_source(veth.veth_netdev_ops)
    assert shown.lines[0] == "veth_netdev_ops = net_device_ops("
    assert "ndo_start_xmit=veth_xmit" in repr(shown)


def test_a_struct_is_shown():
    assert "ndo_start_xmit" in repr(show_source(net_device_ops))


def test_what_is_no_part_of_the_port_is_not_shown():
    with pytest.raises(TypeError, match="no function, class or table"):
        show_source(object())


def test_source_is_shown_as_text_whatever_it_holds():
    def hostile():
        return "<script>"

    assert "<script>" not in show_source(hostile)._repr_html_()


def adds(a, b):
    total = a + b
    total += 0
    return total


def test_a_patched_function_is_another_one_everywhere_until_the_block_ends():
    elsewhere = adds
    with patched(adds, "def adds(a, b):\n    return a * b\n"):
        assert elsewhere(3, 4) == 12
    assert elsewhere(3, 4) == 7


def test_a_patch_may_be_a_function():
    with patched(adds, lambda a, b: "changed"):
        assert adds(1, 2) == "changed"


def test_an_error_in_the_block_puts_the_function_back():
    with pytest.raises(KeyError), patched(adds, lambda a, b: 0):
        raise KeyError
    assert adds(1, 2) == 3


def test_a_line_is_taken_out():
    with without_line(adds, "total += 0"):
        assert adds(1, 2) == 3
        assert "pass  # taken out: total += 0" in inspect.getsource(adds)


def test_a_taken_out_statement_leaves_the_other_lines_in_place():
    whole = inspect.getsource(veth.veth_newlink).split("\n")
    assert len(source_without(veth.veth_newlink, "priv.peer = peer").split("\n")) == len(whole)


@pytest.mark.parametrize(("line", "count"), [("total", "3"), ("banana", "no")])
def test_a_line_that_is_not_one_is_refused(line, count):
    with pytest.raises(ValueError, match=f"{count} lines of adds contain '{line}'"):
        source_without(adds, line)


def test_a_patch_with_other_parameters_is_refused():
    with pytest.raises(ValueError, match=r"adds takes \(a, b\)"), patched(adds, lambda a: 0):
        pass
    with pytest.raises(ValueError, match=r"adds takes \(a, b\)"), patched(adds, "def adds(b, a): pass"):
        pass


def test_a_patch_that_defines_something_else_is_refused():
    with pytest.raises(ValueError, match="does not define adds"), patched(adds, "def other(a, b): pass"):
        pass


def test_a_patch_sees_what_stands_around_it_and_may_call_the_original():
    seen = []

    def spying(a, b):
        seen.append((a, b))
        return original(a, b)

    with patched(adds, spying) as original:
        assert adds(1, 2) == 3
    assert seen == [(1, 2)]


def test_a_patched_kernel_function_keeps_its_modules_names():
    with patched(dev_forward_skb, inspect.getsource(dev_forward_skb)):
        assert dev_forward_skb.__globals__ is vars(vethkernel.net.core.dev)


OPTIONS = {"RX": "because it arrives", "TX": "no, <nothing> leaves"}


def test_a_prediction_is_answered_by_the_model_and_folded():
    asked = predict("Which counter moves?", list(OPTIONS), lambda: "RX", OPTIONS)
    assert repr(asked) == (
        "Predict: Which counter moves?\n"
        "  A. RX\n"
        "  B. TX\n"
        "Right: A. RX because it arrives\n"
        "Not: B. TX no, <nothing> leaves"
    )
    html = asked._repr_html_()
    assert html.index("<details>") < html.index("Right")
    assert "&lt;nothing&gt;" in html


def test_a_prediction_whose_answer_is_no_option_is_refused():
    with pytest.raises(ValueError, match="the model answers 'neither'"):
        predict("?", list(OPTIONS), lambda: "neither", OPTIONS)


def test_a_prediction_explains_every_option():
    with pytest.raises(ValueError, match="no explanation for none"):
        predict("?", [*OPTIONS, "none"], lambda: "RX", OPTIONS)


def test_a_table_stands_in_columns_and_is_escaped_in_html():
    table = Table("devices", ("name", "mtu"), [("veth0", "1500"), ("<b>", "68")])
    assert repr(table) == "devices\nname   mtu\nveth0  1500\n<b>    68"
    assert "<td>&lt;b&gt;</td>" in table._repr_html_()


@pytest.fixture
def machine():
    return boot()


@pytest.fixture
def shell():
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "vethkernel.notebook")
    yield shell
    shell.reset(new_session=False)
    InteractiveShell.clear_instance()


PAIR = """
# ip link add veth0 type veth peer name veth1
# ip addr add 10.0.0.1/24 dev veth0
# ip link set veth0 up
# ip link set veth1 up
"""


def test_a_cell_looks_like_a_console(machine):
    shown = console(machine, "# ip link show lo")
    assert repr(shown).startswith("# ip link show lo\n1: lo: <LOOPBACK> mtu 65536")


def test_a_failed_command_shows_its_message_and_status(machine):
    shown = console(machine, "ip link show veth9\n# true")
    assert repr(shown) == '# ip link show veth9\nDevice "veth9" does not exist.\n[exit 1]\n# true'
    assert '<i class="vk-error" title="standard error">Device &quot;veth9&quot;' in shown._repr_html_()


def test_a_second_console_goes_on_from_cell_to_cell(machine):
    console(machine, PAIR)
    started = console(machine, "2# tcpdump -l -nn -i veth0")
    assert "listening on veth0" in repr(started)
    pinged = console(machine, "# ping -c 1 -W 1 10.0.0.2")
    assert "ARP, Request who-has 10.0.0.2" in repr(pinged)
    assert repr(pinged).index("[exit 1]") < repr(pinged).index("2:") < repr(pinged).index("ARP, Request")
    stopped = console(machine, "2^C")
    assert "packets captured" in repr(stopped) and "ARP, Request" not in repr(stopped)
    assert "nothing runs on this console" in repr(console(machine, "2^C"))


def test_a_console_whose_command_has_ended_is_free_again(machine):
    console(machine, "# ip link set lo up")
    shown = console(machine, "2# tcpdump -l -nn -c 1 -i lo\n# ping -c 1 127.0.0.1")
    assert "1 packet captured" in repr(shown)
    assert "nothing runs on this console" in repr(console(machine, "2^C"))


def test_the_cell_magic_types_on_the_notebooks_machine(shell):
    shell.user_ns["machine"] = machine = boot()
    shell.run_cell_magic("console", "", "# ip link add veth0 type veth peer name veth1")
    assert device(machine, "veth0").name == "veth0"


def test_the_cell_magic_starts_a_machine_where_there_is_none(shell):
    shell.run_cell_magic("console", "other", "# ip link add veth0 type veth peer name veth1")
    assert device(shell.user_ns["other"], "veth1").name == "veth1"


@pytest.mark.parametrize(("name", "error"), [("1 + 1", ValueError), ("wrong", TypeError)])
def test_the_cell_magic_refuses_what_is_no_machine(shell, name, error):
    shell.user_ns["wrong"] = 42
    with pytest.raises(error):
        shell.run_cell_magic("console", name, "# true")


def test_a_device_shows_itself_as_a_table(shell, machine):
    console(machine, PAIR)
    data, _ = shell.display_formatter.format(device(machine, "veth0"))
    assert "priv.peer  veth1" in data["text/plain"] and "address    10.0.0.1/24" in data["text/plain"]
    assert "<td>veth1</td>" in data["text/html"]


def test_a_device_that_is_not_there_is_an_error(machine):
    with pytest.raises(LookupError, match="no device 'veth9'"):
        device(machine, "veth9")
    with pytest.raises(LookupError, match="no namespace 'blue'"):
        device(machine, "lo", netns="blue")


def test_interfaces_show_the_counters(machine):
    console(machine, "# ip link set lo up\n# ping -c 1 127.0.0.1")
    assert interfaces(machine).rows == [["1", "lo", "UP LOOPBACK", "2", "2", "0", "0"]]


def test_neighbours_and_routes_are_tables(machine):
    console(machine, PAIR + "# ping -c 1 -W 1 10.0.0.9\n")
    assert [row[:2] for row in neighbours(machine).rows] == [["10.0.0.9", "veth0"]]
    assert ["main", "unicast", "10.0.0.0/24", "veth0", "", "10.0.0.1", "link"] in routes(machine).rows
    assert ["local", "local", "10.0.0.1/32", "veth0", "", "10.0.0.1", "host"] in routes(machine).rows


def test_an_skb_shows_its_bytes_by_header_field(shell, machine):
    console(machine, PAIR)
    caught = []

    def catching(skb, dev):
        caught.append(shell.display_formatter.format(skb)[0]["text/plain"])
        return original(skb, dev)

    with patched(veth.veth_xmit, catching) as original:
        console(machine, "# ping -c 1 -W 1 10.0.0.2")
    assert caught[0].startswith("sk_buff on veth0: data ")
    assert "<- data  ff ff ff ff ff ff  ethhdr.h_dest    ff:ff:ff:ff:ff:ff" in caught[0]
    assert "arphdr.ar_tip    10.0.0.2" in caught[0]


def test_a_reader_takes_a_line_out_and_sees_what_breaks():
    add_and_show = "# ip link add veth0 type veth peer name veth1\n# ip link show"
    with without_line(veth.veth_newlink, "priv.peer = dev"):
        broken = repr(console(boot(), add_and_show))
    assert "veth0@veth1:" in broken and "veth1@NONE:" in broken
    assert "veth1@veth0:" in repr(console(boot(), add_and_show))


def test_only_a_part_of_a_function_is_shown():
    shown = show_source(veth.veth_newlink, part=("priv: veth_priv", "return 0"), mark=["priv.peer = dev"])
    assert shown.lines == [
        "priv: veth_priv = netdev_priv(dev)",
        "priv.peer = peer",
        "priv = netdev_priv(peer)",
        "priv.peer = dev",
        "return 0",
    ]
    assert shown.marked == {3}
    with pytest.raises(ValueError, match="no part"):
        show_source(veth.veth_newlink, part=("return 0", "priv: veth_priv"))


def test_a_link_message_is_read_byte_by_byte():
    sent = []

    def listen(skb, nlh, extack):
        sent.append(bytes(nlh.head[nlh.off : nlh.off + nlh.nlmsg_len]))
        return original(skb, nlh, extack)

    with patched(rtnetlink_rcv_msg, listen) as original:
        console(boot(), "ip link add a1 mtu 1400 address 02:00:00:00:00:0a type veth peer name b1")
    rows = {name: (int(at), value) for at, _, name, value in message(sent[-1]).rows}
    assert rows["nlmsg_len"][1] == str(len(sent[-1])) and rows["nlmsg_type"][1] == "RTM_NEWLINK"
    assert (rows["IFLA_IFNAME"][1], rows["· · · IFLA_IFNAME"][1]) == ("a1", "b1")
    assert rows["IFLA_ADDRESS"][1] == "02 00 00 00 00 0a" and rows["IFLA_MTU"][1] == "1400"
    assert rows["· IFLA_INFO_DATA"][0] + 4 == rows["· · VETH_INFO_PEER"][0]


@pytest.mark.parametrize(("call", "says"), [
    (lambda: boot(cpus=0), "one CPU at least, not 0"),
    (lambda: message(bytes(31)), "31 bytes are no link message"),
    (lambda: message(bytes(40)), "at 32: an attribute of 0 bytes"),
    (lambda: ledger_tables.function("veth.c:veth_xmit"), "no ported function 'veth.c:veth_xmit'"),
    (lambda: Seen("netif_rx").table(), "netif_rx ran 0 times"),
])
def test_a_wrong_call_is_answered_in_words(call, says):
    with pytest.raises((ValueError, LookupError), match=says):
        call()


def test_a_machine_whose_kernel_ended_within_its_work_says_so_at_the_next_command(machine):
    console(machine, PAIR)
    with pytest.raises(ZeroDivisionError), patched(veth.veth_xmit, lambda skb, dev: 1 // 0):
        console(machine, "ping -c 1 10.0.0.2")
    with pytest.raises(RuntimeError, match=r"in the middle of its work: boot\(\) another"):
        console(machine, "ip link")


def test_a_stand_in_that_forgets_its_number_is_told_of(machine):
    with pytest.raises(TypeError, match="veth_newlink returns a number"), patched(veth.veth_newlink, lambda *_: None):
        console(machine, "ip link add type veth")


def test_commands_that_are_no_text_are_refused(machine):
    with pytest.raises(TypeError, match="one text, each on a line of its own"):
        console(machine, ["ip link"])
