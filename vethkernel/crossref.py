# SPDX-License-Identifier: GPL-2.0-only
"""Who calls whom in the port, read from its syntax trees: what the book's source appendix shows beside each function.

    port = read_port()
    port.functions["net/core/dev.py", "netif_rx"].callers

A call by name is followed through the imports. A call through a pointer, `ops.ndo_start_xmit(skb, dev)`, is followed
to the functions that some table, assignment or argument puts into a struct's field of that name; which struct it is
the type hints tell, as far as they go. What remains is a function that another one hands on: to a timer, a list.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vethkernel.data.collect import PACKAGE, mirrored_modules
from vethkernel.ledger import BASE, METHODS, NEWER, c_file_of, data, find
from vethkernel.trace.watched import Place, place_in

Key = tuple[str, str]  # a module's path in the package, and a name that it defines
Slot = tuple[str, str]  # a struct and its field that holds functions


@dataclass(slots=True)
class Definition:
    """One thing in a module: a function, a struct, or an assignment; its first line, its text, the names it defines."""

    key: Key
    kind: str  # "function", "struct" or "values"
    line: int
    text: str
    tree: ast.stmt
    names: tuple[str, ...]


@dataclass(slots=True)
class Function:
    """A ported function: where its C original is, and both directions of its calls."""

    definition: Definition
    place: Place
    calls: list[Key] = field(default_factory=list)
    callers: list[Key] = field(default_factory=list)
    through: dict[Slot, list[Key]] = field(default_factory=dict)  # pointers that it calls through, and what they may be
    reached: dict[Slot, list[Key]] = field(default_factory=dict)  # pointers that may be this one, and who calls them
    tables: list[tuple[Key, str]] = field(default_factory=list)  # tables that name it, and under which entry
    handed_on: list[Key] = field(default_factory=list)  # functions that name it without calling it
    outside: list[str] = field(default_factory=list)  # modules beside the port that use it: the boundary, the machine


@dataclass(slots=True)
class Module:
    """A module's definitions in order, and what its names mean, its own and the imported ones."""

    path: str
    doc: str
    definitions: list[Definition]
    scope: dict[str, Key]


@dataclass(slots=True)
class Struct:
    """A struct's fields with the types that their hints name."""

    key: Key
    fields: dict[str, str]


class Port:
    """All mirrored modules, cross-referenced."""

    def __init__(self, modules: dict[str, Module]) -> None:
        self.modules = modules
        definitions = [d for m in modules.values() for d in m.definitions]
        self.functions = {d.key: Function(d, _place(d)) for d in definitions if d.kind == "function"}
        self.structs = {d.key[1]: _struct(d) for d in definitions if d.kind == "struct"}
        self.structs |= {d.key[1]: _struct(d) for d in _definitions("globals.py") if d.kind == "struct"}
        self.tables = {d.key: made for d in definitions if d.names and (made := _made(d.tree))}
        self.slots: dict[Slot, list[Key]] = {}
        self._flows: dict[tuple[Key, int], list[Slot]] = {}  # a function's parameter, and where it is put
        self._copies: dict[Slot, list[Slot]] = {}  # a field, and the fields that are assigned to it
        bodies = [_Body(self, module, d) for module in modules.values() for d in module.definitions]
        for body in bodies:
            body.find_flows()
        for body in bodies:
            body.find_stored()
        self._copy()
        for body in bodies:
            if body.own in self.functions:
                body.find_calls()
        self._find_outside()

    def put(self, slot: Slot, value: Key) -> None:
        """Note that the field may hold that function."""
        held = self.slots.setdefault(slot, [])
        if value not in held:
            held.append(value)

    def _find_outside(self) -> None:
        """Note which modules at the package's top, the boundary and the machine, import a function."""
        for path in sorted(PACKAGE.glob("*.py")):
            for key in (self.resolve(*found) for found in _read_module(path.name).scope.values()):
                if key in self.functions:
                    self.functions[key].outside.append(path.name)

    def _copy(self) -> None:
        """Fields that take their value from other fields hold what those hold."""
        for _ in range(2):  # no copy of a copy of a copy
            for target, sources in self._copies.items():
                for value in [v for source in sources for v in self.slots.get(source, ())]:
                    self.put(target, value)

    def resolve(self, module: str, name: str) -> Key | None:
        """What a name means in a module, followed to where it is defined."""
        while found := self.modules[module].scope.get(name) if module in self.modules else None:
            if found == (module, name):
                return found
            module, name = found
        return None

    def slots_named(self, name: str, struct: str) -> list[Slot]:
        """The fields of that name that hold functions: of that struct, or of any if it is not known which."""
        if struct in self.structs and name in self.structs[struct].fields:
            return [(struct, name)]
        return [slot for slot in self.slots if slot[1] == name and slot[0] and not struct]


class _Body:
    """One definition's code, with the types of its variables as far as hints tell them."""

    def __init__(self, port: Port, module: Module, definition: Definition) -> None:
        self.port, self.path, self.own, self.tree = port, module.path, definition.key, definition.tree
        self.parameters: list[str] = []
        self.types: dict[str, str] = {}
        self.pointers: dict[str, ast.Attribute] = {}  # variables that hold a struct's field
        if isinstance(self.tree, ast.FunctionDef):
            arguments = [*self.tree.args.posonlyargs, *self.tree.args.args]
            self.parameters = [a.arg for a in arguments]
            self.types = {a.arg: _hint(a.annotation) for a in arguments}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.types.setdefault(node.target.id, _hint(node.annotation))
            elif isinstance(node, ast.Assign):
                for target in (t for t in node.targets if isinstance(t, ast.Name)):
                    self.types.setdefault(target.id, self.type_of(node.value))
                    if isinstance(node.value, ast.Attribute):
                        self.pointers[target.id] = node.value
            elif isinstance(node, ast.For) and isinstance(node.target, ast.Name):
                self.types.setdefault(node.target.id, self.type_of(node.iter))

    def type_of(self, node: ast.expr) -> str:
        """The struct that an expression is, or a list's elements are; "" if nothing tells."""
        match node:
            case ast.Name(id="g"):
                return "Globals"
            case ast.Name(id=name):
                key = None if name in self.types else self.port.resolve(self.path, name)
                return self.types.get(name) or (self.port.tables.get(key, "") if key else "")
            case ast.Attribute(value=value, attr=attr):
                struct = self.port.structs.get(self.type_of(value))
                return struct.fields.get(attr, "") if struct else ""
            case ast.Call(func=ast.Name(id=name)):
                key = self.port.resolve(self.path, name)
                function = self.port.functions.get(key) if key else None
                if function and isinstance(function.definition.tree, ast.FunctionDef):
                    return _hint(function.definition.tree.returns)
                return name if name in self.port.structs else ""
            case ast.Call(func=ast.Attribute(value=value, attr="pop" | "popleft" | "get" | "values" | "copy")):
                return self.type_of(value)
            case ast.Subscript(value=value) | ast.NamedExpr(value=value):
                return self.type_of(value)
        return ""

    def function_named(self, node: ast.expr) -> Key | None:
        """The ported function that an expression names."""
        if not isinstance(node, ast.Name) or node.id in self.types:
            return None
        key = self.port.resolve(self.path, node.id)
        return key if key in self.port.functions else None

    def _stores(self) -> Iterator[tuple[Slot, ast.expr]]:
        """Each value that is put into a struct's field: assigned, or given when the struct is made."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Attribute):
                        yield from (((self.type_of(target.value), target.attr), v) for v in _choices(node.value))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self.port.structs:
                struct = node.func.id
                given = dict(zip(self.port.structs[struct].fields, node.args, strict=False))
                given |= {k.arg: k.value for k in node.keywords if k.arg}
                yield from (((struct, name), v) for name, value in given.items() for v in _choices(value))

    def find_flows(self) -> None:
        """Which parameters end in which fields, and which fields are copied."""
        for slot, value in self._stores():
            if isinstance(value, ast.Name) and value.id in self.parameters:
                self.port._flows.setdefault((self.own, self.parameters.index(value.id)), []).append(slot)
            elif isinstance(value, ast.Attribute) and (source := self.type_of(value.value)):
                self.port._copies.setdefault(slot, []).append((source, value.attr))

    def find_stored(self) -> None:
        """Put functions into the fields where this code puts them, itself or by a function that it calls."""
        for slot, value in self._stores():
            if key := self.function_named(value):
                self.port.put(slot, key)
                if self.own in self.port.tables:
                    self.port.functions[key].tables.append((self.own, slot[1]))
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and (called := self.function_named(node.func)):
                for place, argument in enumerate(node.args):
                    for slot in self.port._flows.get((called, place), ()):
                        if key := self.function_named(argument):
                            self.port.put(slot, key)

    def find_calls(self) -> None:
        """Note the function's calls, by name and through pointers, in both directions; and what it hands on."""
        port, function = self.port, self.port.functions[self.own]
        called = [node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        for node in sorted(called, key=lambda n: (n.lineno, n.col_offset)):
            if key := self.function_named(node):
                _note(function.calls, key)
                _note(port.functions[key].callers, self.own)
            elif isinstance(node, ast.Attribute):
                self._through(function, node)
            elif isinstance(node, ast.Name) and node.id in self.pointers:
                self._through(function, self.pointers[node.id])
        names = [n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and not any(n is c for c in called)]
        for key in filter(None, map(self.function_named, names)):
            _note(port.functions[key].handed_on, self.own)

    def _through(self, function: Function, pointer: ast.Attribute) -> None:
        """Note a call through a pointer."""
        struct = self.type_of(pointer.value)
        if pointer.attr in METHODS and not struct:
            return
        for slot in self.port.slots_named(pointer.attr, struct):
            for key in self.port.slots.get(slot, ()):
                _note(function.through.setdefault(slot, []), key)
                _note(self.port.functions[key].reached.setdefault(slot, []), self.own)


def _note(keys: list[Key], key: Key) -> None:
    if key not in keys:
        keys.append(key)


def _choices(value: ast.expr) -> Iterable[ast.expr]:
    """What an expression may come out as: either side of an `if` or an `or`."""
    match value:
        case ast.IfExp(body=body, orelse=orelse):
            return [*_choices(body), *_choices(orelse)]
        case ast.BoolOp(values=values):
            return [choice for v in values for choice in _choices(v)]
    return [value]


def _hint(annotation: ast.expr | None) -> str:
    """The struct that a type hint names: of `net_device | None`, and of `list[net_device]`, net_device."""
    match annotation:
        case ast.Name(id=name):
            return name
        case ast.BinOp(left=left):
            return _hint(left)
        case ast.Subscript(slice=ast.Tuple(elts=[*_, last])):
            return _hint(last)
        case ast.Subscript(slice=inner):
            return _hint(inner)
    return ""


def _struct(definition: Definition) -> Struct:
    body = getattr(definition.tree, "body", ())
    hints = [(node.target, node.annotation) for node in body if isinstance(node, ast.AnnAssign)]
    return Struct(definition.key, {target.id: _hint(hint) for target, hint in hints if isinstance(target, ast.Name)})


def _made(tree: ast.stmt) -> str:
    """The struct that a table is, by how it is made; "" for other values."""
    value = getattr(tree, "value", None)
    return value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""


def _place(definition: Definition) -> Place:
    """Where a function's C original is: as its docstring says, or else as the ledger's data do; line 0 if neither."""
    if found := place_in(ast.get_docstring(definition.tree) or ""):  # type: ignore[arg-type]
        return found
    module, name = definition.key
    file = c_file_of(module) or ""
    for version in (BASE, NEWER):
        for original in find(version, file, name):
            return Place(original.file, original.line, "v" + (data(BASE)["version"] if version == BASE else NEWER))
    return Place(file)


def _definitions(path: str) -> list[Definition]:
    """What a module defines, in order, each with the comments above it; imports and the module's docstring are not."""
    source = (PACKAGE / path).read_text("utf-8")
    lines, found, after = source.split("\n"), list[Definition](), 0
    for node in ast.parse(source).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        while first - 1 > after and lines[first - 2].startswith("#"):
            first -= 1
        after = node.end_lineno or node.lineno
        text = "\n".join(lines[first - 1:after])
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            kind = "function" if isinstance(node, ast.FunctionDef) else "struct"
            found.append(Definition((path, node.name), kind, first, text, node, (node.name,)))
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.For):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = tuple(t.id for t in targets if isinstance(t, ast.Name) and not isinstance(node, ast.For))
            about = next((n.id for n in ast.walk(targets[0]) if isinstance(n, ast.Name)), "")
            found.append(Definition((path, about), "values", first, text, node, names))
    return found


def _scope(tree: ast.Module, path: str, definitions: list[Definition]) -> dict[str, Key]:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    scope: dict[str, Key] = {}
    for node in imports:
        imported = (node.module or "").removeprefix(PACKAGE.name + ".").replace(".", "/") + ".py"
        scope |= {alias.asname or alias.name: (imported, alias.name) for alias in node.names}
    return scope | {name: (path, name) for d in definitions for name in d.names}


def _read_module(path: str) -> Module:
    tree = ast.parse((PACKAGE / path).read_text("utf-8"))
    definitions = _definitions(path)
    return Module(path, ast.get_docstring(tree) or "", definitions, _scope(tree, path, definitions))


def read_port() -> Port:
    """The port as its files have it, whatever this Python has patched."""
    return Port({path: _read_module(path) for path in (p.as_posix() for p in mirrored_modules())})
