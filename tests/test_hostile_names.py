"""A device may be called almost anything: in whatever we write, its name is text and nothing else."""

import json
import re
import shlex
from collections import Counter
from functools import cache
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from pcapng_reader import read_pcapng
from vethkernel.machine import boot
from vethkernel.net.core.dev import netif_rx
from vethkernel.notebook import console, device, interfaces, neighbours, routes
from vethkernel.notebook.tables import device_table
from vethkernel.notebook.watch import skb_values, watching
from vethkernel.pictures import draw, draw_objects, figure
from vethkernel.pictures.journey import journey
from vethkernel.trace import exports
from vethkernel.trace.names import kernels
from vethkernel.trace.recorder import Recorder

PATTERN = "%s%n%d"  # the kernel takes it for one, so no command can give this name; a patched kernel can
NAMES = [
    "<b>x", "<script>", "\"'&", PATTERN, "вéth", "链路0", "\\N\\G\\l\\", "{{a}}${b}`c`", "&lt;b&gt;", "]]>-->", "|{x}",
]  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"
SVG_TAGS = {"svg", "title", "desc", "g", "polygon", "polyline", "path", "text", "ellipse"}
HTML_TAGS = {"pre", "b", "i", "small", "table", "caption", "thead", "tbody", "tr", "th", "td"}
HTML_ATTRIBUTES = {"class", "style", "scope", "title"}
JOURNEY_TAGS = {
    "style", "div", "p", "b", "ol", "li", "br", "small", "pre", "code", "ul", "details", "summary", "figure",
    "figcaption", "a", "script",
}  # fmt: skip
JOURNEY_ATTRIBUTES = {"class", "role", "aria-label", "href", "type"}
PAIR = """\
ip link add v{n} netns red type veth peer name w{n} netns blue
ip -n red addr add 192.0.{n}.1/24 dev v{n}
ip -n blue addr add 192.0.{n}.2/24 dev w{n}
ip -n blue link set w{n} up
"""


class Page(HTMLParser):
    """What a browser would make of some HTML: the elements, their attributes, and the text."""

    def __init__(self, html):
        super().__init__()
        self.count, self.attributes, self.text, self.scripts = Counter(), set(), "", []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.count[tag] += 1
        self.attributes |= {name for name, _ in attributes}

    @property
    def tags(self):
        return set(self.count)

    def handle_data(self, data):
        if self.cdata_elem == "script":
            self.scripts.append(data)
        elif not self.cdata_elem:
            self.text += data


@cache
def recorded():
    """A machine with a pair for each name, a ping through each recorded, and the values of each skb that crossed."""
    machine = boot()
    console(machine, "ip netns add red\nip netns add blue")
    for number, name in enumerate(NAMES):
        console(machine, PAIR.format(n=number))
        if name == PATTERN:
            device(machine, f"v{number}", "red").name = kernels(name)
        else:
            console(machine, f"ip -n red link set v{number} name {shlex.quote(name)}")
        console(machine, f"ip -n red link set {f'v{number}' if name == PATTERN else shlex.quote(name)} up")
    with watching(netif_rx, skb_values) as seen, Recorder(machine, snapshots=True) as trace:
        for number in range(len(NAMES)):
            console(machine, f"ip netns exec red ping -c 1 192.0.{number}.2")
    return machine, trace, seen


def text_of(shown):
    """The text of something that displays itself as HTML, which must be made of nothing but our own elements."""
    page = Page(shown._repr_html_())
    assert page.tags <= HTML_TAGS and page.attributes <= HTML_ATTRIBUTES
    return page.text


def svg_text(svg):
    """The text of a picture, which must hold no script and no link."""
    root = ElementTree.fromstring(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= SVG_TAGS
    assert not [name for element in root.iter() for name in element.keys() if name.startswith("on") or "href" in name]
    return "\n".join(element.text.replace("\u00a0", " ").strip() for element in root.iter() if element.text)


def requests(trace):
    return [packet for packet, words in trace.packets.items() if "echo request" in words]


def journey_text(trace):
    """What a packet's journey shows, which must hold no script but its data and its own."""
    page = Page(journey(trace, *requests(trace)).html)
    assert page.tags <= JOURNEY_TAGS and page.attributes <= JOURNEY_ATTRIBUTES
    assert page.count["script"] == 2
    json.loads(page.scripts[0])
    return page.text


def red_devices():
    machine = recorded()[0]
    return [device(machine, f"w{number}", "blue").priv.peer for number in range(len(NAMES))]


OUTPUTS = {
    "events": lambda machine, trace, seen: [event["dev"] for event in json.loads(exports.events(trace))["events"]],
    "chrome": lambda machine, trace, seen: [
        row["args"].get("device", "") for row in json.loads(exports.chrome(trace))["traceEvents"]
    ],
    "pcapng names": lambda machine, trace, seen: [each["name"] for each in read_pcapng(exports.pcapng(trace))[0]],
    "pcapng comments": lambda machine, trace, seen: [
        each["comment"].partition(" out, in ")[0] for each in read_pcapng(exports.pcapng(trace))[1]
    ],
    "objects, drawn": lambda machine, trace, seen: svg_text(objects_svg()).splitlines(),
    "objects, for who cannot see": lambda machine, trace, seen: [ElementTree.fromstring(objects_svg())[1].text],
    "objects, in words": lambda machine, trace, seen: [draw_objects(machine).text],
    "objects, as DOT": lambda machine, trace, seen: [unescape(draw_objects(machine).source).replace("\\\\", "\\")],
    "a title": lambda machine, trace, seen: [svg_text(figure.clean("<svg></svg>", " ".join(NAMES), ""))],
    "a graph, in words": lambda machine, trace, seen: [draw(trace.calls[:1], title=" ".join(NAMES)).text],
    "a journey": lambda machine, trace, seen: [journey_text(trace)],
    "a journey, in words": lambda machine, trace, seen: [journey(trace, *requests(trace)).text],
    "a console": lambda machine, trace, seen: [text_of(console(machine, "ip -n red link show"))],
    "a console, as text": lambda machine, trace, seen: [repr(console(machine, "ip -n red -o addr show"))],
    "a device": lambda machine, trace, seen: [text_of(device_table(dev)) for dev in red_devices()],
    "interfaces": lambda machine, trace, seen: [text_of(interfaces(machine, "red"))],
    "neighbours": lambda machine, trace, seen: [text_of(neighbours(machine))],
    "routes": lambda machine, trace, seen: [text_of(routes(machine, "red"))],
    "values": lambda machine, trace, seen: [text_of(seen.table(number)) for number in range(len(seen))],
}
EXACTLY = {"events", "chrome", "pcapng names", "pcapng comments"}  # the name stands alone


@cache
def objects_svg():
    return draw_objects(recorded()[0], ops=False, queues=False).svg


@cache
def written(output):
    return OUTPUTS[output](*recorded())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_hostile_device_name_is_text(output, name):
    pieces = written(output)
    assert name in pieces if output in EXACTLY else any(name in piece for piece in pieces)


def test_the_picture_of_hostile_names_links_and_runs_nothing():
    assert not re.search(r"<script|javascript:|\son\w+=|<foreignObject", objects_svg(), re.I)
