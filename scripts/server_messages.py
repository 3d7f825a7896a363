"""All that the server refuses with, out of its source: code, sentence, and the values in it.

Writes docs/errors.md, and graphql_api/web/console/src/language/serverMessages.ts, by which
the console's translators find the sentences. `--check` writes nothing, and fails when one is not
current, or when a sentence got its values without `said`. Called by scripts/check.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from endings import ScriptFailed, launch
from typer import Option

from graphql_api import errors

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs/errors.md"
MESSAGES = ROOT / "graphql_api/web/console/src/language/serverMessages.ts"
FOLDERS = ("graphql_api", "schema")
CODES = {
    name: kind.code
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.ApplicationError) and hasattr(kind, "code")
}
CODES["TokenRefused"] = errors.Unauthenticated.code
CODES["BatchRefused"] = errors.InvalidInput.code
CODES["NotTaken"] = errors.InvalidInput.code
# Of files that cannot be read.
CODES |= dict.fromkeys(
    ("UnreadableFile", "MissingColumns", "AmbiguousNumbers", "WrongEncoding"),
    errors.InvalidInput.code,
)
SAID = "said"
ROWS = frozenset({"Fault", "blame", "complain"})  # what is wrong with a file's row, second of all
VALUE = re.compile(r"\{(\w+)\}")
DOC_HEAD = """# Errors

Every refusal has a stable `code`. What is shown to people is English; a client that speaks another
language translates the `template` and puts the `values` into it, whose names stand in braces. Of a
mutation's `userErrors` both are fields; of GraphQL's `errors` both are in `extensions`, where there
are values (a sentence without any is its own template).

Codes stay as they are. Sentences may become better: a client that does not know a template shows
the `message`.

This file is made by `.venv/bin/python scripts/server_messages.py`.
"""
TS_HEAD = """// Made by scripts/server_messages.py out of the server's source. Do not edit.
import { msg } from '@lingui/core/macro';

/** What the server may say, for the catalogs alone: nothing imports this. */
export const SERVER_MESSAGES = [
"""


def _modules() -> Iterator[tuple[Path, ast.Module]]:
    found: list[Path] = []
    for folder in FOLDERS:
        for at, within, names in os.walk(ROOT / folder):
            within[:] = set(within) - {"migrations", "node_modules", "client"}
            found += [Path(at, name) for name in names if name.endswith(".py")]
    for path in sorted(found):
        yield path, ast.parse(path.read_text())


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _texts(node: ast.AST) -> set[str]:
    """The texts that an expression may be: a text, either of two, or those of a table."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, ast.IfExp):
        return _texts(node.body) | _texts(node.orelse)
    if isinstance(node, ast.Dict):
        return {text for value in node.values for text in _texts(value)}
    return set()


def _named(module: ast.Module) -> dict[str, set[str]]:
    """Texts by the names that they are assigned to, in the whole module."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and (texts := _texts(node.value)):
            for target in node.targets:
                if isinstance(target, ast.Name) and (
                    target.id.isupper() or target.id == "template"
                ):
                    found.setdefault(target.id, set()).update(texts)
    return found


def _of(node: ast.AST, named: dict[str, set[str]]) -> set[str]:
    if isinstance(node, ast.Name):
        return named.get(node.id, set())
    if isinstance(node, ast.Attribute):
        return named.get(node.attr, set())
    if isinstance(node, ast.Subscript):
        return _of(node.value, named)
    if isinstance(node, ast.BinOp):
        return {a + b for a in _of(node.left, named) for b in _of(node.right, named)}
    return _texts(node)


def gathered() -> tuple[dict[str, set[str]], list[str]]:
    """Codes by template, and where values go in without `said`."""
    modules = list(_modules())
    everywhere = {
        name: texts
        for _, module in modules
        for name, texts in _named(module).items()
        if name.isupper()
    }
    found: dict[str, set[str]] = {}
    loose: list[str] = []
    for path, module in modules:
        named = {**everywhere, **_named(module)}
        for node in ast.walk(module):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name, words = _name(node), node.args[0]
            if name in ROWS and isinstance(node.args[-1], ast.JoinedStr):
                loose.append(f"{path.relative_to(ROOT)}:{words.lineno}")
            if name == SAID:
                for text in _of(words, named):
                    found.setdefault(text, set())
            elif name in CODES:
                if isinstance(words, ast.JoinedStr):
                    loose.append(f"{path.relative_to(ROOT)}:{words.lineno}")
                is_said = isinstance(words, ast.Call) and _name(words) == SAID
                asked = words.args[0] if isinstance(words, ast.Call) and is_said else words
                for text in _of(asked, named):
                    found.setdefault(text, set()).add(CODES[name])
    return found, loose


def table(found: dict[str, set[str]]) -> str:
    """docs/errors.md: by code, then by sentence."""
    lines = [DOC_HEAD]
    for code in sorted({code for codes in found.values() for code in codes}):
        lines.append(f"## {code}\n\n| template | values |\n|---|---|")
        for text in sorted(text for text, codes in found.items() if code in codes):
            values = ", ".join(dict.fromkeys(VALUE.findall(text)))
            lines.append(f"| {text} | {values} |")
        lines.append("")
    rest = sorted(text for text, codes in found.items() if not codes)
    lines.append("## Beside refusals, or part of several\n\n| template | values |\n|---|---|")
    lines += [f"| {text} | {', '.join(dict.fromkeys(VALUE.findall(text)))} |" for text in rest]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """As an ICU message: braces that hold no value are told as they are."""
    return re.sub(r"\{(?!\w+\})|(?<!\w)\}", lambda brace: f"'{brace.group()}'", text)


def messages(found: dict[str, set[str]]) -> str:
    """serverMessages.ts: each template is its own id."""
    lines = [TS_HEAD]
    for text in sorted(found):
        told, icu = (json.dumps(one, ensure_ascii=False) for one in (text, _quoted(text)))
        lines.append(f"  msg({{ id: {told}, message: {icu} }}),\n")
    return "".join(lines) + "];\n"


def main(
    check: Annotated[bool, Option("--check", help="Write nothing; fail on what is old.")] = False,
) -> None:
    """Write docs/errors.md and the console's list of the server's sentences."""
    found, loose = gathered()
    if loose:
        raise ScriptFailed("values without said(…): " + ", ".join(loose))
    files = {TABLE: table(found), MESSAGES: messages(found)}
    old = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if check and old:
        told = ", ".join(str(path.relative_to(ROOT)) for path in old)
        raise ScriptFailed(f"not current: {told}; run scripts/server_messages.py")
    for path in old:
        path.write_text(files[path])


if __name__ == "__main__":
    launch("server_messages.py", main)
