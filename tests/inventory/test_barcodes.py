"""Barcodes: how they compare, what is odd about one, and what a change of them comes to."""

from __future__ import annotations

import pytest

from graphql_api.errors import InvalidInput
from graphql_api.inventory.barcodes import (
    BARCODES_MAX,
    ItemBarcode,
    WantedBarcode,
    as_columns,
    by_units,
    checked_code,
    checked_list,
    compare_key,
    is_scientific,
    listed,
    lookup_keys,
    resolved,
    upc_a,
    warning,
    with_first,
)
from graphql_api.inventory.units import ItemUnit

UNITS = (ItemUnit("g", 1), ItemUnit("kg", 1_000), ItemUnit("Carton", 12))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("036000291452", "0036000291452", True),  # UPC-A and EAN-13
        ("036000291452", "00036000291452", True),
        ("96385074", "0000096385074", True),  # EAN-8
        ("96385074", "00000096385074", True),
        ("4006381333931", "04006381333931", True),
        ("4006381333931", "14006381333938", False),  # a pack of it
        ("123456789", "0123456789", False),  # 9 and 10 digits: codes of one's own
        ("1234567", "01234567", False),
        ("ABC-1", "abc-1", False),
        ("1234567A", "01234567A", False),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "0٤٠٠٦٣٨١٣٣٣٩٣١", False),  # digits of another script are no GTIN
        ("978-3-16-148410-0", "9783161484100", True),
        ("978 3 16 148410 0", "978-3-16-148410-0", True),
        ("978\u20113\u201116\u2011148410\u20110", "9783161484100", True),  # hyphens that keep lines
        ("4\u00a0006381\u00a0333931", "4006381333931", True),
        ("4  006381  333931", "04006381333931", True),
        ("0 36000 29145 2", "0036000291452", True),
        ("1 40 06381 33393 8", "14006381333938", True),
        ("9638 5074", "96385074", True),
        ("9638-5074", "00000096385074", True),
        ("0 425261 4", "04252614", True),  # a UPC-E, as it is printed
        ("978-3-16-148410-1", "9783161484101", False),  # a wrong check digit: a number with hyphens
        ("96-3850-74", "96385074", False),  # an article number: no EAN-8 is printed so
        ("9638 5075", "96385075", False),
        ("4.006381.333931", "4006381333931", False),
        ("4 006381 33393", "400638133393", False),
        ("-4006381333931", "4006381333931", False),
        ("4006381-333931-A", "4006381333931", False),
    ],
)
def test_gtins_compare_with_zeros_in_front_and_without_their_groups(
    one: str, other: str, same: bool
) -> None:
    assert (compare_key(one) == compare_key(other)) is same


def test_marks_that_nobody_sees_and_full_width_digits_are_no_part_of_a_code() -> None:
    for text in ("\u200e4006381333931\u200b", "４００６３８１３３３９３１", "4006\u00ad381333931"):
        assert checked_code(text, ("barcode",)) == "4006381333931"
        assert compare_key("4006381333931") in lookup_keys(text)
    assert checked_code("\u200b", ("barcode",)) is None
    assert checked_code("M²", ("barcode",)) == "M²"


def test_a_text_is_looked_up_by_itself_first_and_only_if_an_item_can_have_it() -> None:
    assert lookup_keys(" 036000291452 ") == (" 036000291452", "00036000291452")
    assert lookup_keys("9638-5074") == (" 9638-5074", "00000096385074", "9638-5074")
    assert lookup_keys("") == lookup_keys("  ") == lookup_keys("x" * 65) == ()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("4006381333931", None),
        ("4006381333930", "would be 1"),
        ("036000291452", None),
        ("036000291453", "would be 2"),
        ("96385074", None),
        ("96385075", "would be 4"),
        ("14006381333938", None),
        ("14006381333931", "would be 8"),
        ("04252614", None),  # a UPC-E: its check digit is that of the 12 digits
        ("04252615", "wrong"),
        ("4006381", None),
        ("ABC-1", None),
        ("978-3-16-148410-0", None),
        ("4 006381 333931", None),
        ("978-3-16-148410-1", "would be 0"),
        ("4 006381 333930", "would be 1"),
        ("9638 5075", "would be 4"),
        ("0 425261 4", None),
        ("0 425261 5", "wrong"),
        ("555-0123", None),
        ("12-3456-71", None),  # not in the groups of a barcode: an article number
    ],
)
def test_what_is_odd_about_a_code_is_told(code: str, said: str | None) -> None:
    told = warning(code)
    assert told == said if said is None or told is None else said in told


def test_a_upc_e_stands_for_twelve_digits() -> None:
    assert upc_a("04252614") == "042100005264"
    assert upc_a("96385074") is upc_a("0425261") is upc_a("٠٤٢٥٢٦١٤") is None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("4.00638E+12", True),
        ("4,00638E+12", True),
        ("4.00638e+12", True),
        (" 4.00638E12 ", True),
        ("4E+12", True),
        ("４.００６３８Ｅ＋１２", True),
        ("4E12", False),  # a code of one's own
        ("E+12", False),
        ("4.00638", False),
        ("4006381333931", False),
        ("9" * 100_000 + "E+12", False),  # longer than a code: refused by its length
    ],
)
def test_scientific_notation_is_known(text: str, is_one: bool) -> None:
    assert is_scientific(text) is is_one


def test_a_rounded_number_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidInput, match="a spreadsheet") as refused:
        checked_code("4.00638E+12", ("input", "barcode"))
    assert refused.value.field == ("input", "barcode")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ([WantedBarcode("a", factor=0)], ("0", "factor")),
        ([WantedBarcode("a", factor=-1)], ("0", "factor")),
        ([WantedBarcode("a", factor=1_000_001)], ("0", "factor")),
        ([WantedBarcode("a"), WantedBarcode(" ")], ("1", "code")),
        ([WantedBarcode("x" * 65)], ("0", "code")),
        ([WantedBarcode("a\x1db")], ("0", "code")),
        ([WantedBarcode("a"), WantedBarcode("4.00638E+12")], ("1", "code")),
        ([WantedBarcode("036000291452"), WantedBarcode("0036000291452")], ("1", "code")),
        ([WantedBarcode("036000291452"), WantedBarcode("0-36000-29145-2")], ("1", "code")),
        ([WantedBarcode(f"c{n}") for n in range(BARCODES_MAX + 1)], ()),
    ],
)
def test_a_bad_list_is_refused_where_it_is_bad(
    given: list[WantedBarcode], path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_list(given, ("barcodes",))
    assert refused.value.field == ("barcodes", *path)


def test_factors_come_from_units_without_case() -> None:
    wanted = [WantedBarcode("a"), WantedBarcode("b", 6), WantedBarcode("c", None, "cArToN"),
              WantedBarcode("d", 1_000, "KG"), WantedBarcode("e", None, "g")]  # fmt: skip
    assert resolved(wanted, UNITS, ("barcodes",)) == (
        ItemBarcode("a"), ItemBarcode("b", 6), ItemBarcode("c", 12, "Carton"),
        ItemBarcode("d", 1_000, "kg"), ItemBarcode("e"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "path"),
    [(WantedBarcode("a", 13, "carton"), "factor"), (WantedBarcode("a", None, "box"), "unit")],
)
def test_a_factor_that_is_not_the_units_is_refused(wanted: WantedBarcode, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        resolved([wanted], UNITS, ("barcodes",))
    assert refused.value.field == ("barcodes", "0", path)


def test_a_units_new_factor_is_its_barcodes_and_a_unit_in_use_does_not_go() -> None:
    own = (ItemBarcode("a", 3), ItemBarcode("b", 12, "carton"))
    tens = (ItemUnit("g", 1), ItemUnit("CARTON", 10))
    assert by_units(own, tens, ("units",)) == (ItemBarcode("a", 3), ItemBarcode("b", 10, "CARTON"))
    with pytest.raises(InvalidInput, match="'carton'") as refused:
        by_units(own, tens[:1], ("units",))
    assert refused.value.field == ("units",)


def test_barcode_alone_sets_the_first_and_null_takes_all_away() -> None:
    own = (ItemBarcode("4006381333931"), ItemBarcode("carton", 12))
    assert with_first(own, "other") == (ItemBarcode("other"), own[1])
    assert with_first(own, "carton") == (own[1], own[0])
    respelt = with_first(own, "04006381333931")
    assert respelt == (ItemBarcode("04006381333931"), own[1])
    assert with_first(own, None) == ()
    assert with_first((), "new") == (ItemBarcode("new"),)


@pytest.mark.parametrize(
    "own",
    [
        (),
        (ItemBarcode("a"),),
        (ItemBarcode("a", 12),),
        (ItemBarcode("a"), ItemBarcode("b", 12, "carton")),
    ],
)
def test_columns_tell_the_list_again(own: tuple[ItemBarcode, ...]) -> None:
    columns = as_columns(own)
    assert listed(columns["barcode"], columns["codes"]) == own
    assert (columns["codes"] is None) == (own in ((), (ItemBarcode("a"),)))
