"""The exercises as readers answer them: no check refuses what is right or takes what is wrong, however written."""

from __future__ import annotations

import re
import warnings

import pytest

from claims import BOOK, CHAPTERS, sections
from run_cells import fresh_shell, run

RIGHT, WRONG = "Right.", "Not yet"
IN_TWO = """ip netns add A
ip netns add B
ip link add left netns A type veth peer name right netns B
ip -n A addr add 10.0.0.1/24 dev left
ip -n B addr add 10.0.0.2/24 dev right
ip -n A link set left up
ip -n B link set right up
"""
NAMES = ["veth0@veth1", "veth1@veth0", "veth2@veth3", "veth3@veth2", "veth4@veth5", "veth5@veth4"]
STEPS = ["rtnl_create_link", "register_netdevice veth1", "netif_carrier_off veth1", "rtnl_configure_link veth1",
         "register_netdevice veth0", "netif_carrier_off veth0"]
LOSES = "    if number % 3 == 0:\n        {}\n        return 0\n    return good(skb, dev)"
INSIDE = "c.find('net_rx_action')"
CALLS = "    return sum([{}], [])"

# Of each chapter: what stands in a cell where the answer goes, what a reader writes there, how the answer of the check
# begins, and what else it tells.
ANSWERS = {
    "usage": [
        ('"ip link add ..."', "'ip l a right type veth peer name left'", RIGHT, ""),
        ('"ip link add ..."', "'ip link add left type veth peer name right2'", WRONG, ""),
        ('"ip link add ..."', "'ip link add left, right type veth'", WRONG, '"right" is a garbage'),
        ('["?", "?"]', "('0', 'Error')", RIGHT, ""),
        ('["?", "?"]', "[0, 'error']", RIGHT, ""),
        ('["?", "?"]', "['0', '1']", WRONG, "1 of 2 right"),
        ('["?", "?"]', "['0', 'an error']", WRONG, "'an error' is none of 0, 1, error"),
        ('"sysctl -w ..."', "'echo 1 > /proc/sys/net/ipv4/conf/all/accept_local'", RIGHT, ""),
        ('"sysctl -w ..."', "'sysctl -w net.ipv4.conf.veth0.accept_local=1'", WRONG, "100% packet loss"),
        ('"sysctl -w ..."', "'sysctl -w accept_local=1'", WRONG, "cannot stat"),
        ('"sysctl -w ..."', "'sysctl net.core.rmem_max\\nsysctl -w net.ipv4.conf.veth1.accept_local=1'", WRONG, ""),
        ('ip netns add red\n"""  # yours', '"""  #', WRONG, "Cannot open network namespace"),
        ("found = \"?\"", "found = 'netif_carrier_on( peer )'", RIGHT, ""),
        ("found = \"?\"", "found = 'netif_carrier_on'", WRONG, "2 lines of veth_open contain"),
        ("found = \"?\"", "found = 'netif_carrier_on(dev)'", WRONG, "that line is still there"),
        ("found = \"?\"", "found = 'carrier_on(veth1)'", WRONG, "no line of veth_open contains"),
    ],
    "creation": [
        ("six_names = [", f"six_names = {' '.join(NAMES)!r} or [", RIGHT, ""),
        ("six_names = [", f"six_names = {NAMES[:2]!r} or [", WRONG, "6 are asked for, not 2"),
        ('left type veth peer name right"  #', 'right type veth peer name left"  #', WRONG, ""),
        ("steps = [", f"steps = {tuple(STEPS)!r} or [", RIGHT, ""),
        ("steps = [", "steps = not [", WRONG, ""),
        ("steps = [", f"steps = {STEPS[:2]!r} or [", WRONG, "6 are asked for, not 2"),
        ("steps = [", f"steps = {[*STEPS[:4], *STEPS[:3:-1]]!r} or [", WRONG, "4 of 6 right"),
        ('line = "?"', "line = 'priv.peer=dev'", RIGHT, ""),
        ('line = "?"', "line = 'return 0'", WRONG, ""),
        ("return -EOPNOTSUPP", "register_netdevice(dev) or -EOPNOTSUPP", "TypeError", "returns a number"),
    ],
    "transmit-receive": [
        ("queued = 0", "queued = '4'", RIGHT, ""),
        ("ip netns add A\n", IN_TWO, RIGHT, ""),
        ("ip netns add A\n", IN_TWO.replace("ip -n B link set right up\n", ""), WRONG, "100% packet loss"),
        ('found = "?"  # yours\n\ncheck(unserved', "found = '____napi_schedule'\n\ncheck(unserved", RIGHT, ""),
        ('found = "?"  # yours\n\ncheck(unclaimed', "found = 'skb.dev=dev'\n\ncheck(unclaimed", RIGHT, ""),
        ("    return good(skb, dev)", LOSES.format("kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED)"), RIGHT, ""),
        ("    return good(skb, dev)", LOSES.format("pass"), WRONG, "6 of 9 answered, 3 skbs still alive"),
        ("    return good(skb, dev)", "    good(skb, dev)", "TypeError", "veth_xmit returns a number"),
        ("    return None", CALLS.format(f"{INSIDE} for t in calls for c in t.find('__x64_sys_sendto')"), RIGHT, ""),
        ("    return None", CALLS.format("top.find('net_rx_action') for top in calls"), WRONG, ""),
        ("    return None", CALLS.format("top.find('__x64_sys_sendto') for top in calls"), WRONG, ""),
        ("    return None", "    return bool(calls)", WRONG, ""),
    ],
    "journey": [
        ('writer = "?"', "writer = 'neigh_hh_output()'", RIGHT, ""),
        ('{"veth": "?", "lo": "?"}', "{'lo': '0', 'veth': '0'}", RIGHT, ""),
        ('{"veth": "?", "lo": "?"}', "{}", WRONG, "0 of 2 right"),
        ('found = "?"', "found = 'skb.data'", WRONG, "3 lines of eth_type_trans contain"),
    ],
    "summary": [
        ("mine = {", "mine = {} and {", WRONG, ""),
        ("mine = {", "mine = ['both', 'veth', 'Both', 'veth'] or {", RIGHT, ""),
        ('crossed = "?"', "crossed = ['lo']", RIGHT, ""),
        ('crossed = "?"', "crossed = 'eth0'", WRONG, "'eth0' is none of lo, nothing, veth0"),
        ('veth.veth_xmit, "stats.packets += 1"', "veth.veth_xmit, 'rcv = priv.peer'", "NameError", "rcv"),
        ('veth.veth_xmit, "stats.packets += 1"', "[eth.eth_type_trans, 'skb.data = at + ETH_HLEN']", WRONG, ""),
        ('veth.veth_xmit, "stats.packets += 1"', "dev.enqueue_to_backlog, '____napi_schedule'", RIGHT, ""),
        ('veth.veth_xmit, "stats.packets += 1"', "'dev_forward_skb', 'netif_rx'", "TypeError", "the function itself"),
    ],
}  # fmt: skip


def written(chapter: str) -> list[str]:
    """The chapter's cells, in order."""
    return [cell.source for section in sections(chapter) for cell in section.cells]


def answered(shell, cells: list[str], asked: str, answer: str) -> str:
    """What the reader sees who writes `answer` instead of `asked`, down to the first check, or to the first error."""
    number = next(n for n, cell in enumerate(cells) if asked in cell)
    shown = ""
    for cell in [cells[number].replace(asked, answer), *cells[number + 1 :]]:
        text, error = run(shell, cell)
        shown += text
        if error or re.search(r"^check\(", cell, re.M):
            return f"{type(error).__name__}: {error}" if error else shown
    return shown


@pytest.mark.parametrize("chapter", ANSWERS)
def test_a_check_takes_what_is_right_refuses_what_is_wrong_and_says_why(chapter):
    shell, cells = fresh_shell(), written(chapter)
    with warnings.catch_warnings(action="ignore"):
        assert [error for cell in cells if (error := run(shell, cell)[1])] == []
        seen = [answered(shell, cells, asked, answer) for asked, answer, *_ in ANSWERS[chapter]]
    assert [(answer, said) for (_, answer, verdict, hint), said in zip(ANSWERS[chapter], seen, strict=True)
            if not re.search(rf"^{re.escape(verdict)}", said, re.M) or hint not in said] == []


FAULTS = [(chapter, found[0]) for chapter in ANSWERS for cell in written(chapter)
          if (found := re.findall(r"^\w+ = fault\(.+, \d+\)$", cell, re.M))]


@pytest.mark.parametrize(("chapter", "line"), FAULTS)
def test_a_faults_symptom_is_that_of_no_other_line(chapter, line):
    shell, cells = fresh_shell(), written(chapter)
    place = next(n for n, cell in enumerate(cells) if line in cell)
    for cell in cells[:place]:
        run(shell, cell)
    call, _, number = line.removesuffix(")").rpartition(", ")
    seen: list[str] = []
    while "has statements" not in "".join(seen[-1:]):
        text, error = run(shell, cells[place].replace(line, f"{call}, {len(seen)})"))
        seen.append(f"{error!r}" if error else text)
    assert [other for other, symptom in enumerate(seen) if symptom == seen[int(number)]] == [int(number)]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_two_faults_of_a_chapter_bear_one_name(chapter):
    """Who goes back to the first must not be told of the second."""
    names = re.findall(r"^(\w+) = fault\(", (BOOK / f"{chapter}.md").read_text("utf-8"), re.M)
    assert len(names) == len(set(names))
