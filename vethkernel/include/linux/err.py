# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/err.h: a pointer or an error in one value. Here the error is the negative int itself."""

from typing import Any, TypeGuard

MAX_ERRNO = 4095


def ERR_PTR(error: int) -> Any:
    """The error as a value that stands where a pointer would. `include/linux/err.h:22`"""
    return error


def PTR_ERR(ptr: Any) -> int:
    """The negative errno that an error pointer carries. `include/linux/err.h:27`"""
    return ptr


def IS_ERR(ptr: Any) -> TypeGuard[int]:
    """True for an error pointer: pointers are objects here, so an int can only be an error. `include/linux/err.h:32`"""
    return type(ptr) is int
