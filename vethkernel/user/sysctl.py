# SPDX-License-Identifier: GPL-2.0-only
"""sysctl, as procps 4.0.2 has it: reading and writing the files below /proc/sys by dotted names.

Left out: -p, -f and --system, which read settings from configuration files.
"""

import re

from vethkernel.include.uapi.asm_generic.errno import EACCES, EISDIR, ENOENT, ENOTDIR, EPERM
from vethkernel.syscalls import Process
from vethkernel.user.libc import NO_ARGUMENT, OPTIONAL_ARGUMENT, REQUIRED_ARGUMENT, Exit, Getopt, text

PROC_PATH = "/proc/sys/"
DEPRECATED = ("base_reachable_time", "retrans_time")
OPTIONS = "bneNwfp::qoxaAXr:Vdh"
LONG_OPTIONS = {
    "all": (NO_ARGUMENT, "a"),
    "deprecated": (NO_ARGUMENT, "deprecated"),
    "dry-run": (NO_ARGUMENT, "dry-run"),
    "binary": (NO_ARGUMENT, "b"),
    "ignore": (NO_ARGUMENT, "e"),
    "names": (NO_ARGUMENT, "N"),
    "values": (NO_ARGUMENT, "n"),
    "load": (OPTIONAL_ARGUMENT, "p"),
    "quiet": (NO_ARGUMENT, "q"),
    "write": (NO_ARGUMENT, "w"),
    "system": (NO_ARGUMENT, "system"),
    "pattern": (REQUIRED_ARGUMENT, "r"),
    "help": (NO_ARGUMENT, "h"),
    "version": (NO_ARGUMENT, "V"),
}
TRY = "Try `sysctl --help' for more information."


def main(proc: Process, argv: list[str]) -> int:
    try:
        return Sysctl(proc).run(argv)
    except Exit as end:
        return end.status


class Sysctl:
    """One run of sysctl: the flags it was given, and where it writes."""

    def __init__(self, proc: Process) -> None:
        self.proc = proc
        self.flags: set[str] = set()
        self.pattern: re.Pattern | None = None

    def warn(self, message: str) -> int:
        self.proc.stderr.write(f"sysctl: {message}\n")
        return 1

    def run(self, argv: list[str]) -> int:
        if len(argv) < 2:
            self.proc.stderr.write(text("sysctl"))
            return 1
        operands = self.options(argv)
        if "a" in self.flags:
            return self.display_all(PROC_PATH)
        if not operands:
            return self.warn(f"no variables specified\n{TRY}")
        if {"N", "q"} <= self.flags:
            return self.warn(f"options -N and -q cannot coexist\n{TRY}")
        status = 0
        for word in operands:
            if "w" in self.flags or "=" in word:
                status |= self.write_line(word)
            else:
                status += self.read(word)
        return status & 0xFF

    def options(self, argv: list[str]) -> list[str]:
        words = Getopt(["sysctl", *argv[1:]], OPTIONS, LONG_OPTIONS)
        for option, value in words:
            if option == "?":
                self.proc.stderr.write(value + "\n")
            if option in "?dh":
                self.proc.stdout.write(text("sysctl"))
                raise Exit(0)
            if option == "V":
                self.proc.stdout.write("sysctl from procps-ng 4.0.2\n")
                raise Exit(0)
            if option in ("p", "f", "system"):
                raise Exit(self.warn(f"option {'--' * (len(option) > 1)}{option} is left out of this sysctl"))
            if option == "r":
                try:
                    self.pattern = re.compile(value)
                except re.error:
                    self.pattern = re.compile(r"(?!)")
            self.flags |= {"b", "n"} if option == "b" else {"a"} if option in "AX" else {option}
        return words.operands

    def slashdot(self, name: str, old: str, new: str) -> str:
        """Change the separators of a name, if its first one is not already the wanted one."""
        at = re.search(r"[./]", name)
        if not at or at[0] == new:
            return name
        doubled = re.search(r"[./](?=[./])", name)
        if doubled:
            self.warn(f"separators should not be repeated: {name[doubled.start() :]}")
        return name.translate(str.maketrans(old + new, new + old))

    def status(self, path: str) -> OSError | None:
        """Why there is nothing to be read at `path`; a directory is something."""
        try:
            self.proc.open(path).close()
        except OSError as e:
            return None if e.errno == EISDIR else e
        return None

    def is_directory(self, path: str) -> bool:
        try:
            self.proc.listdir(path)
        except OSError:
            return False
        return True

    def read(self, name: str) -> int:
        """Print one setting, or all of a directory."""
        if not name:
            return -1 * self.warn('"" is an unknown key')
        shown = self.slashdot(name, "/", ".")
        path = PROC_PATH + self.slashdot(name, ".", "/")
        missing = self.status(path)
        if missing and missing.errno in (ENOENT, ENOTDIR):
            return 0 if "e" in self.flags else self.warn(f"cannot stat {path}: {missing.strerror}")
        if missing:
            return 0  # a setting that can only be written
        if self.is_directory(path):
            return self.display_all(path + "/")
        if self.pattern and not self.pattern.search(shown):
            return 0
        if "N" in self.flags:
            self.proc.stdout.write(f"{shown}\n")
            return 0
        try:
            with self.proc.open(path) as file:
                content = file.read()
        except OSError as e:
            return self.warn(f"permission denied on key '{shown}'" if e.errno == EACCES else f'reading key "{shown}"')
        for line in content.splitlines(keepends=True):
            if "n" not in self.flags:
                self.proc.stdout.write(f"{shown} = {line if line.endswith(chr(10)) else line + chr(10)}")
            else:
                self.proc.stdout.write(line.rstrip("\n") if "b" in self.flags else line)
        return 0

    def display_all(self, path: str) -> int:
        """Every setting below a directory, in the order of their names."""
        try:
            names = sorted(self.proc.listdir(path))
        except OSError:
            return self.warn(f'unable to open directory "{path}"')
        status = 0
        for name in names:
            if name in DEPRECATED and "deprecated" not in self.flags:
                continue
            if self.is_directory(path + name):
                self.display_all(f"{path}{name}/")
            else:
                status |= self.read((path + name).removeprefix(PROC_PATH))
        return status

    def write_line(self, line: str) -> int:
        """A word "key=value": set it, and print what was set."""
        line = line.lstrip()
        if len(line) < 2 or line[0] in "#;" or (self.pattern and not self.pattern.search(line)):
            return 1
        key, equals, value = line.partition("=")
        if not equals:
            if line[0] != "-":
                self.warn("command line(0): invalid syntax, continuing...")
            return 1
        ignore = key.startswith("-")
        path = PROC_PATH + self.slashdot(key.removeprefix("-").rstrip(), ".", "/")
        return self.write(path, value.strip(), ignore)

    def write(self, path: str, value: str, ignore: bool) -> int:
        missing = self.status(path)
        if missing and missing.errno != EACCES:
            return 0 if "e" in self.flags else self.warn(f"cannot stat {path}: {missing.strerror}")
        shown = self.slashdot(path.removeprefix(PROC_PATH), "/", ".")
        if not shown:
            return self.warn(f"Path is not under {PROC_PATH}: {path}")
        if self.is_directory(path):
            self.warn(f'setting key "{shown}": Invalid argument')
            return 0
        if "dry-run" not in self.flags:
            try:
                with self.proc.open(path, "w") as file:
                    file.write(value + "\n")
            except OSError as e:
                tail = ", ignoring" if ignore else ""
                if e.errno in (EACCES, EPERM):
                    self.warn(f'permission denied on key "{shown}"{tail}')
                    return int(not ignore)
                return self.warn(f'setting key "{shown}": {e.strerror}')
        if "q" not in self.flags or "dry-run" in self.flags:
            bare = bool(self.flags & {"n", "N"})
            end = "" if "b" in self.flags and "N" not in self.flags else "\n"
            self.proc.stdout.write(f"{value}{end}" if bare else f"{shown} = {value}\n")
        return 0
