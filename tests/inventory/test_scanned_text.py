"""What stands in a scanned text: forms of one code, parts of a GS1 code, and what is wrong."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.inventory.scanned_text import PARTS_MAX, SCAN_MAX, Reading, pack_of, read

GTIN = "04006381333931"
EXPIRY = date(2027, 12, 31)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("4006381333931", ["4006381333931"]),
        (" 4006381333931\r\n", ["4006381333931"]),
        ("]E04006381333931", ["4006381333931"]),  # an AIM prefix: EAN-13
        ("]C0ABC-1", ["ABC-1"]),
        ("\u200e４００６３８１３３３９３１\u200b", ["4006381333931"]),
        ("4 006381 333931", ["4 006381 333931", "4006381333931"]),
        ("978-3-16-148410-0", ["978-3-16-148410-0", "9783161484100", "316148410X"]),
        ("042100005264", ["042100005264", "04252614"]),
        ("\x1d4006381333931", ["4006381333931"]),  # FNC1 before a plain code
        ("<GS>4006381333931", ["4006381333931"]),
        ("04252614", ["04252614", "042100005264"]),  # UPC-E
        ("AR-5381", ["AR-5381"]),
        ("(M8) screw", ["(M8) screw"]),
        ("0104", ["0104"]),
    ],
)
def test_a_plain_code_in_any_form(text: str, codes: list[str]) -> None:
    assert read(text) == Reading(codes[0], codes)


@pytest.mark.parametrize(
    "text",
    [
        f"]C101{GTIN}10AB-12\x1d17271231",  # GS1-128
        f"]d201{GTIN}10AB-12\x1d17271231",  # GS1 DataMatrix
        f"]Q301{GTIN}10AB-12\x1d17271231",  # GS1 QR code
        f"01{GTIN}1727123110AB-12",  # no prefix, no FNC1 needed
        f"\x1d01{GTIN}1727123110AB-12",
        f"01{GTIN}10AB-12<GS>17271231",
        f"01{GTIN}10AB-12\u241d17271200",  # day 00: the last of the month
        f"(01){GTIN}(17)271231(10)AB-12",
        f"(01) {GTIN} (10) AB-12 (17) 271200",
        f"https://id.gs1.org/01/{GTIN}/10/AB-12?17=271231",
        f"HTTPS://example.com/a/b/01/{GTIN}/10/AB-12?utm=x&17=271231",
    ],
)
def test_a_gs1_code_in_any_form_tells_the_same(text: str) -> None:
    found = read(text)
    assert (found.gtin, found.lot, found.expires_on) == (GTIN, "AB-12", EXPIRY)
    assert (found.count, found.notes) == (1, [])
    assert found.codes[1:] == [GTIN]


@pytest.mark.parametrize(
    "front", ["\x1d", "<GS>", "^]", "{GS}", "\u241d", "\x02\x1d", " \x1d", "\u200e\x1d", "]C0\x1d"]
)
def test_fnc1_in_front_is_heard(front: str) -> None:
    found = read(f"{front}172712310104006381333931\r\n")
    assert (found.gtin, found.expires_on, found.notes) == (GTIN, EXPIRY, [])
    assert read(f"{front}10LOT1").lot == "LOT1"


def test_the_short_code_of_a_gtin_is_looked_for() -> None:
    assert read("(01)00042100005264(10)A").codes[1:] == ["00042100005264", "04252614"]
    assert read("]C10109783161484100").codes[1:] == ["09783161484100", "316148410X"]
    assert read("(01)02012345012349").codes[1:] == ["02012345012349"], "no measure is guessed"


_LINK = f"https://id.gs1.org/01/{GTIN}"


@pytest.mark.parametrize(
    ("text", "lot", "expires_on", "faults"),
    [
        (f"{_LINK}?17=271331&10=A", "A", None, 1),
        (f"{_LINK}?17=271331&10=A&utm=x&99999=1", "A", None, 1),  # what is no part is for others
        (f"{_LINK}?17=271331&10=A&10=B", "B", None, 1),
        (f"{_LINK}/10/{'A' * 21}?17=271231", None, EXPIRY, 1),
        (f"{_LINK}/10/a%20b?17=271231", None, EXPIRY, 1),
        (f"{_LINK}/10/A/shop/pen?17=271231", "A", EXPIRY, 1),
        (f"{_LINK}/1/0A", None, None, 1),  # not: a lot
        (f"{_LINK}/10/A/21?17=271231", "A", EXPIRY, 1),
        (f"{_LINK}/21/S/10/A/?17=271231", "A", EXPIRY, 0),  # another order, a slash at the end
        ("https://id.gs1.org/01/4006381333931?17=271331&10=A", "A", None, 1),
        (_LINK + "/10/%00" * 120, None, None, PARTS_MAX),
        (f"]C101{GTIN}17271331\x1d10A", "A", None, 1),
        (f"]C101{GTIN}10AB\x1d0512345\x1d17271231", "AB", EXPIRY, 1),
        (f"]C101{GTIN}10{'A' * 21}\x1d17271231", None, EXPIRY, 1),
        (f"]C101{GTIN}1727133110A", None, None, 1),  # where it ends, nobody knows
        (f"]C101{GTIN}" + "05\x1d" * 250, None, None, PARTS_MAX),
    ],
)
def test_one_bad_part_leaves_the_others(
    text: str, lot: str | None, expires_on: date | None, faults: int
) -> None:
    found = read(text)
    assert (found.gtin, found.lot, found.expires_on) == (GTIN, lot, expires_on)
    assert ["cannot be read" in note for note in found.notes] == [True] * faults


def test_expiry_is_before_best_before_and_may_have_an_hour() -> None:
    assert read(f"(01){GTIN}(15)270101(17)271231").expires_on == EXPIRY
    assert read(f"(01){GTIN}(15)271231").expires_on == EXPIRY
    assert read(f"(01){GTIN}(7003)2712311200").expires_on == EXPIRY


def test_a_container_tells_what_is_in_it_and_how_many() -> None:
    found = read(f"]C100340123450000000000\x1d02{GTIN}3724")
    assert (found.gtin, found.count) == (GTIN, 24)


@pytest.mark.parametrize(
    ("text", "notes", "kept"),
    [
        ("", ["empty"], None),
        ("]C1", ["empty"], None),
        ("x" * (SCAN_MAX + 1), ["at most 1000"], None),
        (" " * 100_000, ["at most 1000"], None),
        ("4.00638E+12", ["spreadsheet"], None),
        ("https://example.com/shop", ["no GS1 Digital Link"], None),
        ("https://[broken/01/x", ["no GS1 Digital Link"], None),
        ("https://example.com/2024/01/02/pens", ["no GS1 Digital Link"], None),
        ("https://example.com/01/x/10/A", ["no GS1 Digital Link"], None),
        ("]C100340123450000000000", ["no GTIN"], None),
        (f"(01){GTIN}(17)271331", ["cannot be read"], GTIN),  # month 13
        (f"(01){GTIN}(17)270231", ["no date"], GTIN),
        (f"]C101{GTIN}17271", ["cannot be read"], GTIN),
        (f"]C101{GTIN}10{'A' * 21}", ["cannot be read"], GTIN),  # not: a lot, and AI AA
        (f"(01){GTIN}(10)A(10)B", ["two of lot"], GTIN),
        (f"(01){GTIN}(10)A(10)B(17)271331", ["cannot be read", "two of lot"], GTIN),
        ("]C1" + "91A\x1d" * (PARTS_MAX + 1), ["cannot be read"], None),
    ],
)
def test_what_is_wrong_is_told_and_the_rest_is_read(
    text: str, notes: list[str], kept: str | None
) -> None:
    found = read(text)
    assert found.gtin == kept
    assert len(found.notes) == len(notes)
    for told, wanted in zip(found.notes, notes, strict=True):
        assert wanted in told
    assert len(" ".join(found.notes)) < 500


def test_the_piece_of_a_pack() -> None:
    assert pack_of("14006381333938") == "4006381333931"
    assert pack_of(GTIN) is pack_of("4006381333931") is pack_of("9" * 14) is pack_of("x") is None


_PIECES = st.sampled_from(
    ["]C1", "(01)", f"01{GTIN}", "https://x/01/", "(", ")", "17", "3103", "(393", "10", "\x1d",
     "%2", "٣", "8008", "7003", "37"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES | st.text(max_size=20), max_size=30))
def test_no_text_raises(pieces: list[str]) -> None:
    found = read("".join(pieces))
    assert found.codes or found.notes
    assert found.count >= 1
