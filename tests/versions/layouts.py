"""The layouts of all that is stored, and what may become of them. Run when one was changed.

    .venv/bin/python -m tests.versions.layouts

Writes layouts.json: kind → version → form → its fields in their order, "name: type", with
"= default" where there is one. Refuses a change that would make stored text unreadable.
"""

from __future__ import annotations

import json
import sys
import types
import typing
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from graphql_api.kernel.codec import Kind
from graphql_api.stored import KINDS

FILE = Path(__file__).parent / "layouts.json"
Layout = dict[str, list[str]]  # form → its fields
Layouts = dict[str, dict[str, Layout]]  # kind → version → layout

WHAT_TO_DO = (
    "What is stored must be read for ever. Either append the field at the end, with a default; "
    "or give the kind its next version and an upcaster from this one (kernel/codec.py). "
    "Then run: .venv/bin/python -m tests.versions.layouts"
)


def layouts_of(kinds: Iterable[Kind[Any]]) -> Layouts:
    """As the code has them now."""
    return {kind.name: {str(kind.version): layout_of(kind.form)} for kind in kinds}


def layout_of(form: Any) -> Layout:
    """Every form that `form` is made of, itself included."""
    found: Layout = {}
    if not (isinstance(form, type) and issubclass(form, msgspec.Struct)):
        found[""] = [_name(form)]
    _collect(form, found)
    return found


def _collect(form: Any, found: Layout) -> None:
    if isinstance(form, type) and issubclass(form, msgspec.Struct):
        if form.__name__ not in found:
            found[form.__name__] = [_told(field) for field in msgspec.structs.fields(form)]
            tag = form.__struct_config__.tag
            if tag is not None:
                found[form.__name__].insert(0, f"tag {tag}")
            for field in msgspec.structs.fields(form):
                _collect(field.type, found)
    elif isinstance(form, type) and issubclass(form, Enum):
        found[form.__name__] = [json.dumps(member.value) for member in form]
    else:
        for part in typing.get_args(form):
            _collect(part, found)


def _told(field: msgspec.structs.FieldInfo) -> str:
    told = f"{field.encode_name}: {_name(field.type)}"
    if field.required:
        return told
    if field.default is msgspec.NODEFAULT:
        return f"{told} = {field.default_factory.__name__}()"
    return f"{told} = {json.dumps(field.default)}"


def _name(form: Any) -> str:
    arguments = typing.get_args(form)
    if typing.get_origin(form) in (typing.Union, types.UnionType):
        return " | ".join(_name(part) for part in arguments)
    name = "null" if form is type(None) else getattr(form, "__name__", str(form))
    return f"{name}[{', '.join(_name(part) for part in arguments)}]" if arguments else name


def broken(before: Layouts, now: Layouts) -> list[str]:
    """Why text of `before` could not be read with `now`, in words."""
    faults = []
    for kind, versions in before.items():
        newest = str(max(map(int, versions)))
        if kind not in now:
            faults.append(f"{kind}: the kind is gone")
            continue
        (version,) = now[kind]
        if int(version) < int(newest):
            faults.append(f"{kind}: version {version} came before {newest}")
        elif version == newest:
            faults += [
                f"{kind}, {fault}" for fault in _broken_forms(versions[newest], now[kind][version])
            ]
    return faults


def _broken_forms(before: Layout, now: Layout) -> Iterable[str]:
    for form, fields in before.items():
        kept, more = now.get(form, [])[: len(fields)], now.get(form, [])[len(fields) :]
        if kept != fields:
            told = next((f for f, k in zip(fields, [*kept, *[None] * 99], strict=False) if f != k))
            yield f"{form}: {told!r} is not what and where it was"
        elif not all(" = " in field for field in more):
            yield f"{form}: {more[0]!r} was appended without a default"


def merged(before: Layouts, now: Layouts) -> Layouts:
    """What is to be kept: the older versions too."""
    return {kind: {**before.get(kind, {}), **versions} for kind, versions in now.items()}


def main() -> int:
    """Write the file, or say why not."""
    before: Layouts = json.loads(FILE.read_text()) if FILE.exists() else {}
    now = layouts_of(KINDS)
    if faults := broken(before, now):
        print("\n".join([*faults, WHAT_TO_DO]), file=sys.stderr)
        return 1
    FILE.write_text(json.dumps(merged(before, now), indent=1, sort_keys=True) + "\n")
    print(f"kept the layouts of {len(now)} kinds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
