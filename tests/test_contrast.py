"""Pictures stand in pages as images, where a page's checker sees no letters: so their colours are compared here.

https://www.w3.org/TR/WCAG22/#contrast-minimum asks 4.5 for letters, #non-text-contrast 3 for boxes and lines.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from test_pictures import program, way  # noqa: F401  (a fixture)
from vethkernel.machine import boot
from vethkernel.notebook import console
from vethkernel.pictures import draw, draw_difference, draw_objects, figure

LETTERS, SHAPES = 4.5, 3.0
PAGES = ("#ffffff", "#121212")  # the theme's grounds, light and dark
NAMED = {"black": "#000000", "white": "#ffffff", "currentColor": figure.LINE}


def brightness(colour: str) -> float:
    """WCAG's relative luminance."""
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, brighter = sorted(brightness(NAMED.get(colour, colour)) for colour in (one, other))
    return (brighter + 0.05) / (darker + 0.05)


def shapes_and_letters(svg: str):
    """What is painted, in order: (box or None, fill, border) of each shape, (place, colour, words) of each text."""
    for element in ElementTree.fromstring(svg).iter():
        kind = element.tag.rpartition("}")[2]
        if kind in ("polygon", "path"):
            numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", element.get("points") or element.get("d"))]
            box = min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
            yield kind, box, element.get("fill", "black"), element.get("stroke", "none")
        elif kind == "text":
            yield kind, (float(element.get("x")), float(element.get("y"))), element.get("fill", "black"), element.text


def faults(svg: str) -> list[str]:
    """Letters on no fill of their own or too much like it, and shapes that a light or a dark page swallows."""
    found, fills = [], []
    for kind, place, colour, more in shapes_and_letters(svg):
        if kind != "text":
            if colour not in ("none", "transparent"):
                fills.append((place, colour))
            if more not in ("none", "transparent"):  # else it is no box, but the ground of some letters
                seen = [c for c in (colour, more) if c not in ("none", "transparent")]
                found += [f"{kind} {seen} on {page}" for page in PAGES if max(contrast(c, page) for c in seen) < SHAPES]
            continue
        under = [fill for (left, top, right, bottom), fill in fills
                 if left - 1 <= place[0] <= right + 1 and top - 1 <= place[1] <= bottom + 1]
        if not under or contrast(colour, under[-1]) < LETTERS:
            found.append(f"{more!r} in {colour} on {under[-1:] or 'the page'}")
    return found


def objects() -> figure.Figure:
    machine = boot()
    console(machine, "ip netns add red\nip link add veth0 type veth peer name veth1 netns red\nip link set veth0 up")
    return draw_objects(machine)


@pytest.mark.parametrize("drawn", [
    pytest.param(lambda: draw(way(), packet=1), id="call graph"),
    pytest.param(lambda: draw_difference(way(), way()[:1], packet=1), id="difference"),
    pytest.param(objects, id="objects"),
])
def test_a_pictures_letters_and_boxes_are_seen_on_light_and_dark_pages(drawn, program):  # noqa: F811
    picture = drawn()
    svg = figure.clean(figure.render(picture.source, program), picture.title, picture.text)
    assert len(re.findall("<text", svg)) > 10
    assert faults(svg) == []


def test_pale_letters_and_boxes_that_vanish_are_found():
    svg = ('<svg><polygon points="0,0 9,0 9,9 0,9" fill="#eeeeee" stroke="#dddddd"/>'
           '<text x="5" y="5" fill="#999999">pale</text></svg>')
    assert faults(svg) == ["polygon ['#eeeeee', '#dddddd'] on #ffffff", "'pale' in #999999 on ['#eeeeee']"]
    assert faults('<svg><text x="1" y="1">on no fill</text></svg>') == ["'on no fill' in black on the page"]
