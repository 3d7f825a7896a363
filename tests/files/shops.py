"""Files of further shops, systems and countries, each with what people do to files: sums below the
table, sheets before it, counts below 0, whole lines in quotes, prices that vary, codes spoilt by
spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence

from tests.files.told import Told, told

SHOPS: dict[str, Sequence[Told]] = {
    # shops and programs
    "shopify-oversold.csv": [
        told("OV-38", "Wool socks / 38-40", "12.90"),
        told("OV-41", "Wool socks / 41-43", "12.90", 14),
    ],
    "woocommerce-de.csv": [
        told("TA-R", "Kaffeetasse - rot", "9.90", 12, least=3, barcode="4006381444100"),
        told("TE-1", "Teekanne", "29.90", 2, least=1, category="Kannen",
             barcode="4006381444117"),
    ],
    "square-variable.csv": [
        told("SQX-1", "Croissant", "3.20", 24, cost="1.00", least=6, category="Bakery",
             barcode="4006381444200"),
        told("SQX-2", "Cake slice / Large", category="Bakery"),
        told("SQX-3", "Old thing", "1.00", category="Bakery"),
    ],
    "amazon-flat.txt": [
        told("FLT-1", "Vase", "24.50", 6, category="home", barcode="4006381444705"),
    ],
    "amazon-fba.txt": [told("FBA-1", "Towel set", "19.99", 40)],
    "prestashop-fr.csv": [
        told("demo_1", 'Pull "Colibri"', "23.90", 2400, category="Hommes"),
        told("demo_2", "Mug", "11.90", category="Accessoires"),
    ],
    "ebay.csv": [told("EB-1", "Vintage lens 50mm", "149.99", 2, barcode="4006381444804")],
    "ebay-draft.csv": [told("EBD-1", "Lens hood", "14.99", 3, barcode="036000444208")],
    "etsy.csv": [told("ETS-1", 'Ceramic mug, "Sea"', "28.00", 5)],
    "sortly.csv": [
        told("SVB1T3", "Ladder", "89.00", 2, least=1, category="Garage",
             barcode="4006381444903"),
    ],
    "inflow.csv": [
        told("IF-1", "Oak plank", "34.50", 120, cost="20.10", least=10, category="Wood",
             barcode="4006381444910"),
    ],
    "cin7.csv": [
        told("C7-1", "Soap bar", "5.50", cost="1.80", least=12, category="Bath",
             barcode="4006381444927"),
    ],
    "katana.csv": [
        told("KT-1", "Table oak / 120 cm", stock=10, cost="210.55", least=3, category="Tables"),
    ],
    "quickbooks.csv": [
        told("QB-1", "Rake", "18.50", 31, cost="9.25", least=4, category="Inventory"),
    ],
    "xero.csv": [told("XE-1", "Beanie", "12.00", 10, cost="4.50")],
    "lightspeed.csv": [
        told("LS-1", "Road bike tube 700c", "8.99", 17, cost="3.10", category="Tubes",
             barcode="036000444017"),
        told("LS-2", "Chain 11s", "1034.99", 4, cost="14.00", category="Chains",
             barcode="4006381444323"),
    ],
    "consumables.csv": [
        told("CON-1", "Toner black", stock=13, cost="54.90", least=5, category="Toner"),
    ],
    "jtl.csv": [
        told("JT-1", "Gießkanne 10 l", "1299.00", 1012, cost="500.00", least=5,
             category="Garten", barcode="4006381444934"),
    ],
    "danea.csv": [
        told("0001", "Cacciavite a croce", "1012.50", 35, cost="6.10", least=4,
             category="Utensili", barcode="8001505444701"),
    ],
    "moysklad.csv": [
        told("MS-1", "Отвёртка", "1250.50", 12, cost="800.00", least=5,
             category="Инструменты/Ручные", barcode="4607034444401"),
    ],
    "guanjiapo.csv": [
        told("ZG-1", "不锈钢保温杯", "1059.00", 120, cost="25.50", category="杯具",
             barcode="6901234444401"),
    ],
    "smaregi.csv": [
        told("SM-1", "湯のみ（大）", "1320.00", 25, cost="600.00", category="食器",
             barcode="4901777444401"),
    ],
    # sheets of small shops
    "sheet-es.csv": [
        told("F-001", "Martillo uña", "1012.50", 40, cost="1007.25", category="Manuales"),
        told("F-002", "Sierra", "12.50", cost="7.25", category="Manuales"),
    ],
    "sheet-nl.csv": [
        told("NLX-1", "Fietsbel", "7.95", 25, cost="3.10", least=5, category="Fietsen",
             barcode="8710400444408"),
    ],
    "sheet-fr.csv": [
        told("FRX-1", "Écrou d'œil", "1012.50", 1200, cost="1007.25", least=10,
             category="Visserie", barcode="3017620444401"),
    ],
    "swiss-cents.csv": [
        told("CHX-1", "Rüebli", "1234.50", 1200, cost="900.00"),
        told("CHX-2", "Chäs", "12.00", 3, cost="8.50"),
    ],
    "pieces.csv": [
        told("PC-1", "One", "1.50", 5, cost="0.75"),
        told("PC-2", "Two", "2000.00", 1200, cost="1.00"),
    ],
    "twice.csv": [told("BM-1", "One", "1.50"), told("BM-2", "Two", "2.50")],
    "wrapped.csv": [told("QX-1", "One", "1.50"), told("QX-2", "Two", "2.00")],
    "totals.xlsx": [told("1001", "Hammer", "12.50", 4), told("0007", "Säge", "1234.50", 3)],
    "cover.xlsx": [told("XS-1", "One", "1.50", 5, barcode="4006381444972")],
    # systems in other languages
    "woocommerce-pl.csv": [
        told("WP-1", "Kubek", "29.99", 12, least=2, category="Kubki", barcode="5901234123457"),
        told("WP-2-S", "Koszulka - S", "59.00", 4),
    ],
    "woocommerce-ru.csv": [
        told("WR-1", "Кружка", "299.00", 12, least=2, category="Кружки"),
        told("WR-2-S", "Футболка - S", "590.00", 4),
    ],
    "woocommerce-pt.csv": [
        told("WB-1", "Caneca", "29.90", 12, least=2, category="Canecas"),
        told("WB-2-P", "Camisa - P", "59.00", 4),
    ],
    "woocommerce-ja.csv": [
        told("WJ-1", "マグカップ", "1200.00", 12, least=2, category="食器"),
        told("WJ-2-S", "シャツ - S", "2400.00", 4),
    ],
    "woocommerce-zh.csv": [
        told("WZ-1", "马克杯", "29.90", 12, least=2, category="餐具"),
        told("WZ-2-S", "衬衫 - S", "59.00", 4),
    ],
    "odoo-de.csv": [
        told("OG-1", "Tisch", "1250.00", 7, cost="800.00", category="Alle / Möbel",
             barcode="4006381334013"),
    ],
    "odoo-es.csv": [
        told("OE-1", "Mesa", "1250.00", 7, cost="800.00", category="Todos / Muebles"),
    ],
    "snipe-it-de.csv": [
        told("SG-1", "MacBook Pro", stock=1, cost="2499.00", category="Laptops",
             place="Back room"),
    ],
    "amazon-fr.txt": [told("AF-1", "Tasse émaillée", "12.90", 5)],
    "amazon-ja.txt": [told("AJ-1", "マグカップ", "1200.00", 5)],
    "inventree-stock.csv": [told("IS-1", "Resistor 10k", stock=1000)],
    "lexware.csv": [
        told("00012", "Zange rot", "7.48", 12, cost="3.10", least=2, category="Werkzeug"),
    ],
    # barcodes as other programs have them
    "barcodes.csv": [
        told("BC-1", "Mug", stock=1, barcode="036000291476"),
        told("BC-2", "Cup", stock=2),
        told("BC-3", "Jug", stock=3),
        told("0077", "Pot", stock=4, barcode="4006381334020"),
        told("BC-5", "Pan", stock=5, barcode="4006381334037"),
        told("BC-6", "Lid", stock=6, barcode="4006381334044"),
    ],
    "zeros.xlsx": [
        told("00088", "Bolt", stock=5, barcode="36000291483"),
        told("1234567", "Nut", stock=6),
    ],
    # encodings
    "dos.csv": [told("DO-1", "Schlüssel für Öl, groß", "12.50")],
    "macintosh.csv": [told("MC-1", "Écrou à œil", "12.50")],
    "signs.csv": [told("SIGN-1", "Capacitor 10 µF", "1234.50")],
    "half-width.csv": [told("HW-1", "ﾊﾝﾏｰ", "1200.00", 40)],
    "line-breaks.csv": [told("LB-1", "Claw hammer", stock=3, category="Hand tools")],
}  # fmt: skip
