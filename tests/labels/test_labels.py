"""Labels: what is printed is what a scanner reads, on every sheet."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from graphql_api.errors import RateLimited, Unavailable
from graphql_api.inventory.barcodes import compare_key
from graphql_api.labels import drawing
from graphql_api.labels import labels as domain
from graphql_api.labels.fonts import FontRefused, load
from graphql_api.labels.forms import Job, Label, LabelSymbol, drawn_of, text_of_drawn
from graphql_api.labels.sheets import SHEETS, LabelSheet
from graphql_api.services import Services
from graphql_api.texts.languages import Language, in_language
from tests.builders import make_item
from tests.labels.scanner import read
from tests.streams import eventually

NAMES = {
    "HB-M8-40": "Hex bolt M8 x 40, stainless A2, DIN 933, full thread, a hundred in a box",
    "4006381333931": "Olive oil",
    "96385074": "Подшипник",
    "036000291452": "A UPC-A, which is an EAN-13 with a zero",
    "4006381333932": "A wrong check digit is no EAN",
    "978-3-16-148410-0": "In groups, as it is printed",
    "10012345678902": "不锈钢螺丝",
    "LOZ-6204-ZZ-WITH-A-VERY-LONG-NUMBER-0001": "Łożysko kulkowe",
    "カッター-1": "A code that no barcode has",
    "a b/c+d%e$f": "Signs",
}


@pytest.mark.parametrize("sheet", LabelSheet)
def test_a_scanner_reads_each_code_off_each_sheet(sheet: LabelSheet) -> None:
    labels = tuple(Label(name, f"S-{code}"[:20], code, "12.50 EUR") for code, name in NAMES.items())
    job = Job(labels, sheet, LabelSymbol.AUTO)
    drawn, pdf = drawing.draw(job)
    seen = read(pdf)
    assert sorted(compare_key(text) for page in seen for _, text in page) == sorted(
        map(compare_key, NAMES)
    )
    assert drawn.labels == len(NAMES)
    assert drawn.pages == len(seen) == -(-len(NAMES) // SHEETS[sheet].count)
    assert drawn.warnings == []


def test_a_code_gets_the_symbol_that_is_made_for_it() -> None:
    labels = tuple(Label(name, "S", code) for code, name in NAMES.items())
    for wanted, kinds in (
        (LabelSymbol.AUTO, {"EAN13", "EAN8", "Code128", "QRCode"}),
        (LabelSymbol.QR, {"QRCode"}),
    ):
        _, pdf = drawing.draw(Job(labels, LabelSheet.A4_L7160, wanted))
        seen = [found for page in read(pdf) for found in page]
        assert {kind for kind, _ in seen} == kinds
    assert len(seen) == len(NAMES)
    kind_of = {text: kind for page in read(drawing.draw(_all_bars())[1]) for kind, text in page}
    assert kind_of["4006381333931"] == "EAN13"
    assert kind_of["96385074"] == "EAN8"
    assert kind_of["9783161484100"] == "EAN13"
    assert kind_of["4006381333932"] == "Code128"  # its check digit is wrong


def _all_bars() -> Job:
    labels = tuple(Label(name, "S", code) for code, name in NAMES.items())
    return Job(labels, LabelSheet.LETTER_5163, LabelSymbol.BARCODE)


def test_no_label_leaves_its_paper_and_pages_go_on_where_the_last_one_ended() -> None:
    for name, sheet in SHEETS.items():
        for place in range(sheet.count):
            left, top = sheet.corner(place)
            assert left >= 0 and top >= 0, name
            assert left + sheet.width <= sheet.page[0] + 0.1, name
            assert top + sheet.height <= sheet.page[1] + 0.1, name
        assert sheet.columns == 1 or sheet.across >= sheet.width, name
        assert sheet.rows == 1 or sheet.down >= sheet.height, name
    labels = tuple(Label("A", "A", f"A-{number}") for number in range(20))
    drawn, pdf = drawing.draw(Job(labels, LabelSheet.A4_L7160, LabelSymbol.AUTO, skip=19))
    assert [len(page) for page in read(pdf)] == [2, 18]
    assert (drawn.labels, drawn.pages) == (20, 2)
    copied = (Label("A", "A-1", "A-1", copies=22),)
    drawn, _ = drawing.draw(Job(copied, LabelSheet.A4_L7160, LabelSymbol.AUTO))
    assert (drawn.labels, drawn.pages) == (22, 2)


def test_a_letter_that_no_font_has_and_a_barcode_that_does_not_fit_are_told() -> None:
    thai = Label("ชื่อ", "T", "T-1")
    drawn, _ = drawing.draw(Job((thai, thai), LabelSheet.A4_L7160, LabelSymbol.AUTO))
    assert len(drawn.warnings) == 1 and "LABEL_FONT" in drawn.warnings[0]
    long = Label("Long", "L", "LOZ-6204-ZZ-WITH-A-VERY-LONG-NUMBER-0001")
    drawn, pdf = drawing.draw(Job((long,), LabelSheet.A4_L7651, LabelSymbol.BARCODE))
    assert "does not fit" in drawn.warnings[0]
    again = drawn_of(text_of_drawn(drawn))
    assert again == drawn
    assert in_language(again.warnings[0], Language.DE).startswith("L: Ein Barcode für LOZ-6204")
    assert read(pdf) == [[("QRCode", long.code)]]


def test_a_font_that_is_none_is_refused_by_its_name(tmp_path: Any) -> None:
    file = tmp_path / "no.ttf"
    for text in (None, b"", b"no font"):
        if text is not None:
            file.write_bytes(text)
        with pytest.raises(FontRefused, match="LABEL_FONT"):
            load(str(file))


async def test_a_program_that_fails_or_hangs_is_told_and_ended(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await make_item(services, "A")
    labels = services.of(domain.Labels)
    wanted = [domain.WantedLabel(item.id)]
    monkeypatch.setattr(domain, "PROGRAM", ("/bin/sh", "-c", "echo it broke >&2; exit 1"))
    with pytest.raises(Unavailable, match="it broke"):
        await labels.print(wanted, domain.Printing(), sees_admins=True)

    monkeypatch.setattr(domain, "PROGRAM", ("/bin/sleep", "600"))
    tasks = [
        asyncio.create_task(labels.print(wanted, domain.Printing(), sees_admins=True))
        for _ in range(domain.WAITING_MAX)
    ]
    await eventually(lambda: labels._waiting == domain.WAITING_MAX)
    with pytest.raises(RateLimited):
        await labels.print(wanted, domain.Printing(), sees_admins=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    monkeypatch.setattr(domain, "DRAWING_MAX_S", 0.1)
    with pytest.raises(Unavailable, match="too long"):
        await labels.print(wanted, domain.Printing(), sees_admins=True)
    assert labels._waiting == 0
