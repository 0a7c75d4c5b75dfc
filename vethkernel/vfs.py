# SPDX-License-Identifier: GPL-2.0-only
"""The machine's file tree: /proc, /sys and /run/netns, as small as the commands need. Stands for the kernel's VFS.

A tree of nodes hangs from `g.root`. There are five kinds:

    File(read, write, mode)   read() -> str, or a negative errno;  write(text) -> 0 or more, or a negative errno
    Directory(entries)        name -> node, newest last; `writable` where programs may create and unlink
    View(look)                a directory (or file) that depends on who looks: look() -> the node
    Plain(content)            a file that keeps what is written (tmpfs)
    NetNamespaceFile(net)     a namespace as a file: /proc/self/ns/net and what `ip netns add` mounts

For kernel code (errors as negative errno, like all of it):
    vfs_init()                             makes g.root and the fixed directories
    mount("/proc/x/y", node)               puts a node there, making the directories above it
    per_net("/proc/net", lambda net: d)    a directory of the looking process's own network namespace
    make(directory, "ipv4/conf", node)     the same below a directory; remove(directory, "ipv4/conf/veth0")
Sysctls: `net.proc_sys_net` is the Directory seen as /proc/sys/net, and `net.proc_net` the one seen as /proc/net.

For the system calls (syscalls.py turns a negative errno into OSError):
    vfs_open(path, "r"|"w"|"x"|"a") -> file | -errno   then vfs_read(file) -> str | -errno, vfs_write(file, text) -> int
    vfs_listdir(path), vfs_exists(path), vfs_creat(path), vfs_unlink(path), vfs_mkdir(path)
    vfs_bind_mount(src, dst), vfs_umount(path)
    file.f_node is the node that was opened: `vfs_namespace(file)` -> its net, or None; vfs_close(file).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vethkernel.globals import g
from vethkernel.include.uapi.asm_generic.errno import (
    EACCES,
    EBADF,
    EBUSY,
    EEXIST,
    EINVAL,
    EIO,
    EISDIR,
    ENOENT,
    ENOTDIR,
    EPERM,
)

if TYPE_CHECKING:
    from vethkernel.include.net.net_namespace import net

HOME = "/root"  # the directory that programs start in
S_IRUGO = 0o444
S_IWUSR = 0o200


@dataclass(slots=True, eq=False)
class File:
    """A file made of two functions; a missing one answers EIO, a missing mode bit EACCES at open."""

    read: Callable[[], str | int] | None = None
    write: Callable[[str], int] | None = None
    mode: int = S_IRUGO | S_IWUSR


@dataclass(slots=True, eq=False)
class Directory:
    """Names and their nodes; `net` is the namespace whose directory it is, if it is one's."""

    entries: dict[str, Any] = field(default_factory=dict)
    writable: bool = False
    net: net = None


@dataclass(slots=True, eq=False)
class View:
    """A place where each process sees a node of its own."""

    look: Callable[[], Any]


@dataclass(slots=True, eq=False)
class Plain:
    """A file that holds what was last written."""

    content: str | bytes = ""


@dataclass(slots=True, eq=False)
class NetNamespaceFile:
    """A network namespace as a file."""

    net: net


@dataclass(slots=True, eq=False)
class MountNamespace:
    """What some processes see mounted: what `parent`'s see, and what they mount themselves, which goes with them."""

    parent: MountNamespace = None
    count: int = 1
    mounts: list[tuple[Directory, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Mount:
    """A node bound over another, which shows again when the mount goes: for all, or only where it was undone."""

    node: Any
    covered: Any
    mnt_ns: MountNamespace = None
    undone: list[MountNamespace] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class file:
    """An open file: what a descriptor of a process refers to."""

    f_node: Any
    f_mode: str
    f_pos: int = 0


def vfs_init() -> None:
    """Make the empty tree with its fixed directories."""
    g.root = Directory()
    for path in ("/proc/sys/net", "/sys/class/net", "/run"):
        mount(path, Directory())
    mount("/run/netns", Directory(writable=True))
    mount("/tmp", Directory(writable=True))
    mount("/dev/null", File(lambda: "", len))
    mount("/dev/kmsg", File(devkmsg_read, mode=S_IRUGO))
    mount(HOME, Directory(writable=True))
    mount("/proc/self/ns/net", View(lambda: NetNamespaceFile(g.current.nsproxy.net_ns)))
    mount("/proc/self/comm", File(lambda: f"{g.current.comm}\n"))
    per_net("/proc/net", lambda net: net.proc_net)
    per_net("/proc/self/net", lambda net: net.proc_net)
    per_net("/proc/sys/net", lambda net: net.proc_sys_net)


def mount(path: str, node: Any) -> None:
    """Put a node at an absolute path."""
    make(g.root, path, node)


def per_net(path: str, directory: Callable[[net], Directory]) -> None:
    """Let each process see its own namespace's directory at `path`."""
    mount(path, View(lambda: directory(g.current.nsproxy.net_ns)))


def make(directory: Directory, path: str, node: Any) -> None:
    """Put a node at a path below `directory`, making the directories on the way."""
    *above, name = [part for part in path.split("/") if part]
    for part in above:
        directory = directory.entries.setdefault(part, Directory(net=directory.net))
    directory.entries[name] = node


def remove(directory: Directory, path: str) -> None:
    """Take the node at a path below `directory` away, with all below it."""
    *above, name = [part for part in path.split("/") if part]
    for part in above:
        directory = directory.entries[part]
    directory.entries.pop(name, None)


def visible(node: Any) -> Any:
    """What a process sees where `node` stands: through mounts and views."""
    while isinstance(node, View | Mount):
        if isinstance(node, View):
            node = node.look()
        else:
            node = node.node if is_mounted(node) else node.covered
    return node


def is_mounted(node: Any) -> bool:
    """Whether `node` is a mount that the current process sees."""
    if not isinstance(node, Mount):
        return False
    mnt_ns = g.current.nsproxy.mnt_ns
    while mnt_ns is not node.mnt_ns and mnt_ns is not None and mnt_ns not in node.undone:
        mnt_ns = mnt_ns.parent
    return mnt_ns is node.mnt_ns


def put_mnt_ns(mnt_ns: MountNamespace) -> None:
    """A process that saw these mounts ends; with the last one goes what they mounted."""
    while mnt_ns:
        mnt_ns.count -= 1
        if mnt_ns.count:
            return
        for parent, name in mnt_ns.mounts:
            if isinstance(parent.entries.get(name), Mount) and parent.entries[name].mnt_ns is mnt_ns:
                detach(parent, name)
        mnt_ns = mnt_ns.parent


def detach(parent: Directory, name: str) -> None:
    """Undo the newest mount at a name, for everybody."""
    mounted = parent.entries[name]
    parent.entries[name] = mounted.covered
    if isinstance(mounted.node, NetNamespaceFile):
        put_net(mounted.node.net)


def lookup(path: str) -> Any:
    """The node at a path, or a negative errno."""
    parent, name = parent_of(path)
    if not isinstance(parent, Directory):
        return parent
    if not name:
        return parent
    if name not in parent.entries:
        return -ENOENT
    node = visible(parent.entries[name])
    return -ENOTDIR if path.endswith("/") and not isinstance(node, Directory) else node


def parent_of(path: str) -> tuple[Any, str]:
    """The directory that a path's last name is in, and that name; or a negative errno."""
    parts: list[str] = []
    for part in path.split("/") if path.startswith("/") else [*HOME.split("/"), *path.split("/")]:
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    if not path:
        return -ENOENT, ""
    directory = g.root
    for part in parts[:-1]:
        if part not in directory.entries:
            return -ENOENT, ""
        directory = visible(directory.entries[part])
        if not isinstance(directory, Directory):
            return -ENOTDIR, ""
    return directory, parts[-1] if parts else ""


def vfs_open(path: str, mode: str = "r") -> file | int:
    """Open a file: "r" to read, "w" to write anew, "a" to append, "x" to create one that must not exist."""
    node = lookup(path)
    if mode != "r" and node == -ENOENT:
        node = vfs_creat(path, EACCES if parent_is_fixed(path) else ENOENT)
    elif mode == "x" and type(node) is not int:
        return -EEXIST
    if type(node) is int:
        return node
    if isinstance(node, Directory) and mode != "r":
        return -EISDIR
    wanted = S_IRUGO if mode == "r" else S_IWUSR
    if isinstance(node, File) and not node.mode & wanted:
        return -EACCES
    if isinstance(node, Plain) and mode == "w":
        node.content = ""
    if isinstance(node, NetNamespaceFile):
        if mode != "r":
            return -EACCES
        get_net(node.net)
    return file(node, mode)


def parent_is_fixed(path: str) -> bool:
    """Whether a file cannot be created at `path` for want of permission: proc and sysfs say ENOENT instead."""
    parent, _ = parent_of(path)
    return isinstance(parent, Directory) and path.startswith("/sys/")


def vfs_read(filp: file) -> str | int:
    """All that is left to read: the whole text at the first call, "" after it."""
    node = filp.f_node
    if isinstance(node, Directory):
        return -EISDIR
    if isinstance(node, NetNamespaceFile):
        return -EINVAL
    if isinstance(node, Plain):
        text: Any = node.content
    else:
        text = node.read() if node.read else -EIO
    if type(text) is int:
        return text
    rest = text[filp.f_pos :]
    filp.f_pos += len(rest)
    return rest


def vfs_write(filp: file, text: Any) -> int:
    """Hand `text` to the file: how much was taken, or a negative errno."""
    node = filp.f_node
    if filp.f_mode == "r":
        return -EBADF
    if isinstance(node, Plain):
        node.content = node.content + text if node.content else text
        return len(text)
    if not node.write:
        return -EIO
    ret = node.write(text)
    return ret if ret < 0 else len(text)


def vfs_close(filp: file) -> None:
    """Let go of what the open file held: a namespace may end with it."""
    if isinstance(filp.f_node, NetNamespaceFile):
        put_net(filp.f_node.net)


def vfs_namespace(filp: file) -> net:
    """The network namespace that an open file stands for, or None."""
    return filp.f_node.net if isinstance(filp, file) and isinstance(filp.f_node, NetNamespaceFile) else None


def vfs_exists(path: str) -> bool:
    """Whether there is anything at `path`."""
    return type(lookup(path)) is not int


def vfs_stat(path: str) -> int:
    """The inode number of what is at `path`, or a negative errno: a namespace has its own, other files have 0."""
    node = lookup(path)
    if type(node) is int:
        return node
    return node.net.inum if isinstance(node, NetNamespaceFile) else 0


def vfs_listdir(path: str) -> list[str] | int:
    """The names in a directory: a tmpfs tells its newest first, as readdir does there."""
    node = lookup(path)
    if type(node) is int:
        return node
    if not isinstance(node, Directory):
        return -ENOTDIR
    return list(reversed(node.entries)) if node.writable else list(node.entries)


def vfs_creat(path: str, refusal: int = EACCES) -> Any:
    """A new empty file: its node, or a negative errno."""
    parent, name = parent_of(path)
    if not isinstance(parent, Directory):
        return parent
    if name in parent.entries:
        return -EEXIST
    if not parent.writable:
        return -refusal
    parent.entries[name] = Plain()
    return parent.entries[name]


def vfs_mkdir(path: str) -> int:
    """A new empty directory in a writable one."""
    parent, name = parent_of(path)
    if not isinstance(parent, Directory):
        return parent
    if not name or name in parent.entries:
        return -EEXIST
    if not parent.writable:
        return -EPERM
    parent.entries[name] = Directory(writable=True)
    return 0


def vfs_unlink(path: str) -> int:
    """Remove a file; a mount on it must go first, but for one that others alone see."""
    parent, name = parent_of(path)
    if not isinstance(parent, Directory):
        return parent
    if name not in parent.entries:
        return -ENOENT
    node = parent.entries[name]
    if isinstance(node, Directory):
        return -EISDIR
    if is_mounted(node):
        return -EBUSY
    if not parent.writable:
        return -EPERM
    while isinstance(parent.entries[name], Mount):
        detach(parent, name)
    del parent.entries[name]
    return 0


def vfs_bind_mount(src: str, dst: str) -> int:
    """Make the file at `src` show at `dst`; a namespace stays alive by it."""
    node = lookup(src)
    parent, name = parent_of(dst)
    if type(node) is int or not isinstance(parent, Directory):
        return node if type(node) is int else parent
    if name not in parent.entries:
        return -ENOENT
    if isinstance(node, Directory) != isinstance(visible(parent.entries[name]), Directory):
        return -ENOTDIR
    if isinstance(node, NetNamespaceFile):
        get_net(node.net)
    mnt_ns = g.current.nsproxy.mnt_ns
    parent.entries[name] = Mount(node, parent.entries[name], mnt_ns)
    if mnt_ns:
        mnt_ns.mounts.append((parent, name))
    return 0


def vfs_umount(path: str) -> int:
    """Take the newest mount at `path` away."""
    parent, name = parent_of(path)
    if not isinstance(parent, Directory):
        return parent
    if name not in parent.entries:
        return -ENOENT
    mounted = parent.entries[name]
    if not is_mounted(mounted):
        return -EINVAL
    mnt_ns = g.current.nsproxy.mnt_ns
    if mounted.mnt_ns is mnt_ns:
        detach(parent, name)
    else:
        mounted.undone.append(mnt_ns)
    return 0


from vethkernel.include.net.net_namespace import get_net, put_net  # noqa: E402
from vethkernel.kernel.printk import devkmsg_read  # noqa: E402
