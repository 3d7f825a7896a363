"""Scanning against the items that there are."""

from __future__ import annotations

from graphql_api.inventory.barcodes import WantedBarcode
from graphql_api.inventory.items import Items
from graphql_api.inventory.scanning import Scan, Scanner
from graphql_api.services import Services
from tests.builders import change, hide, make_item, removal
from tests.statements import counted

EAN, CARTON = "4006381333931", "14006381333938"


async def test_a_scan_tells_item_factor_lot_expiry_and_what_is_wrong(services: Services) -> None:
    """One database for all cases: each is (text, SKU found, factor, words of the message)."""
    items = services.of(Items)
    pen = await make_item(services, "PEN", barcode=EAN)
    await items.change(change(pen, barcodes=[WantedBarcode(EAN), WantedBarcode("BOX-12", 12)]))
    await make_item(services, "UPC", barcode="042100005264")
    await make_item(services, "ODD", barcode="4006381333930")  # a wrong check digit, as printed
    await make_item(services, "BOOK", barcode="9783161484100")
    await make_item(services, "ATLAS", barcode="978-0-306-40615-7")  # in groups, as printed
    await make_item(services, "HAM", barcode="2012345000001")  # sold by weight
    await make_item(services, "SODA", barcode="01234558")  # a UPC-E, as printed
    await make_item(services, "NOVEL", barcode="080442957X")  # an ISBN of ten
    await make_item(services, "BOX-12")  # its SKU is another's barcode
    await make_item(services, f"01{EAN}0")  # looks like the beginning of a GS1 code
    await hide(services, await make_item(services, "SECRET", barcode="777"))
    gone = await make_item(services, "GONE", barcode="888")
    await items.remove(removal(gone))
    cases: list[tuple[str, str | None, int, list[str]]] = [
        (EAN, "PEN", 1, []),
        (f"0{EAN}\r\n", "PEN", 1, []),
        (f"]E0{EAN}", "PEN", 1, []),
        ("4 006381 333931", "PEN", 1, []),
        ("pen", "PEN", 1, []),
        ("04252614", "UPC", 1, []),
        ("BOX-12", "PEN", 12, ["barcode of 'PEN'", "SKU of another"]),
        ("box-12", "BOX-12", 1, []),
        (f"(01)0{EAN}(10)L1", "PEN", 1, []),
        (f"]C1020{EAN}3724", "PEN", 24, []),
        (f"01{EAN}0", f"01{EAN}0", 1, []),
        ("4006381333930", "ODD", 1, ["check digit"]),
        ("(01)04006381333930(17)271331", "ODD", 1, ["cannot be read", "check digit"]),
        ("4006381333932", None, 1, ["No item has", "check digit"]),
        ("4 006381 333932", None, 1, ["No item has", "check digit"]),
        (CARTON, None, 1, ["No item has", "a pack of 'PEN'"]),
        (f"(01){CARTON}", None, 1, ["No item has the barcode", "a pack of 'PEN'"]),
        ("3-16-148410-X", "BOOK", 1, []),
        ("978-0-306-40615-7", "ATLAS", 1, []),
        ("9780306406157", "ATLAS", 1, []),
        ("(01)09780306406157", "ATLAS", 1, []),
        ("0306406152", "ATLAS", 1, []),
        ("978 0306 406157", "ATLAS", 1, []),
        ("978-0-306-40616-4", None, 1, ["No item has"]),
        ("42100005264", "UPC", 1, []),
        ("978316148410054999", "BOOK", 1, []),  # with its price beside it
        ("9783161484100 05", "BOOK", 1, []),
        ("042100005264 12", "UPC", 1, []),
        ("978316148410154999", None, 1, ["No item has"]),
        (f"\x02{EAN}\x03", "PEN", 1, []),
        ("2012345012349", "HAM", 1, ["weight or a price, 01234"]),
        ("2012345000001", "HAM", 1, []),
        (f"(01){EAN}(10)L1", "PEN", 1, []),  # a printed GTIN-13
        ("012345000058", "SODA", 1, []),
        ("0012345000058", "SODA", 1, []),
        ("(01)00012345000058(10)L1", "SODA", 1, []),
        ("9780804429573", "NOVEL", 1, []),
        ("0-8044-2957-X", "NOVEL", 1, []),
        ("]C10109780804429573", "NOVEL", 1, []),
        ("777", None, 1, ["No item has"]),
        ("SECRET", None, 1, ["No item has"]),
        ("888", None, 1, ["No item has"]),
        ("GONE", None, 1, ["No item has"]),
        ("4.00638E+12", None, 1, ["spreadsheet", "No item has"]),
        ("", None, 1, ["empty"]),
        ("PE\0N", None, 1, [r"No item has the barcode or SKU 'PE\x00N'."]),
        (f"(01)0{EAN}(10)L\0", "PEN", 1, [r"'(10)L\x00' cannot be read"]),
        ("x" * 5_000, None, 1, ["5000 characters"]),
    ]
    scanner = services.of(Scanner)
    for text, sku, factor, words in cases:
        scan = await scanner.scan(text, sees_admins=False)
        assert (scan.item.sku if scan.item else None, scan.factor) == (sku, factor), text
        assert (scan.message is None) == (not words), (text, scan.message)
        assert all(word in (scan.message or "") for word in words), (text, scan.message)
    assert (await scanner.scan("777", sees_admins=True)).item is not None
    full = await scanner.scan(f"]C1010{EAN}10AB-12\x1d17271200", sees_admins=False)
    assert full.item is not None
    assert full == Scan(full.item, 1, EAN, "AB-12", "2027-12-31")
    unknown = await scanner.scan("(01)09506000134352(10)L(17)271231", sees_admins=False)
    assert (unknown.code, unknown.lot, unknown.expires_on) == ("09506000134352", "L", "2027-12-31")


async def test_a_hidden_item_is_not_told_of_as_the_piece_of_a_pack(services: Services) -> None:
    await hide(services, await make_item(services, "SECRET", barcode=EAN))
    scan = await services.of(Scanner).scan(CARTON, sees_admins=False)
    assert scan.message == f"No item has the barcode or SKU '{CARTON}'."


async def test_a_scan_takes_two_statements(services: Services) -> None:
    await make_item(services, "PEN", barcode=EAN)
    with counted() as sent:
        await services.of(Scanner).scan(f"(01)0{EAN}(10)L1", sees_admins=False)
    assert len(sent) == 2
