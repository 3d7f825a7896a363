"""The records of a CSV file: its text, read line by line. Called by tables.py.

A file is read through first, to find out that every byte of it is text, so that a wrong encoding
is told before anything of the file was taken over; then record by record, so that a file of any
length needs little memory.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from graphql_api.files.encodings import (
    SAMPLE_BYTES,
    Reading,
    is_spoilt_utf8,
    likely_encodings,
    unicode_form,
)
from graphql_api.files.faults import UnreadableFile, WrongEncoding
from graphql_api.said import Said, otherwise_in_shell, said

DELIMITERS = ",;\t|"  # in this order: the first with which the most columns are known
LINE_CHARACTERS_MAX = 1_048_576  # a longer line is no line of a table, and would fill the memory
BLOCK_BYTES = 1_048_576
BROKEN_CHARACTERS_MAX = 10_000  # of a record that is kept as it stands, to be handed back

_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=(.)"?\s*', re.IGNORECASE)
_WRAPPED = re.compile(r'"(?:[^",;\t|]|"")*[,;\t|](?:[^"]|"")*"')
_MOJIBAKE = re.compile(
    "[ÃÂÄÅÐÑ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[\u0080-\u00bf™œžš“”¦¢]"
)
_C1 = re.compile("[\u0080-\u009f]")


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that is none. text: the lines as they stand, within measure."""

    fault: Said
    text: str


class CsvRecords:
    """A CSV file, surveyed. The file must be seekable; it belongs to the caller."""

    def __init__(self, source: BinaryIO, encoding: str | None) -> None:
        """encoding: None: find it. Raises UnreadableFile, WrongEncoding."""
        self._source = source
        self.sheets: list[str] = []  # it has none
        self.sheet: str | None = None
        self.notes: list[Said] = []
        self.guess: Reading | None = None  # of its encoding; None: it is sure, or was given
        self.encoding, self.size = self._surveyed(encoding)
        source.seek(0)
        self.has_mark = source.read(3) == codecs.BOM_UTF8
        separator = _SEPARATOR_LINE.fullmatch(self._first_line())
        self.delimiters = separator[1] if separator else DELIMITERS
        self._has_separator_line = separator is not None
        self._is_wrapped = self._looks_wrapped()
        self.first_line = 2 if separator else 1

    @property
    def done(self) -> int:
        """How far into the file reading is, about."""
        return self._source.tell()

    def read(self, delimiter: str) -> Iterator[tuple[int, list[str] | Broken]]:
        """The line on which each record begins, with its cells, or with what is wrong with it.

        Blank ones are left out, and so is a line that only tells the delimiter.
        """
        self._source.seek(0)
        text = io.TextIOWrapper(self._source, self.encoding, newline="")
        kept: list[str] = []  # the lines of the record, as they stand
        try:
            # Strict, so that a broken quotation is told instead of swallowing rows in silence.
            reader = csv.reader(_noted(text, kept), delimiter=delimiter, strict=True)
            while True:
                line = reader.line_num + 1
                kept.clear()
                try:
                    record = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    raw = "".join(kept)[:BROKEN_CHARACTERS_MAX].rstrip("\r\n")
                    yield line, Broken(_explained(error, line, reader.line_num), raw)
                    continue
                if line == 1 and self._has_separator_line:
                    continue
                if self._is_wrapped and len(record) == 1:
                    record = next(csv.reader(record, delimiter=delimiter), [])
                if any(record) and any(cell.strip() for cell in record):
                    yield line, record
        finally:
            text.detach()  # the file belongs to the caller: it stays open

    def _surveyed(self, encoding: str | None) -> tuple[str, int]:
        """The encoding and the size in bytes, after reading the file through."""
        if encoding is not None:
            exact = _exact(_text_encoding(encoding), self._source)
            return exact, self._survey(exact)
        self._source.seek(0)
        form = unicode_form(self._source.read(SAMPLE_BYTES))
        if form is not None:
            self.notes.append(said("it is {encoding} text", encoding=form.upper()))
            return form, self._survey(form)
        try:
            return "utf-8-sig", self._survey("utf-8-sig")
        except WrongEncoding as error:
            wrong = error
        if is_spoilt_utf8(self._source):
            raise wrong
        found = likely_encodings(self._source)
        for reading in found:
            try:
                size = self._survey(reading.encoding)
            except WrongEncoding:
                continue
            others = [one for one in found if one.sample != reading.sample]
            self.notes.append(_told(reading, others))
            self.guess = reading
            return reading.encoding, size
        raise wrong

    def _looks_wrapped(self) -> bool:
        """Whether each line is one cell in quotes that holds the true ones, as spreadsheets save a
        file that they have opened in a single column. The first two lines tell."""
        self._source.seek(0)
        text = io.TextIOWrapper(self._source, self.encoding, newline="")
        try:
            lines = [text.readline(LINE_CHARACTERS_MAX).rstrip("\r\n") for _ in range(2)]
        finally:
            text.detach()
        return all(_WRAPPED.fullmatch(line) is not None for line in lines)

    def _first_line(self) -> str:
        self._source.seek(0)
        text = io.TextIOWrapper(self._source, self.encoding, newline="")
        try:
            return text.readline(20)
        finally:
            text.detach()

    def _survey(self, encoding: str) -> int:
        """Read the file through; its size in bytes. Raises UnreadableFile."""
        source = self._source
        source.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        newlines = io.IncrementalNewlineDecoder(None, translate=True)
        lines = 0  # that ended so far
        carried = 0  # characters so far of the line that goes on
        odd: dict[str, Said] = {}
        while True:
            block = source.read(BLOCK_BYTES)
            try:
                text = newlines.decode(decoder.decode(block, final=not block), final=not block)
            except UnicodeDecodeError as error:
                raise _wrong_encoding(error, lines) from None
            except UnicodeError:  # UTF-16 or UTF-32 in no byte order
                raise WrongEncoding(
                    said("The file is not {encoding} text.", encoding=encoding.upper())
                ) from None
            ended = text.count("\n")
            first = text.find("\n") if ended else len(text)
            if carried + first > LINE_CHARACTERS_MAX:
                raise UnreadableFile(
                    said(
                        "Line {line} has more than {most} characters: this is no CSV file.",
                        line=lines + 1,
                        most=LINE_CHARACTERS_MAX,
                    )
                )
            if not text.isascii():
                _note_oddities(text, lines, odd)
            carried = len(text) - text.rfind("\n") - 1 if ended else carried + len(text)
            lines += ended
            if not block:
                self.notes += odd.values()
                return source.tell()


def _noted(lines: Iterator[str], kept: list[str]) -> Iterator[str]:
    for line in lines:
        kept.append(line)
        yield line


def _note_oddities(text: str, lines: int, odd: dict[str, Said]) -> None:
    """What looks as if the file was spoilt before it came here, each kind once."""
    if "mojibake" not in odd and (found := _MOJIBAKE.search(text)):
        word = _word_around(text, found.start())
        try:
            meant = word.encode("cp1252").decode()
        except UnicodeError:
            meant = ""
        if meant:
            odd["mojibake"] = said(
                "line {line} has {word}, which may have been {meant}: it was UTF-8 text that a "
                "program took for another encoding",
                line=lines + text.count("\n", 0, found.start()) + 1,
                word=repr(word),
                meant=repr(meant),
            )
    if "c1" not in odd and (found := _C1.search(text)):
        odd["c1"] = _with_control(lines + text.count("\n", 0, found.start()) + 1, found[0])


def _with_control(line: int, character: str) -> Said:
    code = f"U+{ord(character):04X}"
    told = said(
        "line {line} has the control character {code}, which no text has: try another encoding, "
        "like cp1252",
        line=line,
        code=code,
    )
    shell = f"line {line} has the control character {code}, which no text has: "
    return otherwise_in_shell(told, shell + "try another --encoding, like cp1252")


def _word_around(text: str, place: int) -> str:
    begin = end = place
    while begin > 0 and place - begin < 30 and text[begin - 1] not in ' ,;|"\t\n':
        begin -= 1
    while end < len(text) and end - place < 30 and text[end] not in ' ,;|"\t\n':
        end += 1
    return text[begin:end]


_READ_AS = {
    False: "it is read as {encoding} text ({sample})",
    True: "it is read as {encoding} text ({sample}); it could be {others}",
}


def _told(reading: Reading, others: list[Reading]) -> Said:
    told = said(
        _READ_AS[bool(others)],
        encoding=reading.encoding,
        sample=repr(reading.sample),
        others=", ".join(f"{one.encoding} ({one.sample!r})" for one in others),
    )
    return otherwise_in_shell(told, f"{told}; --encoding says which")


def _text_encoding(name: str) -> str:
    try:
        info = codecs.lookup(name)
        "".encode(info.name)  # refuses codecs that do not make text
    except LookupError:
        raise UnreadableFile(said("There is no encoding {name}.", name=repr(name))) from None
    return "utf-8-sig" if info.name == "utf-8" else info.name


def _exact(encoding: str, source: BinaryIO) -> str:
    """`encoding`; of UTF-16 and UTF-32, in the byte order that the file has: Python takes no
    such text without a mark, and a mark for text if the order is given."""
    family = encoding[:6]
    if family not in ("utf-16", "utf-32"):
        return encoding
    source.seek(0)
    form = unicode_form(source.read(SAMPLE_BYTES))
    return form if form is not None and form.startswith(family) else encoding


def _wrong_encoding(error: UnicodeDecodeError, lines_before: int) -> WrongEncoding:
    good = bytes(error.object[: error.start]).decode(error.encoding, "replace")
    line = lines_before + good.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    return WrongEncoding(
        said(
            "Line {line} is not {encoding} text: byte {byte} in it.",
            line=line,
            encoding=error.encoding.upper(),
            byte=f"0x{error.object[error.start]:02X}",
        )
    )


_BROKEN = {
    "unexpected end of data": "A quotation begins and never ends",
    "expected after '\"'": "Text after a closing quote; a quote inside quotes is doubled",
    "field larger than field limit": "A cell is too long; a closing quote may be missing",
    "": "This is no row of a CSV file",
}
_LINES = {False: ".", True: " (lines {first} to {last})."}


def _explained(error: csv.Error, first: int, last: int) -> Said:
    """What is wrong with a record: first, last: the lines that it is read from."""
    text = str(error)
    known = next(words for words in _BROKEN if words in text)
    return said(_BROKEN[known] + _LINES[last > first], first=first, last=last)
