"""Reads a package's source without running it: which dotted names each of its modules uses."""

import ast
import builtins
from dataclasses import dataclass, field
from pathlib import Path

IMPORTERS = {"importlib.import_module", "builtins.__import__"}
DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Use:
    """One place that uses a name, absolute and dotted, whatever the spelling there."""

    name: str
    line: int
    is_import: bool = False
    """It is an import that runs: when the module loads or in a function, but not for types only."""
    while_loading: bool = False
    """It is an import that runs when the module loads."""
    at_bottom: bool = False
    """It is such an import and stands below the module's definitions."""


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the package."""

    name: str
    path: Path
    uses: tuple[Use, ...]


def read_package(folder: Path) -> dict[str, Module]:
    """Every module in and below `folder`, by its dotted name; the folder's name is the package."""
    modules: dict[str, Module] = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        tree = ast.parse(path.read_text("utf-8"), str(path))
        reader = _Reader(name if is_package else name.rpartition(".")[0], _last_definition(tree))
        reader.visit(tree)
        uses = (*reader.imports, *_names(tree, reader))
        modules[name] = Module(name, path, uses)
    return modules


@dataclass
class _Reader(ast.NodeVisitor):
    """Collects a module's imports, and the names that they bind."""

    package: str
    last_definition: int
    imports: list[Use] = field(default_factory=list[Use])
    bound: dict[str, str] = field(default_factory=dict[str, str])
    _in_function: int = 0
    _for_types: int = 0

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node.lineno)
            if alias.asname:
                self.bound[alias.asname] = alias.name
            else:
                top = alias.name.partition(".")[0]
                self.bound[top] = top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        source = self.absolute("." * node.level + (node.module or ""))
        for alias in node.names:
            name = f"{source}.{alias.name}"
            self._add(name, node.lineno)
            self.bound[alias.asname or alias.name] = name

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        self._in_function += 1
        self.generic_visit(node)
        self._in_function -= 1

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef  # noqa: N815 - ast sets the names

    def visit_If(self, node: ast.If) -> None:
        types_only = ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING"
        self._for_types += types_only
        for statement in node.body:
            self.visit(statement)
        self._for_types -= types_only
        for statement in node.orelse:
            self.visit(statement)

    def absolute(self, name: str) -> str:
        """`name` without leading dots, as Python reads them in this module."""
        bare = name.lstrip(".")
        level = len(name) - len(bare)
        if level == 0:
            return name
        parts = self.package.split(".")
        return ".".join([*parts[: len(parts) - level + 1], *([bare] if bare else [])])

    def _add(self, name: str, line: int) -> None:
        runs = not self._for_types
        loading = runs and not self._in_function
        at_bottom = loading and line > self.last_definition
        self.imports.append(Use(name, line, runs, loading, at_bottom))


def _names(tree: ast.Module, reader: _Reader) -> list[Use]:
    """Names reached through what imports bound, builtins, and modules imported by their name."""
    found: list[Use] = []
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Attribute | ast.Name) and (name := _dotted(node, reader.bound)):
            found.append(Use(name, node.lineno))
            continue
        if isinstance(node, ast.Call) and _dotted(node.func, reader.bound) in IMPORTERS:
            argument = node.args[0] if node.args else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                found.append(Use(reader.absolute(argument.value), node.lineno))
            else:
                found.append(Use("computed import", node.lineno))
        pending.extend(ast.iter_child_nodes(node))
    return found


def _dotted(node: ast.AST, bound: dict[str, str]) -> str | None:
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, bound)
        return f"{owner}.{node.attr}" if owner else None
    if isinstance(node, ast.Name):
        if node.id in bound:
            return bound[node.id]
        return f"builtins.{node.id}" if hasattr(builtins, node.id) else None
    return None


def _last_definition(tree: ast.Module) -> int:
    ends = [node.end_lineno or 0 for node in tree.body if isinstance(node, DEFINITIONS)]
    return max(ends, default=0)
