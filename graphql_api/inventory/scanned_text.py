"""What stands in a text that a scanner sent or somebody typed: a code, a lot, an expiry. Pure.

A plain code (EAN, UPC, anything of one's own, a SKU), a GS1 element string with FNC1 between its
parts, the same in brackets as it is printed, or a GS1 Digital Link. An AIM prefix ("]C1") may come
first. The parts are read by biip; here is which form it is, and what of it we want. What can be
read is read, and what cannot is told in words. Called by scanning.py.

Source: GS1 General Specifications, 3 (application identifiers) and 7.8 (element strings).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise, zip_longest
from urllib.parse import parse_qsl, unquote, urlsplit

from biip import ParseConfig, ParseError
from biip.checksums import gs1_standard_check_digit
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString

from graphql_api import values
from graphql_api.inventory import barcodes
from graphql_api.inventory.code_forms import other_forms, short_forms
from graphql_api.said import said
from graphql_api.texts.gtins import GTIN_DIGITS, is_gtin

SCAN_MAX = 1_000  # characters; a GS1 DataMatrix of this length is 6 cm wide
GS = "\x1d"  # how scanners send FNC1
COUNT_MAX = values.INT32_MAX
PARTS_MAX = 32  # of one code: biip takes 0.15 ms for each, and labels have up to ten

_FRAME = "\x02\x03"  # STX and ETX, which some scanners put around a code
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_AIM = frozenset({"]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"})
_SPELT_GS = re.compile(r"\u241d|<GS>|\^\]|\{GS\}")  # as programs show FNC1
_BRACKETS = re.compile(r"\(([0-9]{2,4})\)")
_LENIENT = ParseConfig(gs1_element_strings_verify_date=False)
_FAULTS = (ParseError, ValueError, LookupError, ArithmeticError)  # of biip, for hostile texts

_GTINS = ("01", "02")  # of the thing itself; of what is in this container
_LOTS = ("10",)
_EXPIRIES = ("17", "7003", "15")  # expiry; with its hour; best before
_COUNTS = ("37", "30")  # how many are in this container; how many, of a variable number

TWO = {
    "product": "The code tells two of product: {one} and {other}.",
    "lot": "The code tells two of lot: {one} and {other}.",
    "expiry": "The code tells two of expiry: {one} and {other}.",
    "count": "The code tells two of count: {one} and {other}.",
}


@dataclass(slots=True)
class Reading:
    """What was read. text: trimmed, without its prefix; codes: what may be a barcode, the text
    itself first; gtin: of a text that is made of parts; count: how many of it are told of; notes:
    what is wrong, a sentence each."""

    text: str
    codes: list[str] = field(default_factory=list)
    gtin: str | None = None
    lot: str | None = None
    expires_on: date | None = None
    count: int = 1
    notes: list[str] = field(default_factory=list)


def read(given: str) -> Reading:
    """What stands in `given`. A longer text than SCAN_MAX is not looked at, but told."""
    seen = barcodes.without_marks(given[: SCAN_MAX + 1])
    text = _trimmed(seen)
    if len(given) > SCAN_MAX:
        note = said(
            "The code has {count} characters; at most {most} are read.",
            count=len(given),
            most=SCAN_MAX,
        )
        return Reading(text[: values.EXCERPT_MAX], notes=[note])
    aim = found.group() if (found := _AIM.match(text)) else ""
    text = _trimmed(text[len(aim) :])
    if not text:
        return Reading(text, notes=[said("The code is empty.")])
    if barcodes.is_scientific(text):
        return Reading(text, [text], notes=[barcodes.scientific_words("the code", text)])
    is_gs1 = aim in _GS1_AIM
    if not is_gs1 and _has_fnc1_in_front(seen, text):
        alone = _with_fnc1(text)
        is_gs1 = not is_gtin(alone)  # some send it before every code
        text = text if is_gs1 else alone
    parts = _parts(text, is_gs1)
    if parts is None:
        return Reading(text, [text, *other_forms(text)])
    reading = Reading(text, [text])  # somebody may have kept it as it is
    _take_parts(reading, parts)
    return reading


def _trimmed(text: str) -> str:
    """Without spaces and frame around it, of which FNC1 is one for str.strip."""
    return text.strip().strip(_FRAME).strip()


def _has_fnc1_in_front(seen: str, text: str) -> bool:
    """seen: what `text` was trimmed out of."""
    return GS in seen[: seen.find(text)] or _SPELT_GS.match(text) is not None


def _with_fnc1(text: str) -> str:
    """As scanners send it, without what stands around it."""
    return _SPELT_GS.sub(GS, text).strip(GS)


def pack_of(code: str) -> str | None:
    """The GTIN of one piece, by a pack's (indicator 1 to 8); None: it is no pack's."""
    if len(code) != GTIN_DIGITS or not (code.isascii() and code.isdigit()):
        return None
    if code[0] in "09":
        return None
    return f"{code[1:13]}{gs1_standard_check_digit(code[1:13])}"


@dataclass(frozen=True, slots=True)
class _Part:
    """An application identifier and its value, or a fault in words."""

    ai: str
    value: str
    date: date | None = None
    fault: str | None = None


def _parts(text: str, is_gs1: bool) -> list[_Part] | None:
    """The parts of an element string in any form; None for a plain code."""
    if text[:8].lower().startswith(("http://", "https://")):
        return _of_link(text)
    if text.startswith("(") and _BRACKETS.match(text):
        return list(_in_brackets(text))
    told = _with_fnc1(text)
    if is_gs1 or GS in told:
        return list(_in_a_row(told))
    if len(told) > 14 and re.match(r"0[12][0-9]{14}", told):  # a scanner that sends no prefix
        parts = list(_in_a_row(told))
        return None if any(part.fault for part in parts) else parts
    return None


def _of_link(text: str) -> list[_Part]:
    try:
        found = GS1DigitalLinkURI.parse(text, config=_LENIENT)
    except _FAULTS:
        return _of_faulty_link(text) or [
            _Part("", "", fault=said("The link is no GS1 Digital Link: it names no product."))
        ]
    return [_part(element) for element in found.element_strings]


def _of_faulty_link(text: str) -> list[_Part]:
    """Each part of a link by itself, from its GTIN on; [] when it has none."""
    try:
        link = urlsplit(text)
    except ValueError:
        return []
    path = [unquote(piece) for piece in link.path.split("/")]
    start = next(
        (at for at, (ai, value) in enumerate(pairwise(path)) if ai == "01" and is_gtin(value)), None
    )
    if start is None:
        return []
    path[start + 1] = barcodes.compare_key(path[start + 1])
    pairs = [*zip_longest(path[start::2], path[start + 1 :: 2], fillvalue="")]
    # The last one counts, as biip has it, and what is no part is for others.
    pairs += [(key, value) for key, value in dict(parse_qsl(link.query)).items() if _is_ai(key)]
    pairs = [pair for pair in pairs if pair != ("", "")]  # a slash at the end
    parts = [_of_pair(ai, value) for ai, value in pairs[:PARTS_MAX]]
    return parts + [_unreadable(f"({ai}){value}") for ai, value in pairs[PARTS_MAX:][:1]]


def _is_ai(text: str) -> bool:
    try:
        return GS1ApplicationIdentifier.extract(text).ai == text
    except _FAULTS:
        return False


def _of_pair(ai: str, value: str) -> _Part:
    try:
        element = GS1ElementString.parse(f"{ai}{value}", config=_LENIENT)
    except _FAULTS:
        return _unreadable(f"({ai}){value}")
    # Of the pair 1 and 0A biip makes a lot.
    return _part(element) if element.ai.ai == ai else _unreadable(f"({ai}){value}")


def _in_brackets(text: str) -> Iterator[_Part]:
    pieces = _BRACKETS.split(text, PARTS_MAX)
    for ai, data in zip(pieces[1::2], pieces[2::2], strict=True):
        value = "".join(data.split()).strip(GS)
        if ai in _GTINS and is_gtin(value):
            value = barcodes.compare_key(value)  # printed without its zero, as many do
        yield _of_pair(ai, value)


def _in_a_row(text: str) -> Iterator[_Part]:
    """What cannot be read goes to the next FNC1, behind which another part begins."""
    rest, count = text, 0
    while rest := rest.lstrip(GS):
        count += 1
        segment, _, behind = rest.partition(GS)
        if count > PARTS_MAX:
            yield _unreadable(segment)
            return
        element = _first_element(segment)
        if element is None:
            yield _unreadable(segment)
            rest = behind
        else:
            yield _part(element)
            rest = rest[len(element) :]


def _first_element(segment: str) -> GS1ElementString | None:
    """The one that `segment` begins with; None: it cannot be read."""
    try:
        element = GS1ElementString.extract(segment, config=_LENIENT)
    except _FAULTS:
        return None
    # Cut: its end would be taken for another part.
    is_cut = element.ai.separator_required and len(element) < len(segment)
    return None if is_cut else element


def _part(element: GS1ElementString) -> _Part:
    day = element.date
    if day is None and element.datetime is not None:
        day = element.datetime.date()
    return _Part(element.ai.ai, element.value, day)


def _unreadable(text: str) -> _Part:
    words = said("{text} cannot be read as a part of a GS1 code.", text=values.excerpt(text))
    return _Part("", text, fault=words)


def _take_parts(reading: Reading, parts: list[_Part]) -> None:
    reading.notes += [part.fault for part in parts if part.fault is not None]
    gtin = _first(reading, parts, _GTINS, "product")
    if gtin is not None:
        reading.gtin = gtin.value
        reading.codes += [gtin.value, *short_forms(gtin.value)]
    elif not reading.notes:
        reading.notes.append(said("The code names no product: it has no GTIN (01 or 02)."))
    lot = _first(reading, parts, _LOTS, "lot")
    reading.lot = None if lot is None else lot.value
    expiry = _first(reading, parts, _EXPIRIES, "expiry")
    if expiry is not None:
        reading.expires_on = expiry.date
        if expiry.date is None:
            reading.notes.append(said("The expiry {text} is no date.", text=repr(expiry.value)))
    count = _first(reading, parts, _COUNTS, "count")
    if count is not None:
        reading.count = int(count.value or 0) or 1


def _first(
    reading: Reading, parts: list[_Part], identifiers: tuple[str, ...], what: str
) -> _Part | None:
    """The part with the first of `identifiers` that is there; two of one kind are told."""
    for ai in identifiers:
        found = [part for part in parts if part.ai == ai]
        if found:
            others = {part.value for part in found} - {found[0].value}
            if others:
                reading.notes.append(
                    said(TWO[what], one=repr(found[0].value), other=repr(min(others)))
                )
            return found[0]
    return None
