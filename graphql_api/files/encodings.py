"""What a file is that does not read as UTF-8 text: a spreadsheet, an archive, another encoding.

Pure but for reading the file. Called by tables.py, to tell people what to do instead.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

import charset_normalizer

from graphql_api.files.words import is_known
from graphql_api.said import Said, otherwise_in_shell, said

SAMPLE_BYTES = 65_536
GUESS_BYTES = 4_096  # of lines that are not ASCII: more does not make a guess better
GUESSES_MAX = 3
ODD = 1.0  # a reading of that much oddity has signs in its words: DOS is tried too
SAMPLE_CHARACTERS_SHOWN_MAX = 30

# What a file is by its beginning, and what to do about it.
_MAGIC = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": (
        "This is an XLS workbook (Excel), not a CSV or XLSX file: "
        "open it in its program and save it as XLSX or CSV."
    ),
    b"%PDF-": (
        "This is a PDF document, not a CSV or XLSX file: "
        "export the table from the program that made it, as CSV."
    ),
    b"{\\rtf": "This is an RTF document, not a CSV or XLSX file: save the table in it as CSV.",
    b"\x1f\x8b": (
        "This is a gzip archive, not a CSV or XLSX file: unpack it and import the CSV file in it."
    ),
    b"BZh": (
        "This is a bzip2 archive, not a CSV or XLSX file: unpack it and import the CSV file in it."
    ),
    b"\xfd7zXZ\0": (
        "This is an xz archive, not a CSV or XLSX file: unpack it and import the CSV file in it."
    ),
    b"7z\xbc\xaf\x27\x1c": (
        "This is a 7z archive, not a CSV or XLSX file: unpack it and import the CSV file in it."
    ),
    b"Rar!\x1a\x07": (
        "This is a RAR archive, not a CSV or XLSX file: unpack it and import the CSV file in it."
    ),
    b"SQLite format 3\0": (
        "This is an SQLite database, not a CSV or XLSX file: export the table in it as CSV."
    ),
    b"PAR1": "This is a Parquet file, not a CSV or XLSX file: convert it to CSV.",
    b"\x89PNG": "This is a picture, not a CSV or XLSX file: it holds no table.",
    b"\xff\xd8\xff": "This is a picture, not a CSV or XLSX file: it holds no table.",
    b"GIF8": "This is a picture, not a CSV or XLSX file: it holds no table.",
}
# What stands at the beginning of text, without its case and the blanks before it.
_TEXT_MAGIC = {
    b"<!doctype html": (
        "This is an HTML page, not a CSV or XLSX file: "
        "download the file itself, not the page around it."
    ),
    b"<html": (
        "This is an HTML page, not a CSV or XLSX file: "
        "download the file itself, not the page around it."
    ),
    b"<table": (
        "This is an HTML table, not a CSV or XLSX file: open it in its program and save it as CSV."
    ),
    b"<?xml": (
        "This is an XML file, not a CSV or XLSX file: open it in its program and save it as CSV."
    ),
    b"[{": "This is a JSON file, not a CSV or XLSX file: convert it to CSV.",
    b'{"': "This is a JSON file, not a CSV or XLSX file: convert it to CSV.",
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# By a part that such an archive has; the first that is there.
_ZIPPED = {
    "xl/workbook.bin": (
        "This is an XLSB workbook (Excel), not a CSV or XLSX file: "
        "open it in its program and save it as XLSX or CSV."
    ),
    "xl/": (
        "This is a damaged XLSX workbook (Excel), not a CSV or XLSX file: "
        "open it in its program and save it as XLSX or CSV."
    ),
    "word/": "This is a DOCX document, not a CSV or XLSX file: save the table in it as CSV.",
    "Index/": (
        "This is a Numbers workbook, not a CSV or XLSX file: "
        "open it in its program and save it as XLSX or CSV."
    ),
    "content.xml": (
        "This is an ODS workbook (LibreOffice), not a CSV or XLSX file: "
        "open it in its program and save it as XLSX or CSV."
    ),
    "": "This is a ZIP archive, not a CSV or XLSX file: unpack it and import the CSV file in it.",
}

# The longer marks first: UTF-32's little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Signs that stand in no word: they are letters in another encoding.
_SIGN_IN_WORD = re.compile("[^\\W\\d_](?=[¹²³¼½¾±¶¿¡¯¸¨´¦¬¤§№　-〿][^\\W\\d_])")
# In the order of how many tables are written in them, which decides where they read alike.
_ENCODINGS = (
    "cp1252", "cp1251", "cp1250", "iso8859_2", "cp932", "gb18030", "big5", "cp949", "euc_jp",
    "koi8_r", "cp866", "cp1253", "cp1254", "cp1255", "cp1256", "cp874",
)  # fmt: skip
_DOS = "cp850"
# Rarer ones, which are taken where columns have known names in them.
_BY_COLUMNS = ("mac_roman", _DOS)
HEADERS_TRIED = 3  # lines of those that are not ASCII
_CELLS = re.compile("[,;\t|\r\n]")
_FOREIGN_RUN = re.compile(b"[\x80-\xff]+")
# Signs of cp1252 that stand in tables of any language, each alone.
_SIGNS = frozenset(sign.encode("cp1252") for sign in "°±¼½¾µ×·–—‘’“”„•…€£¥¢§©®™²³¹ºªØø«»")


@dataclass(frozen=True, slots=True)
class Reading:
    """An encoding, and how a piece of the file reads in it."""

    encoding: str
    sample: str


def kind_of(source: BinaryIO) -> Said | None:
    """What a file is that is no text, and what to do about it; None when it may be text."""
    source.seek(0)
    head = source.read(SAMPLE_BYTES)
    if head.startswith(_ZIP):
        return _zipped(source)
    for magic in _MAGIC:
        if head.startswith(magic):
            return said(_MAGIC[magic])
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if unicode_form(head) is not None:  # its ASCII characters are every second byte, or fourth
        text = text.replace(b"\0", b"").lstrip(b"\xff\xfe").lstrip()
    for magic in _TEXT_MAGIC:
        if text.lower().startswith(magic):
            return said(_TEXT_MAGIC[magic])
    return None


def _zipped(source: BinaryIO) -> Said:
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return said(
            "This is a damaged ZIP archive or workbook, not a CSV or XLSX file: "
            "open it in its program and save it as CSV."
        )
    names.append("")  # of an empty archive
    found = next(part for part in _ZIPPED if any(name.startswith(part) for name in names))
    return said(_ZIPPED[found])


def unicode_form(head: bytes) -> str | None:
    """The exact name of the UTF-16 or UTF-32 form of a file that begins so; None: neither.

    By its mark, or without one by where the zero bytes of its ASCII characters are: a header of
    columns has hardly any others.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    head = head[: 4 * (min(len(head), 1_024) // 4)] or head[:2]
    if not head or not 0 < head.count(0) < len(head):
        return None
    zeros = [len(head) >= 4 and not any(head[place::4]) for place in range(4)]
    if zeros[2] and zeros[3]:
        return "utf-32-le"
    if zeros[0] and zeros[1]:
        return "utf-32-be"
    even, odd = head[::2].count(0), head[1::2].count(0)
    few = len(head) // 20  # a table has a delimiter, a digit or a line's end that often
    if odd > few and even * 4 < odd:
        return "utf-16-le"
    if even > few and odd * 4 < even:
        return "utf-16-be"
    return None


def encoding_advice(source: BinaryIO) -> Said:
    """Which encoding may read the file, with how it then reads, so that people can choose."""
    source.seek(0)
    head = source.read(SAMPLE_BYTES)
    form = unicode_form(head)
    if form is not None:
        told = said("It is {encoding} text: choose that encoding.", encoding=form.upper())
        return otherwise_in_shell(told, f"It is {form.upper()} text: try --encoding {form}.")
    sample = _foreign_lines(source)
    if sample and _is_utf8(sample):
        told = said("It is UTF-8 text: let the encoding be found.")
        return otherwise_in_shell(told, "It is UTF-8 text: leave --encoding out.")
    readings = likely_encodings(source)
    if not readings:
        told = said("Choose the encoding that it is in, or save it anew as CSV UTF-8.")
        shell = "--encoding names what it is in; or save it anew as CSV UTF-8."
        return otherwise_in_shell(told, shell)
    told = said(
        "It may be in another encoding: {choices}. Choose the one that reads right, or save it "
        "anew as CSV UTF-8.",
        choices=", ".join(f"{one.encoding} ({one.sample!r})" for one in readings),
    )
    choices = ", or ".join(
        f"--encoding {one.encoding} if {one.sample!r} is right" for one in readings
    )
    return otherwise_in_shell(told, f"Try {choices}; or save it anew as CSV UTF-8.")


def likely_encodings(source: BinaryIO) -> list[Reading]:
    """The encodings in which a file that is not UTF-8 reads like text, the likeliest first."""
    sample = _foreign_lines(source)
    names = _likeliest(sample)
    texts = [sample.decode(name, "replace") for name in names]
    return [Reading(*pair) for pair in zip(names, _told_apart(texts), strict=True)]


def is_spoilt_utf8(source: BinaryIO) -> bool:
    """Whether most of what is not ASCII is UTF-8: then it is no text of another encoding, in which
    such pairs make no word, but UTF-8 that has come together with something else."""
    text = _foreign_lines(source).decode("utf-8", "surrogateescape")
    bad = sum("\udc80" <= character <= "\udcff" for character in text)
    return sum(not character.isascii() for character in text) - bad > bad


def _foreign_lines(source: BinaryIO) -> bytes:
    """Some of the lines that are not ASCII: they alone tell an encoding."""
    source.seek(0)
    found = bytearray()
    while len(found) < GUESS_BYTES and (line := source.readline(SAMPLE_BYTES)):
        if not line.isascii():
            found += line
    return bytes(found)


def _is_utf8(text: bytes) -> bool:
    try:
        return "\0" not in text.decode()
    except UnicodeDecodeError:
        return False


def _likeliest(sample: bytes) -> list[str]:
    """By what stands in it: columns whose names are known, or signs alone; then by how it reads."""
    guesses = _guesses(sample)
    known = {name: _columns_known(sample, name) for name in (*_ENCODINGS, *_BY_COLUMNS)}
    most = max(known.values())
    first: list[str] = []
    if most:
        best = [name for name in known if known[name] == most]
        first = [name for name in guesses if name in best] or best[:1]
    elif _has_signs_alone(sample):
        first = ["cp1252"]
    return list(dict.fromkeys((*first, *guesses)))[:GUESSES_MAX]


def _columns_known(sample: bytes, encoding: str) -> int:
    """How many columns the first lines name in this encoding, in letters that are not ASCII."""
    try:
        lines = sample.decode(encoding).splitlines()[:HEADERS_TRIED]
    except UnicodeDecodeError:
        return 0
    names = {cell.strip('" ') for line in lines for cell in _CELLS.split(line)}
    return sum(is_known(name) for name in names if not name.isascii())


def _has_signs_alone(sample: bytes) -> bool:
    """Whether all that is not ASCII are signs such as ° and €, one at a time: words of another
    script have letters that stand together."""
    runs = {found.group() for found in _FOREIGN_RUN.finditer(sample)}
    return bool(runs) and all(len(run) == 1 and run in _SIGNS for run in runs)


def _told_apart(texts: Sequence[str]) -> list[str]:
    """A piece of each text, the same of all, by which people see which one is right."""
    parts = [_CELLS.split(text) for text in texts]
    cells = list(zip(*parts, strict=False)) if len({len(part) for part in parts}) == 1 else []
    most = max((len(set(row)) for row in cells), default=1)
    if most < 2:
        return [_excerpt(text) for text in texts]
    row = next(row for row in cells if len(set(row)) == most)
    return [cell.strip(' "')[:SAMPLE_CHARACTERS_SHOWN_MAX] for cell in row]


def _guesses(sample: bytes) -> list[str]:
    """The encodings in which the sample reads like text, the likeliest first."""
    ranked = _ranked(sample, _ENCODINGS)
    if not ranked or ranked[0][0] >= ODD:
        ranked = sorted(ranked + _ranked(sample, (_DOS,)))
    return [name for oddity, _, name in ranked if oddity <= ranked[0][0] + 0.1][:GUESSES_MAX]


def _ranked(sample: bytes, encodings: Sequence[str]) -> list[tuple[float, int, str]]:
    """How odd the sample reads in each of `encodings`, its place among them, and its name."""
    matches = charset_normalizer.from_bytes(
        sample, cp_isolation=list(encodings), threshold=0.4, enable_fallback=False
    )
    ranked: list[tuple[float, int, str]] = []
    for match in matches:
        alike = [name for name in match.could_be_from_charset if name in encodings]
        name = min(alike, key=encodings.index) if alike else match.encoding
        oddity = round(match.chaos, 1) + _oddity(str(match)) - match.coherence
        ranked.append((oddity, (*encodings, name).index(name), name))
    return sorted(ranked)


def _oddity(text: str) -> float:
    """How little `text` looks like words: 0 not at all; 1 and more for what nobody writes."""
    foreign = [character for character in text if not character.isascii()]
    names = [unicodedata.name(character, "CONTROL") for character in foreign]
    letters = (name for character, name in zip(foreign, names, strict=True) if character.isalpha())
    scripts = {name.split()[0] for name in letters}
    odd = sum(name.startswith(("HALFWIDTH", "BOX", "CONTROL", "BLOCK")) for name in names)
    odd += sum(_is_odd_pair(*pair) for pair in pairwise(text))
    odd += 2 * len(_SIGN_IN_WORD.findall(text))
    mixed = len(scripts - {"HIRAGANA", "KATAKANA", "CJK", "KATAKANA-HIRAGANA", "FULLWIDTH"}) > 1
    mixed = mixed or ("HANGUL" in scripts and "CJK" in scripts)
    return odd / max(1, len(foreign)) + (0.5 if mixed else 0.0)


def _is_odd_pair(before: str, after: str) -> bool:
    """Whether no word has these next to each other."""
    if before.islower() and after.isupper():
        return True
    if before.isascii() == after.isascii():
        return False
    plain, foreign = (before, after) if before.isascii() else (after, before)
    is_latin = unicodedata.name(foreign, "").startswith("LATIN")
    return plain in "[]{}|\\^~`" or (plain.isalpha() and foreign.isalpha() and not is_latin)


def _excerpt(text: str) -> str:
    """The cells around the first character that is not ASCII, within measure."""
    cells: Sequence[str] = text.replace(";", ",").replace("\t", ",").splitlines()[0].split(",")
    cell = next((cell for cell in cells if not cell.isascii()), cells[0]).strip(' "')
    return cell[:SAMPLE_CHARACTERS_SHOWN_MAX]
