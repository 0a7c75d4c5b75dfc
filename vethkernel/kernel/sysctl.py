# SPDX-License-Identifier: GPL-2.0-only
"""kernel/sysctl.c: how the text of a file under /proc/sys becomes numbers, and numbers text.

Left out: strings and unsigned longs, which no switch of ours is made of, and the kernel's own tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from vethkernel.include.linux.jiffies import HZ
from vethkernel.include.linux.sysctl import ctl_table
from vethkernel.include.uapi.asm_generic.errno import EINVAL

INT_MAX = 0x7FFFFFFF
U8_MAX = 0xFF
ULONG_MAX = 2**64 - 1
USER_HZ = 100
_NUMBER = re.compile(r"\s*(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)(?=\s|\0|$)")

Conversion = Callable[[ctl_table, int], int | None]


def proc_get_long(buf: str) -> tuple[int, int, str]:
    """Read a number in C's notation off the text: (0 or -EINVAL, the number, the rest). `kernel/sysctl.c:1785`"""
    found = _NUMBER.match(buf)
    if not found:
        return -EINVAL, 0, buf
    sign, digits = found.groups()
    octal = digits[0] == "0" and digits.isdigit()
    val = int(digits, 8) if octal else int(digits, 0)
    return 0, -val if sign else val, buf[found.end() :]


def do_proc_dointvec(
    table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int, conv: Conversion, show: Callable[[int], int]
) -> tuple[int, str]:
    """Read or write the ints of `table`: `conv` says what is stored for a written number, or None to refuse it; `show`
    what is shown for a stored one. What is written behind the last is ignored. `kernel/sysctl.c:1981`"""
    cells = table.data if type(table.data) is list else [table.data]
    if not write:
        return 0, "\t".join(str(show(cell.value)) for cell in cells) + "\n"
    if ppos:
        return 0, ""
    for i, cell in enumerate(cells):
        if i and not buffer.strip():
            break
        err, val, buffer = proc_get_long(buffer)
        if err or not -INT_MAX - 1 <= val <= INT_MAX:
            return -EINVAL, ""
        stored = conv(table, val)
        if stored is None:
            return -EINVAL, ""
        cell.value = stored
    return 0, ""


def do_proc_dointvec_conv(table: ctl_table, val: int) -> int | None:
    """Any int is good. `kernel/sysctl.c:1874`"""
    return val


def do_proc_dointvec_minmax_conv(table: ctl_table, val: int) -> int | None:
    """Refuse what lies outside of extra1 and extra2. `kernel/sysctl.c:2062`"""
    if table.extra1 is not None and val < table.extra1 or table.extra2 is not None and val > table.extra2:
        return None
    return val


def do_proc_dou8vec_minmax_conv(table: ctl_table, val: int) -> int | None:
    """Refuse what lies outside of extra1 and extra2, or of a byte. `kernel/sysctl.c:1032 (6.1)`"""
    return do_proc_dointvec_minmax_conv(table, val) if 0 <= val <= U8_MAX else None


def do_proc_dointvec_jiffies_conv(table: ctl_table, val: int) -> int | None:
    """Seconds, stored as jiffies. `kernel/sysctl.c:2283`"""
    return None if abs(val) > INT_MAX // HZ else val * HZ


def do_proc_dointvec_userhz_jiffies_conv(table: ctl_table, val: int) -> int | None:
    """Hundredths of a second, stored as jiffies. `kernel/sysctl.c:2306`"""
    return val * HZ // USER_HZ


def do_proc_dointvec_ms_jiffies_conv(table: ctl_table, val: int) -> int | None:
    """Milliseconds, stored as jiffies. `kernel/sysctl.c:2329`"""
    return val * HZ // 1000 if val >= 0 else None


def do_proc_dointvec_ms_jiffies_minmax_conv(table: ctl_table, val: int) -> int | None:
    """Milliseconds, stored as jiffies, within extra1 and extra2. `kernel/sysctl.c:1249 (6.1)`"""
    return do_proc_dointvec_minmax_conv(table, val * HZ // 1000)


def _as_is(value: int) -> int:
    return value


def _seconds(value: int) -> int:
    return value // HZ


def _hundredths(value: int) -> int:
    return value * USER_HZ // HZ


def _milliseconds(value: int) -> int:
    return value * 1000 // HZ


def proc_dointvec(table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A file of ints. `kernel/sysctl.c:2004`"""
    return do_proc_dointvec(table, write, buffer, lenp, ppos, do_proc_dointvec_conv, _as_is)


def proc_dointvec_minmax(table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A file of ints with a least and a greatest value. `kernel/sysctl.c:2102`"""
    return do_proc_dointvec(table, write, buffer, lenp, ppos, do_proc_dointvec_minmax_conv, _as_is)


def proc_doulongvec_minmax(table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A file of an unsigned long between those that extra1 and extra2 point to; a negative number is passed over.
    `kernel/sysctl.c:2251`"""
    if not write:
        return 0, f"{table.data.value}\n"
    if ppos:
        return 0, ""
    err, val, _ = proc_get_long(buffer)
    low, high = table.extra1, table.extra2
    if err or val > ULONG_MAX or low is not None and 0 <= val < low.value or high is not None and val > high.value:
        return -EINVAL, ""
    if val >= 0:
        table.data.value = val
    return 0, ""


def proc_dou8vec_minmax(table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A file with a byte's value. `kernel/sysctl.c:985 (6.1)`"""
    return do_proc_dointvec(table, write, buffer, lenp, ppos, do_proc_dou8vec_minmax_conv, _as_is)


def proc_dointvec_jiffies(table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A file that shows seconds of a variable in jiffies. `kernel/sysctl.c:2607`"""
    return do_proc_dointvec(table, write, buffer, lenp, ppos, do_proc_dointvec_jiffies_conv, _seconds)


def proc_dointvec_userhz_jiffies(table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A file that shows hundredths of a second of a variable in jiffies. `kernel/sysctl.c:2613`"""
    return do_proc_dointvec(table, write, buffer, lenp, ppos, do_proc_dointvec_userhz_jiffies_conv, _hundredths)


def proc_dointvec_ms_jiffies(table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A file that shows milliseconds of a variable in jiffies. `kernel/sysctl.c:2619`"""
    return do_proc_dointvec(table, write, buffer, lenp, ppos, do_proc_dointvec_ms_jiffies_conv, _milliseconds)


def proc_dointvec_ms_jiffies_minmax(
    table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int
) -> tuple[int, str]:
    """The same, with a least and a greatest number of jiffies. `kernel/sysctl.c:1295 (6.1)`"""
    return do_proc_dointvec(table, write, buffer, lenp, ppos, do_proc_dointvec_ms_jiffies_minmax_conv, _milliseconds)
