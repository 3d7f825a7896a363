"""What is said of a file has a translation, and names no option of a command: a page tells it in
its reader's language."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator

import pytest
from openpyxl import Workbook

from graphql_api.files.tables import Table
from graphql_api.imports.preview import Preview, Previews
from graphql_api.imports.problems import problems_in, text_of
from graphql_api.imports.spool import Spool
from graphql_api.imports.starting import ITEMS, STOCK, Wanted
from graphql_api.said import in_shell, said, template_of, values_of
from graphql_api.services import Services
from graphql_api.texts.languages import Language, catalog, in_language
from tests.builders import make_item

TRANSLATED = [language for language in Language if language is not Language.EN]


def workbook(*sheets: str) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name in sheets:
        book.create_sheet(name).append(["SKU", "Name"])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return made.getvalue()


async def previewed(services: Services, file: bytes | str, wanted: Wanted) -> Preview:
    async def content() -> AsyncIterator[bytes]:
        yield file.encode() if isinstance(file, str) else file

    found = await services.of(Spool).take("file.csv", content(), None)
    return await services.of(Previews).of(found.id, wanted)


def of_items(**options: object) -> Wanted:
    return Wanted(ITEMS, **options)  # type: ignore[arg-type]  # as each case has them


PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
UMLAUTS = "SKU;Name\nA;Säge\n"
SAID: list[tuple[bytes | str, Wanted, str]] = [
    # what was found
    (UMLAUTS.encode("cp1252"), of_items(), "gelesen als cp1252-Text ('Säge')"),
    (UMLAUTS.encode("utf-16"), of_items(), "UTF-16-Text"),
    ("Preisliste\n\nSKU;Name\nA;Saw\n", of_items(), "der Kopf ist Zeile 3"),
    ('Item No,Title,Preis\nA,Saw,"1.234,50"\n', of_items(), "übernommen: sku: 'Item No', name"),
    ('sku,name,Preis\nA,Saw,"1.234,50"\n', of_items(), "price '1.234,50' wird als 1234.50 gelesen"),
    ("Item No,Artikelnummer,Title\nA,B,Saw\n", of_items(), "sku könnte auch Artikelnummer sein"),
    (
        "seller-sku\titem-name\tprice\tdescription\nA\tSaw\t2\tx\n",
        of_items(),
        "gelesen als Datei von amazon",
    ),
    (
        "handle,sku,name,supply_price,retail_price,inventory_Main,inventory_Shop\nh,A,S,1,2,3,4\n",
        of_items(),
        "initialStock steht in 2 Spalten",
    ),
    ("sku,name\nA,MÃ¼ller\n", of_items(), "Zeile 2 hat 'MÃ¼ller', das vielleicht einmal 'Müller'"),
    ("sku,name\nA,“Saw”\n".encode("cp1252"), of_items(encoding="latin-1"), "Steuerzeichen U+0093"),
    ("SKU;Name;Qty\nA;One;5\n;Gesamt:;12\n", of_items(), "Zeile 3 ist eine Summe"),
    ("SKU;Name;Qty\nA;One;5\nSKU;Name;Qty\n", of_items(), "Zeile 3 ist noch einmal der Kopf"),
    (workbook("Neu", "Alt"), of_items(), "das Blatt 'Neu' wird gelesen; es gibt weitere: 'Alt'"),
    # what is wrong with a file
    ("", of_items(), "Die Datei ist leer"),
    ("a,b\n1,2\n", of_items(), "keine Spalte für sku. Ihre Spalten sind: a, b."),
    ("a,b\n1,2\n", of_items(), "SKUs können aus Barcodes"),
    ("foo,title\n1,2\n", of_items(), "Bekannt sind: name: 'title'."),
    (",".join(f"c{n}" for n in range(30)), of_items(), "c19 und 10 weitere."),
    ("sku," * 1_000 + "name\n", of_items(), "Der Kopf hat 1001 Spalten"),
    ("sku,name,name\nA,B,C\n", of_items(), "Die Spalte 'name' steht zweimal"),
    ("sku,name\nA,B\n", of_items(mapping={"sku": "name", "name": "name"}), "steht für zwei Felder"),
    ('sku,"name\nA,B\n', of_items(), "Zeile 1, der Kopf, ist keine Zeile"),
    ("sku,name\n" + "x" * 1_100_000 + "\n", of_items(), "Zeile 2 hat mehr als 1048576 Zeichen"),
    ("sku,name\nA,B\n", of_items(encoding="klingon"), "keine Zeichenkodierung 'klingon'"),
    (UMLAUTS.encode("cp1252"), of_items(encoding="utf-8"), "Zeile 2 ist kein UTF-8"),
    (UMLAUTS.encode("cp1252"), of_items(encoding="utf-8"), "anderen Zeichenkodierung sein: cp1252"),
    (UMLAUTS.encode("utf-16"), of_items(encoding="utf-8"), "Wählen Sie diese Zeichenkodierung"),
    (UMLAUTS, of_items(encoding="ascii"), "Lassen Sie die Zeichenkodierung erkennen"),
    (UMLAUTS[:8].encode("utf-16-le"), of_items(encoding="cp1252"), "enthält NUL-Zeichen"),
    (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), of_items(), "eine XLS-Arbeitsmappe"),
    (PNG, of_items(), "Das ist ein Bild"),
    ("<!doctype html><html>", of_items(), "Das ist eine HTML-Seite"),
    (zipped("goods.csv"), of_items(), "Das ist ein ZIP-Archiv"),
    (zipped("xl/workbook.xml"), of_items(), "XLSX-Arbeitsmappe kann nicht gelesen werden"),
    (workbook("Neu"), of_items(sheet="Alt"), "kein Blatt 'Alt'; sie hat 'Neu'."),
    ("sku,name\nA,B\n", of_items(sheet="Alt"), "Nur eine Arbeitsmappe hat Blätter"),
    ("sku,name\nA,B\n", Wanted(STOCK), "Bestand braucht eine Spalte sku"),
    ("sku,name\nA,B\n", Wanted(STOCK), "keine Spalte quantity"),
    ("sku,quantity\nA,1\n", Wanted(STOCK), "ob die Mengen gezählt"),
    ('sku,name,price\nA,B,"1,234"\n', of_items(), "kann 1.234 oder 1234 sein: Wählen Sie"),
    # and with a row
    ("sku,name\nA,B,C\n", of_items(), "Die Zeile hat 3 Zellen, der Kopf 2 Spalten."),
    ('sku,name\nA,"B" C\n', of_items(), "Text nach einem schließenden Anführungszeichen"),
    ('sku,name\nA,"B\nC,D\n', of_items(), "nie geschlossen (Zeilen 2 bis 3)."),
    ("sku,name,initialStock\nOLD,B,7\n", of_items(), "initialStock 7 wird nicht gebucht"),
]


@pytest.mark.parametrize(("file", "wanted", "german"), SAID, ids=[case[2] for case in SAID])
async def test_what_is_said_of_a_file_is_told_in_any_language(
    services: Services, file: bytes | str, wanted: Wanted, german: str
) -> None:
    """Of files, notes and refusals were English, with the options of commands in them."""
    await make_item(services, "OLD", initial_stock=0)
    seen = await previewed(services, file, wanted)
    told = [*seen.notes, *seen.problems, *(one for row in seen.rows for one in row.problems)]
    for language in TRANSLATED:
        missing = [one for one in told if template_of(one) not in catalog(language)]
        assert missing == []
    assert [one for one in told if "--" in one] == []
    in_german = [in_language(one, Language.DE) for one in told]
    assert [one for one in in_german if german in one], in_german


def test_a_command_says_its_options_and_nobody_else_does() -> None:
    made = Table(io.BytesIO(UMLAUTS.encode("cp1252")), None, {})
    assert [str(one) for one in made.notes] == ["it is read as cp1252 text ('Säge')"]
    assert [in_shell(one) for one in made.notes] == [
        "it is read as cp1252 text ('Säge'); --encoding says which"
    ]


@pytest.mark.parametrize(
    "problems",
    [
        [],
        [said("The server stopped.")],
        [said("{name} must not be empty.", name="sku"), said("The server stopped.")],
        ["no template"],
    ],
)
def test_what_is_wrong_is_kept_with_what_a_translation_needs(problems: list[str]) -> None:
    again = problems_in(text_of(problems))
    assert again == problems
    assert [template_of(one) for one in again] == [template_of(one) for one in problems]
    assert [values_of(one) for one in again] == [values_of(one) for one in problems]


@pytest.mark.parametrize("text", ["The server stopped.", "[A] must not be empty.", "[1]"])
def test_what_an_older_version_kept_is_told_as_it_stands(text: str) -> None:
    assert problems_in(text) == [text]
