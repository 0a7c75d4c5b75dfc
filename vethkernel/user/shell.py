# SPDX-License-Identifier: GPL-2.0-only
"""bash, as far as one line of commands goes: quotes, `;`, `&&`, `||`, `>`, `>>`, `2>`, `2>&1`, `$?`, `exec`, comments.

    bash -c "echo 1 > /proc/sys/net/ipv4/ip_forward && sysctl net.ipv4.ip_forward"

`parse` takes a line apart before anything runs; what this shell does not have (pipes, variables, background jobs,
loops) is refused there with a message and status 2. `main` runs it: each command in a process of its own.
"""

from __future__ import annotations

import io
import re
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from vethkernel.include.uapi.asm_generic.errno import ENOENT
from vethkernel.syscalls import File, Poll, Process
from vethkernel.user.libc import program
from vethkernel.user.patterns import MOST, Letters, TooMany, expand, literal, names

if TYPE_CHECKING:
    from vethkernel.machine import Machine

STATUS = "\0"  # stands for $? in a word until the word is used
SEVERAL = "\5"  # begins where output cannot go: braces made several files of it
QUOTED = "\1"  # stands for a quoted character where only the others matter
OPERATORS = re.compile(r"&&|\|\||;;|&>>|&>|(?:(?<![^\s;&|])\d+)?(?:>>|>&|>\||>|<<|<&|<)|[;&|()]")
REDIRECTION = re.compile(r"(\d*)(>>|>&|>\||>)|(&>>|&>)")
KEYWORDS = "if then else elif fi for while until do done case esac select in function time coproc { } ! [[".split()
PATIENCE = 120.0  # seconds after which a command that nobody interrupts is interrupted
SILENT = ("ip", "ifconfig")  # these do not look whether their output could be written


class Refused(Exception):
    """The line cannot be run: the message, without "bash: ", and status 2."""


@dataclass(slots=True)
class Command:
    """One simple command: after what it runs ("", ";", "&&" or "||"), its words, where its output goes."""

    after: str
    words: list[str] = field(default_factory=list)
    redirections: list[tuple[str, str]] = field(default_factory=list)


class Line:
    """Takes one line apart, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = re.sub("[\0-\5]", "", text)  # these stand for something else in a word
        self.at = 0
        self.typed = ""  # the last word, its braces as they were
        self.more: list[str] = []  # words that the braces of the last one made

    def parse(self) -> list[Command]:
        commands, pending, operator = [Command("")], "", ""
        while token := self.token():
            operator, word = token
            if pending:
                if operator:
                    raise self.unexpected(operator)
                commands[-1].redirections.append((pending, SEVERAL + self.typed if self.more else word))
                self.more = []
                pending = ""
            elif not operator:
                commands[-1].words.append(word)
            elif operator in (";", "&&", "||"):
                if not commands[-1].words and not commands[-1].redirections:
                    raise self.unexpected(operator)
                commands.append(Command(operator))
            elif REDIRECTION.fullmatch(operator):
                pending = operator
            else:
                raise self.refusal(operator, commands[-1])
        if pending:
            raise self.unexpected("newline")
        if not commands[-1].words and not commands[-1].redirections:
            if commands[-1].after in ("&&", "||"):
                raise Refused("-c: line 2: syntax error: unexpected end of file")
            commands.pop()
        return commands

    def unexpected(self, token: str) -> Refused:
        return Refused(f"-c: line 1: syntax error near unexpected token `{token}'\nbash: -c: line 1: `{self.text}'")

    def refusal(self, operator: str, command: Command) -> Refused:
        if operator in (";;", ")") or (operator in "&|" and not command.words):
            return self.unexpected(operator)
        names = {"|": "pipes", "&": "background jobs (start a second console with 2$)", "(": "subshells"}
        return Refused(f"{names.get(operator, 'input redirections')} are left out of this shell")

    def token(self) -> tuple[str, str] | None:
        """The next operator, as (operator, ""), or word, as ("", word); None at the end or at a comment."""
        if self.more:
            return "", self.more.pop(0)
        while self.text[self.at : self.at + 1] in (" ", "\t", "\n"):
            self.at += 1
        if self.at >= len(self.text) or self.text[self.at] == "#":
            return None
        m = OPERATORS.match(self.text, self.at)
        if m:
            self.at = m.end()
            return m[0], ""
        word = self.word()
        return self.token() if word is None else ("", word)

    def word(self) -> str | None:
        """A word without its quotes, and in `more` those that its braces make of it; variables are refused."""
        word, plain = "", ""
        letters: Letters = []
        while self.at < len(self.text):
            c = self.text[self.at]
            if c in " \t\n;&|()<>":
                break
            self.at += 1
            if c in "\"'":
                inside = self.quoted(c)
                word, plain = word + inside, plain + QUOTED * max(len(inside), 1)
                letters += [(each, True) for each in inside]
            elif c == "\\":
                escaped = self.text[self.at : self.at + 1]
                self.at += 1
                word, plain = word + (escaped or c), plain + QUOTED
                letters.append((escaped or c, True))
            elif c in "$`":
                word, plain = word + self.dollar(c, "'\""), plain + QUOTED
                letters.append((word[-1], True))
            else:
                word, plain = word + c, plain + c
                letters.append((c, False))
        if re.match(r"[A-Za-z_]\w*\+?=", plain, re.A) and self.starts_command(word):
            raise Refused("variables are left out of this shell")
        if plain in KEYWORDS and self.starts_command(word):
            raise Refused(f"`{plain}' is left out of this shell")
        if plain == "~" or plain.startswith("~/"):
            letters[:1] = [(c, True) for c in "/root"]
        self.typed = "".join(c for c, _ in letters)
        try:
            self.more = expand(letters)
        except TooMany:
            raise Refused(f"braces that make more than {MOST} words are left out of this shell")
        return self.more.pop(0) if self.more else None

    def starts_command(self, word: str) -> bool:
        before = self.text[: self.at].rstrip()
        before = before[: len(before) - len(word)].rstrip()
        return not before or before[-1] in ";&|"

    def quoted(self, quote: str) -> str:
        """What stands between quotes, the first of which is behind us."""
        text = ""
        while self.at < len(self.text):
            c = self.text[self.at]
            self.at += 1
            if c == quote:
                return text
            if quote == '"' and c == "\\" and self.text[self.at : self.at + 1] in ("$", "`", '"', "\\", "\n"):
                c = self.text[self.at]
                self.at += 1
            elif quote == '"' and c in "$`":
                c = self.dollar(c, "")
            text += c
        raise Refused(f"-c: line 1: unexpected EOF while looking for matching `{quote}'")

    def dollar(self, c: str, quotes: str) -> str:
        """What a dollar or backquote stands for: $?, itself, or something that is left out."""
        if c == "$" and self.text[self.at : self.at + 1] == "?":
            self.at += 1
            return STATUS
        if c == "$" and not re.match(rf"[\w({{@*#$!{quotes}-]", self.text[self.at :]):
            return c
        if c == "`" or self.text[self.at : self.at + 1] == "(":
            raise Refused("command substitution is left out of this shell")
        raise Refused("variables are left out of this shell")


class Answer(NamedTuple):
    """What a line printed, and its exit status."""

    stdout: str
    stderr: str
    status: int


def run_line(machine: Machine, line: str) -> Answer:
    """Type a line on a machine's first console and wait for its end."""
    job = machine.spawn(["bash", "-c", line])
    status = machine.run_job(job, PATIENCE)
    return Answer(job.stdout.getvalue(), job.stderr.getvalue(), status)


def parse(line: str) -> list[Command]:
    """The simple commands of a line; Refused if it is wrong or asks for too much."""
    return Line(line).parse()


def main(proc: Process, argv: list[str]) -> Generator[Poll, Any, int]:
    """bash -c LINE. With -i, as at a prompt, messages do not name a line."""
    words = argv[1:]
    where = "bash: " if "-i" in words[:1] else "bash: line 1: "
    words = words[1:] if "-i" in words[:1] else words
    if words[:1] != ["-c"]:
        proc.stderr.write("bash: only bash -c 'COMMAND' is there: this is already the shell\n")
        return 2
    if len(words) < 2:
        proc.stderr.write("bash: -c: option requires an argument\n")
        return 2
    try:
        commands = parse(words[1])
    except Refused as e:
        proc.stderr.write(f"bash: {e}\n" if where == "bash: line 1: " else f"bash: {e}\n".replace("-c: line 1: ", ""))
        return 2
    status = 0
    for command in commands:
        if (command.after == "&&" and status) or (command.after == "||" and not status):
            continue
        arguments = [name for word in command.words for name in names(proc, word.replace(STATUS, str(status)))]
        if arguments[:1] == ["exit"]:
            return leave(proc, where, arguments, status)
        status = yield from Simple(proc, where).run(arguments, command.redirections)
    return status


def leave(proc: Process, where: str, words: list[str], status: int) -> int:
    if len(words) > 1:
        if not re.fullmatch(r"[+-]?\d{1,18}", words[1], re.A):
            proc.stderr.write(f"{where}exit: {words[1]}: numeric argument required\n")
            return 2
        return int(words[1]) & 0xFF
    return status


class Simple:
    """One simple command at work: its process, and the files that its output goes to."""

    def __init__(self, proc: Process, where: str) -> None:
        self.proc = proc
        self.where = where
        self.streams: dict[int, Any] = {1: proc.stdout, 2: proc.stderr}
        self.files: list[tuple[File, io.StringIO]] = []

    def complain(self, text: str, status: int) -> int:
        self.streams[2].write(f"{self.where}{text}\n")
        return status

    def run(self, words: list[str], redirections: list[tuple[str, str]]) -> Generator[Poll, Any, int]:
        status = 1
        if self.redirect(redirections):
            replace = words[:1] == ["exec"]
            status = yield from self.execute(words[1:] if replace else words, replace)
        trouble = self.close()
        name = words[0] if words else ""
        if trouble and name and name not in SILENT:
            who = f"{self.where}{name}" if name == "echo" else name
            self.proc.stderr.write(f"{who}: write error: {trouble}\n")
            status = 1
        return status

    def redirect(self, redirections: list[tuple[str, str]]) -> bool:
        """Open what the output goes to, from left to right; False, with a message, if something cannot be."""
        for operator, typed in redirections:
            target = typed
            m = REDIRECTION.fullmatch(operator)
            how, descriptors = m[2] or m[3], [1, 2] if m[3] else [int(m[1] or 1)]
            if how == ">&" and target in ("1", "2"):
                self.streams[descriptors[0]] = self.streams[int(target)]
                continue
            try:
                target, *others = names(self.proc, target)
                if others or target.startswith(SEVERAL):
                    self.complain(f"{literal(typed).removeprefix(SEVERAL)}: ambiguous redirect", 1)
                    return False
                file = self.proc.open(target, "a" if how.endswith(">>") else "w")
            except OSError as e:
                self.complain(f"{target}: {e.strerror}", 1)
                return False
            sink = io.StringIO()
            self.files.append((file, sink))
            self.streams |= dict.fromkeys(descriptors, sink)
        return True

    def execute(self, words: list[str], replace: bool) -> Generator[Poll, Any, int]:
        if not words or words[0] == ":":
            return 0
        name = words[0]
        if "/" in name:
            with suppress(OSError):
                self.proc.listdir(name)
                return self.complain(f"{name}: Is a directory", 126)
        child = self.proc.fork(self.streams[1], self.streams[2])
        try:
            return (yield from child.exec([program(name), *words[1:]]))
        except OSError as e:
            if e.errno != ENOENT:
                return self.complain(f"{name}: {e.strerror}", 126)
            if "/" in name:
                return self.complain(f"{name}: No such file or directory", 127)
            return self.complain(f"exec: {name}: not found" if replace else f"{name}: command not found", 127)
        except RecursionError:  # programs that run programs that run programs
            return self.complain(f"{name}: Argument list too long", 126)
        finally:
            child.exit()

    def close(self) -> str:
        """Write what was printed to its files, each in one go; returns what went wrong."""
        trouble = ""
        for file, sink in self.files:
            try:
                if sink.getvalue():
                    file.write(sink.getvalue())
            except OSError as e:
                trouble = e.strerror
            file.close()
        return trouble
