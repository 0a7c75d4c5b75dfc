"""What the notebook layer shows, and what it changes and puts back."""

import inspect

import pytest

import vethkernel.net.core.dev
from vethkernel.drivers.net import veth
from vethkernel.include.linux.netdevice import net_device_ops
from vethkernel.net.core.dev import dev_forward_skb
from vethkernel.notebook.patch import patched, source_without, without_line
from vethkernel.notebook.predict import predict
from vethkernel.notebook.source import show_source
from vethkernel.notebook.tables import Table


def test_a_function_is_shown_as_it_stands_in_its_module():
    shown = show_source(veth.veth_xmit)
    assert "\n".join(shown.lines) == inspect.getsource(veth.veth_xmit).rstrip("\n")


def test_a_function_is_shown_with_the_place_of_its_original():
    shown = show_source(veth.veth_xmit)
    assert repr(shown).startswith("veth_xmit: vethkernel/drivers/net/veth.py, after drivers/net/veth.c:")
    assert shown.link.startswith("https://elixir.bootlin.com/linux/v3.10.4/source/drivers/net/veth.c#L")
    assert shown.link in shown._repr_html_()


def test_a_function_that_follows_a_later_kernel_links_there():
    shown = show_source(veth.veth_get_iflink)
    assert "/linux/v6.1/source/drivers/net/veth.c#L" in shown.link


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


def test_a_patch_that_defines_something_else_is_refused():
    with pytest.raises(ValueError, match="does not define adds"), patched(adds, "def other(a, b): pass"):
        pass


def test_a_patch_that_needs_a_function_around_it_is_refused():
    outer = 1
    with pytest.raises(ValueError, match="uses outer"), patched(adds, lambda a, b: outer):
        pass


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
