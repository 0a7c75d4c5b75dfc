# SPDX-License-Identifier: GPL-2.0-only
"""The small programs: cat, ls, sleep, true, false, dmesg (after coreutils 9.1 and util-linux), echo (bash's);
help and drops are this machine's own."""

import re
from collections.abc import Generator
from typing import Any

from vethkernel.syscalls import Poll, Process
from vethkernel.user.libc import NO_ARGUMENT, Getopt, contents, strtod, text

SUFFIXES = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST = 1e9  # seconds: more than anybody waits
HELP = {"help": (NO_ARGUMENT, "help"), "version": (NO_ARGUMENT, "version")}
ESCAPES = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
ESCAPE = re.compile(r"\\(\\|[abeEfnrtv]|c|0[0-7]{0,3}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8})")
COMMANDS = """Commands of this machine:
  ip, ifconfig                 devices, addresses, routes, neighbours, namespaces
  ping, tcpdump                send packets, and watch them
  sysctl, cat, echo ... > FILE look at /proc and /sys, and change them
  drops                        what became of every skb: not a Linux command, this machine's own
  ls, sleep, dmesg, true, false, help
A second console: "2$ tcpdump -i veth0" starts a command there, "2^C" interrupts it. Programs explain themselves with
-h, --help or help. Nothing typed here reaches your own machine.
"""


def quote(name: str) -> str:
    """A file name as coreutils' messages show it: in quotes if a shell would need them."""
    if re.fullmatch(r"[\w@%+=:,./^\[\]{}~-]+", name, re.A) and name[0] != "~":
        return name
    return f'"{name}"' if "'" in name else f"'{name}'"


def wrong_usage(proc: Process, name: str, message: str) -> int:
    proc.stderr.write(f"{message}\nTry '{name} --help' for more information.\n")
    return 1


def about(proc: Process, name: str, option: str) -> int:
    """--help and --version."""
    proc.stdout.write(text(name) if option == "help" else f"{name} (GNU coreutils) 9.1\n")
    return 0


def cat(proc: Process, argv: list[str]) -> int:
    """Files one after the other; -n numbers the lines, -E marks their ends. Standard input is empty."""
    words = Getopt(argv, "benstuvAET", HELP)
    flags = set()
    for option, value in words:
        if option == "?":
            return wrong_usage(proc, "cat", value)
        if option in HELP:
            return about(proc, "cat", option)
        flags.add(option)
    status, number = 0, 0
    for name in words.operands:
        try:
            content = "" if name == "-" else contents(proc, name)
        except OSError as e:
            proc.stderr.write(f"cat: {quote(name)}: {e.strerror}\n")
            status = 1
            continue
        if flags & set("nbEeA"):
            lines = content.splitlines(keepends=True)
            for i, line in enumerate(lines):
                if "n" in flags or ("b" in flags and line != "\n"):
                    number += 1
                    lines[i] = f"{number:6}\t{line}"
            content = "".join(lines)
            content = content.replace("\n", "$\n") if flags & set("EeA") else content
        proc.stdout.write(content)
    return status


def ls(proc: Process, argv: list[str]) -> int:
    """The names in directories, one a line; -d tells of the directories themselves."""
    words = Getopt(argv, "1ad", HELP)
    itself = False
    for option, value in words:
        if value:
            return wrong_usage(proc, "ls", value)
        itself |= option == "d"
    status = 0
    names = words.operands or ["."]
    files: list[str] = []
    directories: list[str] = []
    for name in sorted(names):
        try:
            rows = "".join(f"{row}\n" for row in sorted(proc.listdir(name)))
            if itself:
                files.append(f"{name}\n")
            else:
                directories.append((f"{name}:\n" if len(names) > 1 else "") + rows)
        except OSError as e:
            if proc.exists(name):
                files.append(f"{name}\n")
            else:
                proc.stderr.write(f"ls: cannot access '{name}': {e.strerror}\n")
                status = 2
    proc.stdout.write("\n".join(["".join(files)] * bool(files) + directories))
    return status


def sleep(proc: Process, argv: list[str]) -> Generator[Poll, Any, int]:
    """Let time pass: the sum of numbers with a suffix s, m, h or d."""
    words = Getopt(argv, "", HELP)
    for option, value in words:
        return wrong_usage(proc, "sleep", value) if option == "?" else about(proc, "sleep", option)
    if not words.operands:
        return wrong_usage(proc, "sleep", "sleep: missing operand")
    seconds, wrong = 0.0, []
    for word in words.operands:
        number, suffix = (float(int(word, 16)), "") if re.fullmatch("0[xX][0-9a-fA-F]{1,9}", word) else strtod(word)
        if not word or suffix not in SUFFIXES or suffix == word or not number >= 0:
            wrong.append(f"sleep: invalid time interval '{word}'")
        else:
            seconds += number * SUFFIXES[suffix]
    if wrong:
        return wrong_usage(proc, "sleep", "\n".join(wrong))
    yield Poll((), min(seconds, LONGEST))
    return 0


def echo(proc: Process, argv: list[str]) -> int:
    """The words; -n without the newline, -e with escapes."""
    words, newline, escapes = argv[1:], True, False
    while words and re.fullmatch("-[neE]+", words[0]):
        for letter in words.pop(0)[1:]:
            newline = newline and letter != "n"
            escapes = letter == "e" if letter in "eE" else escapes
    line = " ".join(words)
    if escapes:
        line, newline = unescape(line, newline)
    proc.stdout.write(line + "\n" * newline)
    return 0


def unescape(line: str, newline: bool) -> tuple[str, bool]:
    """What echo -e makes of backslashes; after \\c nothing is printed."""
    cut = re.search(r"(?<!\\)(?:\\\\)*(\\c)", line)
    if cut:
        line, newline = line[: cut.start(1)], False

    def meaning(m: re.Match[str]) -> str:
        code = m[1]
        if code[0] == "0":
            return chr(int(code, 8) & 0xFF)
        if code[0] in "xuU":
            number = int(code[1:], 16)
            return chr(number) if number < 0xD800 or 0xDFFF < number < 0x110000 else m[0]
        return ESCAPES.get(code, "\\")

    return ESCAPE.sub(meaning, line), newline


def dmesg(proc: Process, argv: list[str]) -> int:
    """The kernel's log, each line with the seconds since the machine was started."""
    words = Getopt(argv, "HTtk", HELP)
    flags = set()
    for option, value in words:
        if option == "?":
            return wrong_usage(proc, "dmesg", value)
        flags.add(option)
    with proc.open("/dev/kmsg") as file:
        records = file.read().splitlines()
    for line in records:
        head, _, message = line.partition(";")
        seconds, microseconds = divmod(int(head.split(",")[2]), 1000000)
        stamp = "" if "t" in flags else f"[{seconds:5}.{microseconds:06}] "
        proc.stdout.write(f"{stamp}{message}\n")
    return 0


def drops(proc: Process, argv: list[str]) -> int:
    """What became of every skb: the machine's own accounts, which no real kernel keeps."""
    if argv[1:]:
        proc.stderr.write("Usage: drops\n")
        return 1
    with proc.open("/proc/vethkernel/skbs") as file:
        rows = [line.split() for line in file.read().splitlines()]
    (_, made), (_, consumed), *reasons, (_, queued) = rows
    proc.stdout.write(f"{made:>8} skbs made since boot, of which\n{consumed:>8} did their work\n")
    for reason, count in reasons:
        proc.stdout.write(f"{count:>8} dropped: {reason}\n")
    proc.stdout.write(f"{queued:>8} wait in a queue\n")
    return 0


def true(proc: Process, argv: list[str]) -> int:
    return 0


def false(proc: Process, argv: list[str]) -> int:
    return 1


def help_(proc: Process, argv: list[str]) -> int:
    """What there is to type."""
    proc.stdout.write(COMMANDS)
    return 0
