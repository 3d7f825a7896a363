"""Small files made by us, one for each preset, language, structure and encoding: each comes in
without any option, and again without a change.

A file whose stock is of a place "Back room" finds it by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graphql_api.files.presets import PRESETS
from graphql_api.files.tables import Table
from graphql_api.imports.items import ImportCounts, ImportOptions, ItemImports
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import ItemRef
from graphql_api.inventory.locations import Locations, NewLocation
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.values import money_text
from tests.conftest import settings_for
from tests.databases import migrated_file
from tests.files.shops import SHOPS
from tests.files.told import Told, told

GALLERY = Path(__file__).parent / "gallery"
BACK = "Back room"

# File → each item.
EXPECTED: dict[str, Sequence[Told]] = {
    # languages
    "lang-en.csv": [
        told("EN-1", "Claw hammer", "12.50", 40, cost="7.25", least=5, category="Tools",
             barcode="4006381333931"),
    ],
    "lang-de.csv": [
        told("DE-1", "Schlosserhammer", "1234.50", 1040, cost="700.00", least=5,
             category="Werkzeug", barcode="4006381333948"),
    ],
    "lang-fr.csv": [
        told("FR-1", "Marteau", "15000.00", 1040, cost="9000.00", least=5, category="Outils",
             barcode="3017620422003"),
    ],
    "lang-es.csv": [
        told("ES-1", "Martillo", "12.50", 40, cost="7.25", least=5, category="Herramientas",
             barcode="8410128750145"),
    ],
    "lang-it.csv": [
        told("IT-1", "Martello", "12.50", 40, cost="7.25", least=5, category="Utensili",
             barcode="8001505005707"),
    ],
    "lang-pt.csv": [
        told("PT-1", "Martelo", "1234.50", 40, cost="700.00", least=5, category="Ferramentas",
             barcode="7891000315507"),
    ],
    "lang-nl.csv": [
        told("NL-1", "Klauwhamer", "12.50", 40, cost="7.25", least=5, category="Gereedschap",
             barcode="8710400280507"),
    ],
    "lang-pl.csv": [
        told("PL-1", "Młotek ślusarski", "12.50", 40, cost="7.25", least=5, category="Narzędzia",
             barcode="5900259056078"),
    ],
    "lang-ru.csv": [
        told("RU-1", "Молоток слесарный", "1234.50", 40, cost="700.00", least=5,
             category="Инструмент", barcode="4607034170271"),
    ],
    "lang-ja.csv": [
        told("JA-1", "ハンマー", "1200.00", 40, cost="700.00", least=5, category="工具",
             barcode="4901777018686"),
    ],
    "lang-zh.csv": [
        told("ZH-1", "锤子", "12.50", 40, cost="7.25", least=5, category="工具",
             barcode="6901234567892"),
    ],
    "lang-ko.csv": [
        told("KO-1", "망치", "12500.00", 1040, cost="7000.00", least=5, category="공구",
             barcode="8801234567893"),
    ],
    "cp949.csv": [
        told("KO-2", "육각 볼트", "150.00", 40, cost="70.00", least=5, category="볼트"),
    ],
    # presets
    "shopify.csv": [
        told("SH-S", "Tee / S / Red", "19.90", 5, cost="8.10", category="Shirts",
             barcode="036000291452"),
        told("SH-M", "Tee / M / Red", "21.90", 7, cost="8.20", category="Shirts"),
        told("SH-MUG", "Mug", "9.50", 12, cost="3.00", category="Kitchen"),
    ],
    "shopify-inventory.csv": [
        told("SI-1", "Cap / L", stock=9),
        told("SI-2", "Bag", stock=3, place=BACK),
    ],
    "woocommerce.csv": [
        told("WC-B", "Hoodie - Blue", "45.00", 10, least=2),
        told("WC-S", "Sticker", "2.00", 99, category="Accessories", barcode="4006381333955"),
    ],
    "square.csv": [
        told("SQ-1", "Latte", "4.50", 30, least=6, category="Drinks", place=BACK),
        told("SQ-2", "Beans / 250 g", "9.00", 12, category="Retail", place=BACK),
    ],
    "loyverse.csv": [
        told("LV-1", "Tea / Small", "3.50", 20, cost="1.10", least=4, category="Drinks",
             place=BACK),
        told("LV-2", "Tea / Large", "4.50", 15, cost="1.60", least=4, category="Drinks",
             place=BACK),
    ],
    "vend.csv": [
        told("VE-1", "Scarf / Grey", "15.00", 8, cost="5.00", least=2, category="Clothing",
             place=BACK),
        told("VE-2", "Scarf / Black", "15.00", 6, cost="5.00", least=2, category="Clothing",
             place=BACK),
    ],
    "zoho.csv": [
        told("ZO-1", "Stapler", "250.00", 40, cost="120.00", least=5, category="Office",
             barcode="4006381333962"),
    ],
    "odoo.csv": [
        told("OD-1", "Desk", "1250.00", 7, cost="800.00", category="All / Office Furniture",
             barcode="4006381333979"),
    ],
    "amazon.txt": [
        told("AM-1", "Kühltasche 10L", "24.99", 18, barcode="4006381333986"),
        told("AM-2", "Lunch box", "12.00", 5),
    ],
    "magento.csv": [
        told("MA-1", "Duffle bag", "34.00", 100, least=1, category="Default Category/Gear"),
    ],
    "prestashop.csv": [
        told("PS-1", "Notebook", "4.90", 25, cost="2.10", least=3, category="Paper",
             barcode="4006381333993"),
    ],
    "openboxes.csv": [
        told("OB-1", "Gloves, nitrile", cost="4.20", category="Supplies", barcode="036000291469"),
    ],
    "snipe-it.csv": [
        told("SN-1", "MacBook Pro 14", stock=1, cost="2499.00", category="Laptops"),
        told("SN-2", "Beamer", stock=1, cost="450.00", category="Projectors"),
    ],
    "inventree.csv": [
        told("IV-1", "Resistor 10k", stock=1000, cost="0.0012", least=100, category="Resistors"),
    ],
    # structure, and numbers as people write them
    "sep-line.csv": [told("SE-1", "Zange", "8.90", 12)],
    "preamble.csv": [told("PR-1", "Zange", "8.90", 12)],
    "short-rows.csv": [
        told("SR-1", "Pliers", "8.90", 12), told("SR-2", "Saw"), told("SR-3", "File", "3.50", 4),
    ],
    "visibility.csv": [told("VI-1", "Pliers", stock=3)],
    "tabs.tsv": [told("TA-1", 'Pliers 5" long', "1234.50", 1200)],
    "bars.csv": [told("BA-1", "Pliers", "8.90", 12)],
    "swiss.csv": [told("CH-1", "Zange", "1234.50", 1200)],
    "indian.csv": [told("IN-1", "Pump", "123456.00", 120_000)],
    "nbsp.csv": [told("NB-1", "Pince", "1234.50", 1200)],
    "usa.csv": [told("US-1", "Saw", "1234.00", 1500), told("US-2", "File", "0.99", 7)],
    # encodings, and a workbook
    "utf16.csv": [told("U1-1", "Kühler", "8.90", 3)],
    "utf16-no-mark.csv": [told("U2-1", "Kühler", "8.90", 3)],
    "cp1252.csv": [told("C2-1", "Kühler für Öl, groß", "8.90", 3)],
    "cp1251.csv": [told("C1-1", "Молоток слесарный", "8.90", 3)],
    "cp1250.csv": [told("C0-1", "Žluťoučký kůň šroubovák", "8.90", 3)],
    "latin2.csv": [told("L2-1", "Młotek ślusarski żółty, gąbka", "8.90", 3)],
    "shift-jis.csv": [told("SJ-1", "ハンマー 大", "1200.00", 3)],
    "gb18030.csv": [told("GB-1", "锤子大号", "8.90", 3)],
    "workbook.xlsx": [
        told("XL-1", "Zange", "1234.50", 1200, barcode="4006381334006"),
        told("007", "Säge", "0.30", 3),
        told("XL-3", "Feile", "8.90", 1000),
    ],
    **SHOPS,
}  # fmt: skip


async def taken(services: Services, path: Path) -> ImportCounts:
    counts = ImportCounts()
    with path.open("rb") as source:  # a file of a kilobyte
        table = Table(source, None, {})
        importing = ItemImports(services.writer, services.of(Locations), services.database.scanning)
        options = ImportOptions(table.lookups, place=table.place)
        async for progress in importing.run(table, options):
            counts = progress.counts
            assert progress.bad == (), path.name
    return counts


async def stands(services: Services, sku: str, names: dict[int, str]) -> Told:
    item = await services.of(Catalogue).find(ItemRef("sku", sku), sees_admins=True)
    assert item is not None, sku
    levels = (await services.of(Catalogue).levels([item.id]))[item.id]
    places = [names[place] for place, quantity in levels.items() if quantity]
    return (
        item.sku,
        item.name,
        money_text(item.price),
        None if item.cost is None else money_text(item.cost),
        item.stock,
        item.min_stock,
        item.category,
        item.barcode,
        ", ".join(places) or None,
    )


async def test_every_file_of_the_gallery_comes_in_without_options(tmp_path: Path) -> None:
    file = tmp_path / "inventory.sqlite3"
    file.write_bytes(migrated_file())
    async with open_services(settings_for(f"sqlite://{file}")) as services:
        back = await services.of(Locations).create(NewLocation("BACK", BACK))
        names = {1: "Main", back.id: BACK}
        for name, items in EXPECTED.items():
            counts = await taken(services, GALLERY / name)
            assert counts == ImportCounts(created=len(items)), name
            found = [await stands(services, item[0], names) for item in items]
            assert found == list(items), name
        for name, items in EXPECTED.items():
            counts = await taken(services, GALLERY / name)
            assert counts == ImportCounts(unchanged=len(items)), name


def test_the_gallery_has_every_file_and_a_file_for_every_preset() -> None:
    assert {path.name for path in GALLERY.iterdir()} == EXPECTED.keys()
    real = {"northwind", "adventureworks"}  # tests/imports has the files themselves
    stems = {name.partition(".")[0] for name in EXPECTED}
    assert PRESETS.keys() - real <= stems
    for name in PRESETS.keys() - real:
        [path] = GALLERY.glob(f"{name}.*")
        with path.open("rb") as source:
            assert Table(source, None, {}).preset == name
