"""The source appendix: who calls whom is read rightly, every function is there once, and every link leads somewhere."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag
from xml.etree import ElementTree

import pytest

from vethkernel.crossref import read_port
from vethkernel.ledger import all_paths, c_file_of, read_module, read_reasons

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.rglob("*.html") if "_static" not in p.parts)
ANCHOR = re.compile(r'\sid="([^"]+)"')
LINK = re.compile(r'\s(?:(?:xlink:)?href|src|action|data)="([^"]+)"')
SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
CODE = re.compile(r"<figcaption>(.*?)</figcaption>", re.S)


@pytest.fixture(scope="module")
def port():
    return read_port()


# Who calls whom.

CALLERS = [
    ("netif_rx", "callers", {"loopback_xmit", "dev_forward_skb", "dev_loopback_xmit"}),
    ("veth_xmit", "callers", set()),
    ("veth_xmit", "calls", {"netdev_priv", "kfree_skb", "dev_forward_skb", "this_cpu_ptr"}),
    ("net_dev_init", "handed_on", set()),
    ("rtnl_newlink", "handed_on", {"rtnetlink_init"}),
]
POINTERS = [
    ("veth_xmit", ("net_device_ops", "ndo_start_xmit"), {"dev_hard_start_xmit"}),  # an entry of a table
    ("process_backlog", ("napi_struct", "poll"), {"net_rx_action"}),  # assigned
    ("neigh_timer_handler", ("timer_list", "function"), {"run_timer_softirq"}),  # an argument of setup_timer
    ("net_rx_action", ("softirq_action", "action"), {"__do_softirq"}),  # an argument that a struct is made with
    ("ip_rcv", ("packet_type", "func"), {"deliver_skb"}),  # called through a variable
]


def named(port, name):
    return next(f for key, f in port.functions.items() if key[1] == name)


@pytest.mark.parametrize(("name", "side", "others"), CALLERS)
def test_calls_by_name_are_followed_both_ways(name, side, others, port):
    assert {key[1] for key in getattr(named(port, name), side)} == others


@pytest.mark.parametrize(("name", "slot", "callers"), POINTERS)
def test_calls_through_a_pointer_are_followed_to_the_functions_it_may_be(name, slot, callers, port):
    assert callers <= {key[1] for key in named(port, name).reached[slot]}


def test_a_table_is_named_with_its_entry(port):
    assert (("drivers/net/veth.py", "veth_netdev_ops"), "ndo_open") in named(port, "veth_open").tables


def test_each_function_makes_the_calls_by_name_that_the_ledger_finds(port):
    different = {}
    for module in map(read_module, all_paths()):
        for ported in module.functions:
            function = port.functions[module.path, ported.name]
            meant = {found for name in ported.calls if (found := port.resolve(module.path, name)) in port.functions}
            if difference := meant ^ set(function.calls):
                different[module.path, ported.name] = difference
    assert different == {}


def test_every_function_has_the_place_of_its_original_or_is_a_helper_of_ours(port):
    helpers = read_reasons().helpers
    without = [(c_file_of(path), name) for (path, name), function in port.functions.items() if not function.place.line]
    ours = [name for file, name in without if f"{file}:{name}" not in helpers]
    assert set(ours) <= {"csum_fold", "csum_tcpudp_magic"}  # which the kernel has in assembler, one for each processor


# The pages.

@pytest.fixture(scope="module")
def site(need):
    need(None if PAGES else "the book is not built: make book")
    return SITE


@cache
def anchors(page: str) -> list[str]:
    return ANCHOR.findall((SITE / page).read_text("utf-8"))


def pages_of(module: str) -> list[str]:
    stem = re.escape("source/" + module.removesuffix(".py"))
    return [page for page in PAGES if re.fullmatch(rf"{stem}(-\d+)?\.html", page)]


@pytest.mark.machine
def test_every_ported_function_has_exactly_one_place_in_the_appendix(site):
    found = {(path.as_posix(), f.name): sum(anchors(page).count(f.name) for page in pages_of(path.as_posix()))
             for path in all_paths() for f in read_module(path).functions}
    assert len(found) > 1500
    assert {key: count for key, count in found.items() if count != 1} == {}


def broken(source: str, text: str) -> list[str]:
    """Links in a file's text that lead to nothing."""
    found = []
    for link in map(unescape, set(LINK.findall(text))):
        address, place = urldefrag(link)
        if re.match(r"[a-z]+:", address) or address.startswith("//"):
            continue
        target = (SITE / source).parent / unquote(address.partition("?")[0]) if address else SITE / source
        if not target.exists():
            found.append(link)
        elif place and target.suffix == ".html":
            page = target.resolve().relative_to(SITE.resolve()).as_posix()
            found += [link] if unquote(place) not in anchors(page) else []
    return found


@pytest.mark.machine
def test_every_link_inside_the_book_leads_somewhere(site):
    pictures = sorted(p.relative_to(SITE).as_posix() for p in (SITE / "_images").glob("*.svg"))
    wrong = {page: bad for page in [*PAGES, *pictures] if (bad := broken(page, (SITE / page).read_text("utf-8")))}
    assert wrong == {}


@pytest.mark.machine
def test_a_link_to_a_page_or_a_place_that_is_not_there_is_found(site):
    lost = ["glossary.html#term-nothing", "no-such-page.html"]
    text = "".join(f'<a href="{link}">' for link in ["glossary.html#term-veth", *lost])
    assert sorted(broken("book/usage.html", text)) == lost


@pytest.mark.machine
def test_every_page_of_the_appendix_is_under_150_kb(site):
    assert [page for page in PAGES if page.startswith("source/") and (SITE / page).stat().st_size >= 150_000] == []


@pytest.mark.machine
def test_every_listing_of_a_ported_function_leads_to_it(site):
    captions = [c for page in PAGES if page.startswith("book/") for c in CODE.findall((SITE / page).read_text("utf-8"))]
    assert len(captions) > 50
    assert [caption for caption in captions if 'href="../source/' not in caption] == []


@pytest.mark.machine
def test_every_function_in_a_picture_leads_to_its_source(site, port):
    functions = {name for _, name in port.functions}
    found = {}
    for path in (site / "_images").glob("*.svg"):
        for node in ElementTree.parse(path).iter(f"{SVG}g"):
            written = [text.text.split()[0] for text in node.iter(f"{SVG}text") if node.get("class") == "node"]
            places = [a.get(f"{XLINK}href", "").partition("#")[2] for a in node.iter(f"{SVG}a")]
            found |= {(path.name, word): word in places for word in written if word in functions}
    assert len(found) > 50
    assert [where for where, leads in found.items() if not leads] == []
