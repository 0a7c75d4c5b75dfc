# SPDX-License-Identifier: GPL-2.0-only
"""`ip netns`: network namespaces that are kept alive by a file under /run/netns."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from vethkernel.include.uapi.linux.net_namespace import (
    NETNSA_CURRENT_NSID,
    NETNSA_FD,
    NETNSA_NSID,
    NETNSA_TARGET_NSID,
)
from vethkernel.include.uapi.linux.rtnetlink import RTM_GETNSID, RTM_NEWNSID
from vethkernel.include.uapi.linux.socket import AF_UNSPEC
from vethkernel.user.ip.common import Command, Ip, Words, run, usage
from vethkernel.user.ip.links import NETNS_RUN_DIR, get_nsid, listdir
from vethkernel.user.ip.values import get_number
from vethkernel.user.libc import Exit, program
from vethkernel.user.rtnl import RTGENMSG, S32, Message, Refused, Request, attributes, encode

NAME_MAX = 255
OWN = "/proc/self/ns/net"


def main(ip: Ip, words: Words) -> Any:
    """`ip netns`."""
    if not words:
        return show(ip, words)
    if not ip.every and len(words.words) > words.at + 1:
        name = words.words[words.at + 1]
        if name in ("", ".", "..") or "/" in name or len(encode(name)) > NAME_MAX:
            ip.die(f'Invalid netns name "{name}"')
    return run(ip, words, COMMANDS, "netns")


def switch(ip: Ip, name: str) -> None:
    """Let this process live in a named namespace from now on."""
    try:
        file = ip.proc.open(f"{NETNS_RUN_DIR}/{name}")
    except OSError as error:
        ip.die(f'Cannot open network namespace "{name}": {error.strerror}')
    try:
        ip.proc.setns(file)
    except OSError as error:
        ip.die(f'setting the network namespace "{name}" failed: {error.strerror}')
    finally:
        file.close()
    ip.proc.unshare_mounts()


def show(ip: Ip, words: Words) -> None:
    """`ip netns list`: each name, with the number that this namespace has given to it."""
    ip.links.namespace(-1)
    if not ip.proc.exists(NETNS_RUN_DIR):
        return
    ip.out.start()
    for name in listdir(ip.proc, NETNS_RUN_DIR):
        ip.out.open()
        ip.out.put("name", "%s", name)
        nsid = get_nsid(ip, name)
        if nsid >= 0:
            ip.out.put("id", " (id: %d)", nsid)
        ip.out.text("\n")
        ip.out.close()
    ip.out.finish()


def add(ip: Ip, words: Words) -> None:
    """A new namespace, bound to a new file; the process itself comes back to where it was."""
    path = f"{NETNS_RUN_DIR}/{_name(ip, words)}"
    _create(ip, path)
    home = ip.proc.open(OWN)
    try:
        ip.proc.unshare_net()
        _bind(ip, OWN, path)
    finally:
        ip.proc.setns(home)
        home.close()


def attach(ip: Ip, words: Words) -> None:
    """A name for the namespace that a process lives in."""
    if len(words.rest()) < 2:
        ip.die("No netns name and PID specified", 1)
    name, pid = words.rest()[:2]
    number = get_number(pid, -0x80000000, 0x7FFFFFFF)
    if not number:
        ip.die(f"Invalid PID: {pid}", 1)
    path = f"{NETNS_RUN_DIR}/{name}"
    _create(ip, path)
    _bind(ip, f"/proc/{number}/ns/net", path)


def _name(ip: Ip, words: Words) -> str:
    return words.word if words else ip.die("No netns name specified", 1)


def _create(ip: Ip, path: str) -> None:
    try:
        ip.proc.creat(path)
    except OSError as error:
        ip.die(f'Cannot create namespace file "{path}": {error.strerror}', 1)


def _bind(ip: Ip, source: str, path: str) -> None:
    try:
        ip.proc.mount_bind(source, path)
    except OSError as error:
        ip.err(f"Bind {source} -> {path} failed: {error.strerror}")
        _remove(ip, path)
        raise Exit(1)


def delete(ip: Ip, words: Words) -> None:
    """Take a name away; the namespace ends with the last thing that holds it."""
    if ip.every:
        for name in listdir(ip.proc, NETNS_RUN_DIR):
            if not _remove(ip, f"{NETNS_RUN_DIR}/{name}"):
                break
    elif not _remove(ip, f"{NETNS_RUN_DIR}/{_name(ip, words)}"):
        raise Exit(1)


def _remove(ip: Ip, path: str) -> bool:
    try:
        ip.proc.umount(path)
    except OSError:
        pass  # it may never have been mounted
    try:
        ip.proc.unlink(path)
    except OSError as error:
        ip.err(f'Cannot remove namespace file "{path}": {error.strerror}')
        return False
    return True


def execute(ip: Ip, words: Words) -> Generator[Any, Any, int]:
    """`ip netns exec`: run a program in a namespace, or under -all in each of them."""
    name = None if ip.every else _name(ip, words)
    command = words.rest() if ip.every else words.rest()[1:]
    if not command:
        ip.die("No command specified", 1)
    if not ip.every:
        switch(ip, name)
        return (yield from _exec(ip, command))
    home = ip.proc.open(OWN)
    for each in listdir(ip.proc, NETNS_RUN_DIR):
        ip.out.write(f"\nnetns: {each}\n")
        switch(ip, each)
        yield from _exec(ip, command)
        ip.proc.setns(home)
    home.close()
    return 0


def _exec(ip: Ip, command: list[str]) -> Generator[Any, Any, int]:
    try:
        return (yield from ip.proc.exec([program(command[0]), *command[1:]]))
    except OSError as error:
        ip.err(f'exec of "{command[0]}" failed: {error.strerror}')
        return 1


def set_(ip: Ip, words: Words) -> None:
    """`ip netns set`: give a namespace a number here."""
    name = _name(ip, words)
    if len(words.rest()) < 2:
        ip.die("No nsid specified", 1)
    word = words.next()
    nsid = -1 if word == "auto" else get_number(word, -0x80000000, 0x7FFFFFFF)
    if nsid is None:
        ip.invarg('Invalid "netnsid" value', word)
    if nsid < 0 and word != "auto":
        ip.invarg('"netnsid" value should be >= 0', word)
    try:
        file = ip.proc.open(f"{NETNS_RUN_DIR}/{name}")
    except OSError as error:
        ip.die(f'Cannot open network namespace "{name}": {error.strerror}', 1)
    request = Request(RTM_NEWNSID, 0, RTGENMSG.pack(AF_UNSPEC))
    request.u32(NETNSA_FD, file.fileno())
    request.u32(NETNSA_NSID, nsid)
    ip.rtnl.talk(request)
    file.close()


def list_id(ip: Ip, words: Words) -> None:
    """`ip netns list-id`: the numbers that this namespace has given."""
    ip.links.namespace(-1)
    wished = {"target-nsid": -1, "nsid": -1}
    while words:
        key = words.word
        if key not in wished:
            ip.usage("netns")
        if wished[key] >= 0:
            ip.duparg(key, key)
        wished[key] = words.integer(f'"{key}" value is invalid')
        if wished[key] < 0:
            ip.invarg(f'"{key}" value should be >= 0', words.rest()[1] if words.rest()[1:] else "(null)")
        words.at += 1
    request = Request(RTM_GETNSID, 0, RTGENMSG.pack(AF_UNSPEC))
    if wished["nsid"] >= 0:
        request.u32(NETNSA_NSID, wished["nsid"])
    if wished["target-nsid"] >= 0:
        request.u32(NETNSA_TARGET_NSID, wished["target-nsid"])
    if wished["nsid"] >= 0:
        found = [ip.rtnl.talk(request, answer=True)]
    else:
        try:
            found = list(ip.rtnl.dump(request))
        except Refused:
            ip.die("Dump terminated", 1)
    ip.out.start()
    for message in found:
        _print_nsid(ip, message)
    ip.out.finish()


def _print_nsid(ip: Ip, message: Message) -> None:
    tb = {key: S32.unpack(value[:4])[0] for key, value in attributes(message.body, RTGENMSG.size).items()}
    nsid = current = tb[NETNSA_NSID]
    ip.out.open()
    for attr, key in ((NETNSA_NSID, "nsid"), (NETNSA_CURRENT_NSID, "current-nsid")):
        if attr in tb:
            current = tb[attr]
            if current < 0:
                ip.out.text(f"{key} unassigned ")
            else:
                ip.out.put(key, f"{key} %d ", current)
    name = ip.links.namespace(current) or ip.links.namespace(nsid)
    if name:
        ip.out.put("name", "(iproute2 netns name: %s)", name)
    ip.out.text("\n")
    ip.out.close()


def identify(ip: Ip, words: Words) -> None:
    """`ip netns identify`: the names of the namespace that a process lives in."""
    if len(words.rest()) > 1:
        ip.die("extra arguments specified", 1)
    pid = words.word if words else "self"
    if words and not all("0" <= c <= "9" for c in pid):
        ip.die(f"Specified string '{pid}' is not a pid", 1)
    try:
        wanted = ip.proc.stat(f"/proc/{pid}/ns/net")
    except OSError as error:
        ip.die(f"Cannot open network namespace: {error.strerror}", 1)
    names = [name for name in listdir(ip.proc, NETNS_RUN_DIR) if _is(ip, f"{NETNS_RUN_DIR}/{name}", wanted)]
    ip.out.write("".join(names[-1:]) + "\n")


def pids(ip: Ip, words: Words) -> None:
    """`ip netns pids`: the processes that live in a namespace."""
    name = _name(ip, words)
    if len(words.rest()) > 1:
        ip.die("extra arguments specified", 1)
    try:
        wanted = ip.proc.stat(f"{NETNS_RUN_DIR}/{name}")
    except OSError as error:
        ip.die(f"Cannot open network namespace: {error.strerror}", 1)
    for pid in listdir(ip.proc, "/proc"):
        if all("0" <= c <= "9" for c in pid) and _is(ip, f"/proc/{pid}/ns/net", wanted):
            ip.out.write(f"{pid}\n")


def _is(ip: Ip, path: str, wanted: int) -> bool:
    """Whether a file is the namespace with this inode number."""
    try:
        return ip.proc.stat(path) == wanted
    except OSError:
        return False


COMMANDS: dict[str, Command] = {
    "~list ~show ~lst": show,
    "~list-id": list_id,
    "~help": usage("netns"),
    "~add": add,
    "~set": set_,
    "~delete": delete,
    "~identify": identify,
    "~pids": pids,
    "~exec": execute,
    "~attach": attach,
}
