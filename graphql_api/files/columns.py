"""Which column of a table stands for which field. Called by tables.py. Pure.

By the names that people gave, else by the preset whose marks the header has, else by the field's
own name, else by what such columns are called in twelve languages (words.py). One column stands
for one field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graphql_api.files.encodings import Reading
from graphql_api.files.faults import MissingColumns, UnreadableFile
from graphql_api.files.presets import PRESETS, Preset
from graphql_api.files.words import NAME_CHARACTERS_MAX, SYNONYMS, key, keys, without_tax
from graphql_api.said import Said, otherwise_in_shell, said
from graphql_api.texts.folding import folded

COLUMNS_SHOWN_MAX = 20
COLUMN_CHARACTERS_SHOWN_MAX = 40

# Fields whose names mean other things elsewhere: they count where the header is of this program,
# as another of its names shows.
_OWN = {"barcodes": "sku", "units": "unit", "displayUnit": "unit", "attributes": "sku"}


_MONEY = frozenset({"price", "cost"})
_COUNTS = {"quantity": "initialStock"}  # what a file of stock calls what a preset calls so


@dataclass(slots=True)
class Match:
    """What a header says. positions: field → index of its column; rivals: field → columns that
    would do as well; missing: fields that ought to have one, in words; guessed: fields that were
    found by other names than their own; place: what the name of the stock's column ends with;
    places: field → the places that have a column of it each, where they are several; spares:
    further columns of barcodes, the better first."""

    names: tuple[str, ...]
    positions: dict[str, int] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    rivals: dict[str, list[str]] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    preset: str | None = None
    place: str | None = None
    places: dict[str, list[str]] = field(default_factory=dict)
    spares: list[int] = field(default_factory=list)

    def take(self, name: str, index: int) -> None:
        """The column at `index` stands for `name`. Raises UnreadableFile."""
        other = next((one for one, taken in self.positions.items() if taken == index), None)
        if other is not None:
            raise UnreadableFile(
                said(
                    "The column {column} stands for two fields, {other} and {name}: a column "
                    "stands for one.",
                    column=repr(self.names[index]),
                    other=other,
                    name=name,
                )
            )
        self.positions[name] = index

    def found(self, between: str, fields: Iterable[str] | None = None) -> str:
        """Each field with its column, and `between` them. fields: None: all that have one."""
        return ", ".join(
            f"{name}{between}{shown(self.names[self.positions[name]])}"
            for name in (self.positions if fields is None else fields)
        )


_LACKING = {
    False: "The file has no column for {fields}. Its columns are: {columns}.",
    True: "The file has no column for {fields}. Its columns are: {columns} and {more} more.",
}


def lacking(found: Match, guess: Reading | None = None) -> MissingColumns:
    """What a header lacks, in words. guess: of its encoding, in which its names may be none."""
    columns, more = first_few(found.names)
    sentences = [
        said(
            _LACKING[more > 0],
            fields=", ".join(found.missing.values()),
            columns=", ".join(columns),
            more=more,
        )
    ]
    if found.positions:
        known = said("Known are: {columns}.", columns=found.found(": "))
        sentences.append(otherwise_in_shell(known, f"Known are: {found.found(' in ')}."))
    if guess is not None:
        read = said(
            "It is read as {encoding} text ({sample}): choose another encoding if that is wrong.",
            encoding=guess.encoding,
            sample=repr(guess.sample),
        )
        shell = f"It is read as {guess.encoding} text ({guess.sample!r}); --encoding says which."
        sentences.append(otherwise_in_shell(read, shell))
    return MissingColumns(*sentences, missing=tuple(found.missing))


def notes_of(found: Match, positions: Iterable[str]) -> list[Said]:
    """What was recognised by itself, in words. positions: fields that have a column."""
    told: list[Said] = []
    if found.preset is not None:
        told.append(said("it is read as a file of {preset}", preset=found.preset))
    guessed = [name for name in positions if name in found.guessed]
    if guessed:
        taken = said("taken: {columns}", columns=found.found(": ", guessed))
        told.append(otherwise_in_shell(taken, f"taken: {found.found(' from ', guessed)}"))
    return told


def doubts_of(found: Match) -> list[Said]:
    """What could be meant otherwise, or is left out, in words."""
    told: list[Said] = []
    if found.spares:
        columns = listed([found.names[index] for index in found.spares])
        told.append(said("barcodes are taken from {columns} too", columns=columns))
    for name, rivals in found.rivals.items():
        could = said("{field} could be {columns} too", field=name, columns=listed(rivals))
        told.append(otherwise_in_shell(could, f"{could}: --map {name}=COLUMN says which"))
    for name, places in found.places.items():
        left = said(
            "{field} stands in {count} columns, one for each place, and is left out: a file of "
            "stock has them",
            field=name,
            count=len(places),
        )
        shell = f"{name} stands in {len(places)} columns, one for each place, and is left out: "
        told.append(otherwise_in_shell(left, shell + "import-stock takes them"))
    return told


def match(
    names: Sequence[str],
    wanted: Mapping[str, str],
    fields: Sequence[str],
    required: Sequence[str],
    preset: str | None = None,
    by_words: bool = True,
    codes: Collection[str] = (),
) -> Match:
    """Which of the columns `names` stands for which of `fields`.

    wanted: field → the column that people gave; "" for a field to be left out. preset: the one
    that people named. by_words: look into words.py and for presets. codes: those of `fields` that
    are codes of places, and no names. Raises UnreadableFile.
    """
    made = Match(tuple(names))
    for name in fields:
        column = wanted.get(name)
        if column and (index := _place(names, column, True)) is not None:
            made.take(name, index)
        elif column:
            made.missing[name] = f"{name} ({column!r})"
    open_fields = [name for name in fields if name not in wanted and name not in codes]
    made.preset = preset or (_recognised(names) if by_words else None)
    if made.preset is not None:
        _by_preset(made, PRESETS[made.preset], open_fields)
    if not (made.preset and PRESETS[made.preset].signature):
        _by_name(made, open_fields)
        _by_code(made, [code for code in codes if code not in wanted])
    if by_words and made.preset is None:
        _by_words(made, open_fields)
    for name in required:
        if name not in made.positions and name not in made.missing:
            made.missing[name] = name
    return made


def _by_name(made: Match, fields: Sequence[str]) -> None:
    """The columns that are called as their fields are."""
    for name in fields:
        if name in made.positions or (name in _OWN and not {name, _OWN[name]} <= set(made.names)):
            continue
        if (index := _place(made.names, name, False)) is not None:
            made.take(name, index)


def _by_code(made: Match, codes: Sequence[str]) -> None:
    """The columns that are headed by codes of places, as codes compare: 1-1 is not 11."""
    headed: dict[str, list[int]] = {}
    for index, name in enumerate(made.names if codes else ()):
        if len(name) <= NAME_CHARACTERS_MAX:
            headed.setdefault(folded(name), []).append(index)
    for code in codes:
        found = headed.get(folded(code), [])
        if len(found) > 1:
            raise _twice(code)
        if found:
            made.take(code, found[0])


def _by_preset(made: Match, preset: Preset, fields: Sequence[str]) -> None:
    for name in fields:
        for column in preset.columns.get(_COUNTS.get(name, name), ()):
            index = first_of(made.names, column)
            if index is None or index in made.positions.values():
                continue
            if name not in made.positions:
                made.positions[name] = index
                made.guessed.add(name)
            elif name == "barcode" and index not in made.spares:
                made.spares.append(index)
    for name, beginnings in preset.places.items():
        if name in fields and name not in made.positions:
            _by_place(made, name, beginnings)


def _by_place(made: Match, name: str, beginnings: Sequence[str]) -> None:
    """A field that has a column for each place, where that is one."""
    for beginning in beginnings:
        found = places_in(made.names, beginning)
        if len(found) == 1:
            [(index, place)] = found.items()
            made.positions[name] = index
            made.guessed.add(name)
            made.place = place or made.place
        elif found:
            made.places[name] = list(found.values())
        if found:
            return


def places_in(names: Sequence[str], beginning: str) -> dict[int, str]:
    """Index of each column whose name begins so → the place that it is named after."""
    return {
        index: name[len(beginning) :].strip("[] _").replace("_", " ")
        for index, name in enumerate(names)
        if name.casefold().startswith(beginning.casefold())
    }


def _by_words(made: Match, fields: Sequence[str]) -> None:
    """The columns whose names are words for a field: the better name first, and each once."""
    repeated = {word for word, times in Counter(map(key, made.names)).items() if times > 1}
    # "In stock?" is answered with yes or no, which is neither a number nor a name.
    told = ["" if name.endswith(("?", "？")) else name for name in made.names]
    forms = [keys(name) for name in told]
    bids: list[tuple[int, int, int, str]] = []
    for order, name in enumerate(fields):
        ranks = SYNONYMS.get(name, {})
        for index, words in enumerate(forms):
            found = [ranks[word] for word in words if word in ranks]
            if not found and name in _MONEY and (untaxed := without_tax(told[index])) in ranks:
                found = [len(ranks) + ranks[untaxed]]
            if found and index not in made.positions.values():
                bids.append((order, min(found), index, name))
    for _, _, index, name in sorted(bids):
        if index in made.positions.values():
            continue
        if name in made.positions:
            if name == "barcode" and key(made.names[index]) not in repeated:
                made.spares.append(index)
            elif made.names[index] != made.names[made.positions[name]]:
                made.rivals.setdefault(name, []).append(made.names[index])
            continue
        if key(made.names[index]) in repeated:
            if name == "description":
                continue  # two columns of notes are no loss
            raise _twice(made.names[index])
        made.positions[name] = index
        made.guessed.add(name)
    _name_from_description(made, fields)
    if "initialStock" in fields and "initialStock" not in made.positions:
        taken, counted = set(made.positions.values()), SYNONYMS["quantity"]
        for index, words in enumerate(forms):
            if index not in taken and any(word in counted for word in words):
                made.rivals.setdefault("initialStock", []).append(made.names[index])


def _twice(column: str) -> UnreadableFile:
    return UnreadableFile(
        said("The column {column} stands twice in the header.", column=repr(column))
    )


def _name_from_description(made: Match, fields: Sequence[str]) -> None:
    """Many shops have a description and mean the name: where there is none, and the header is not
    written in this program's own names."""
    if "name" in made.positions or "name" not in fields or not made.guessed:
        return
    if "description" in made.positions:
        made.positions["name"] = made.positions.pop("description")
        made.guessed |= {"name"}


def _recognised(names: Sequence[str]) -> str | None:
    """The preset whose marks the header has."""
    have = {key(name) for name in names}
    for preset_name, preset in PRESETS.items():
        for marks in preset.signature:
            if all(any(key(one) in have for one in mark.split("|")) for mark in marks):
                return preset_name
    return None


def first_of(names: Sequence[str], column: str) -> int | None:
    """The index of the first column that is called so, `|` between names that are as good."""
    for one in column.split("|"):
        for index, name in enumerate(names):
            if key(name) == key(one):
                return index
    return None


def _place(names: Sequence[str], column: str, is_named: bool) -> int | None:
    """The index of `column`. is_named: its name was given, so one that is exactly it is meant."""
    for form in (str, _plain) if is_named else (_plain,):
        found = [index for index, name in enumerate(names) if form(name) == form(column)]
        if len(found) > 1:
            raise _twice(column)
        if found:
            return found[0]
    return None


def _plain(name: str) -> str:
    """`name` as headers compare: "Min Stock", "min_stock" and "minStock" are one."""
    return "".join(character for character in name.casefold() if character.isalnum())


def shown(name: str) -> str:
    """A column's name, quoted and within measure."""
    return repr(name[:COLUMN_CHARACTERS_SHOWN_MAX])


def listed(names: Sequence[str]) -> str:
    """Columns for a message, within measure."""
    told, more = first_few(names)
    return ", ".join(told) + (f" and {more} more" if more else "")


def first_few(names: Sequence[str]) -> tuple[list[str], int]:
    """The first columns, within measure, and how many there are beside them."""
    told = [shown(name)[1:-1] for name in names[:COLUMNS_SHOWN_MAX]]
    return told, len(names) - len(told)
