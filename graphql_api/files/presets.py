"""The files of well-known systems, by the names of their columns. Called by columns.py, shapes.py
and the command line.

A preset is found by its header, or named. Pure data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Lookup:
    """A second file, beside the first, in which a cell's value is the key of what is meant."""

    file: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A known kind of file.

    columns: field → names of its column, the better first. signature: each group of columns is
    the mark of the kind, whole; `|` stands between names that are as good. lookups: fields that are
    looked up in a file beside this one.

    group: a column whose rows belong together: the first carries the fields in `carried`.
    name_parts: columns that follow the name, "Tee / S", but for the `plain_parts`. fallbacks:
    field → the column that serves where its own is blank. needs: a row in which all of these are
    blank is no item (a further picture). skipped: column → values of rows that are no items.
    kept: column → the only values of rows that are. apostrophes: codes begin with one that a
    spreadsheet wants. firsts: fields that hold a list, of which the first counts → its separator.
    places: field → what the names of columns begin with whose rest is a place. constants: field →
    text of every row. codes_when: column → its values in rows whose barcode is one.
    """

    columns: Mapping[str, Sequence[str]]
    signature: Sequence[Sequence[str]] = ()
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    group: str | None = None
    carried: Sequence[str] = ()
    name_parts: Sequence[str] = ()
    plain_parts: frozenset[str] = frozenset()
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[str] = ()
    skipped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kept: Mapping[str, frozenset[str]] = field(default_factory=dict)
    apostrophes: bool = False
    firsts: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Sequence[str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    codes_when: Mapping[str, frozenset[str]] = field(default_factory=dict)


_OPTION_VALUES = ("Option1 Value", "Option2 Value", "Option3 Value")

PRESETS: Mapping[str, Preset] = {
    "northwind": Preset(
        {
            "sku": ["productID"],
            "name": ["productName"],
            "category": ["categoryID"],
            "unit": ["quantityPerUnit"],
            "price": ["unitPrice"],
            "minStock": ["reorderLevel"],
            "initialStock": ["unitsInStock"],
        },
        [["productID", "productName", "quantityPerUnit", "unitsInStock", "reorderLevel"]],
        lookups={"category": Lookup("categories.csv", "categoryID", "categoryName")},
    ),
    "adventureworks": Preset(
        {
            "sku": ["ProductNumber"],
            "name": ["Name"],
            "category": ["ProductSubcategoryID"],
            "price": ["ListPrice"],
            "cost": ["StandardCost"],
            "minStock": ["ReorderPoint"],
        },
        [["ProductNumber", "ProductSubcategoryID", "SafetyStockLevel", "StandardCost"]],
        lookups={"category": Lookup("ProductSubcategory.csv", "ProductSubcategoryID", "Name")},
    ),
    "shopify-inventory": Preset(
        {
            "sku": ["SKU"],
            "name": ["Title"],
            "initialStock": [
                "On hand",
                "On hand (current)",
                "On hand (old)",
                "Available",
                "Available (not editable)",
            ],
            "location": ["Location"],
        },
        [["Handle", "Title", "Option1 Value", "SKU", "HS Code", "COO"]],
        group="Handle",
        carried=["name"],
        name_parts=_OPTION_VALUES,
        plain_parts=frozenset({"Default Title"}),
        apostrophes=True,
    ),
    "shopify": Preset(
        {
            "sku": ["Variant SKU", "SKU"],
            "name": ["Title"],
            "description": ["Body (HTML)", "Description"],
            "category": ["Type", "Product Category"],
            "barcode": ["Variant Barcode", "Barcode"],
            "price": ["Variant Price", "Price"],
            "cost": ["Cost per item"],
            "initialStock": ["Variant Inventory Qty", "Inventory quantity"],
        },
        [
            ["Handle", "Title", "Option1 Value", "Variant SKU", "Variant Price"],
            ["URL handle", "Title", "Option1 value", "SKU", "Price"],
        ],
        group="Handle|URL handle",
        carried=["name", "description", "category"],
        name_parts=_OPTION_VALUES,
        plain_parts=frozenset({"Default Title"}),
        needs=["Option1 Value", "Variant SKU", "Variant Price", "SKU", "Price"],
        apostrophes=True,
    ),
    "woocommerce": Preset(
        {
            "sku": ["SKU", "Artikelnummer", "UGS", "Артикул", "REF"],
            "name": ["Name|Nom|Nombre|Nome|Naam|Nazwa|Имя|名前|名称"],
            "description": [
                "Short description|Kurzbeschreibung|Description courte|Descripción corta"
                "|Breve descrizione|Korte beschrijving|Descrição curta|Krótki opis"
                "|Краткое описание|Короткое описание|簡単な説明|简短描述|简短说明",
                "Description|Beschreibung|Descripción|Descrizione|Beschrijving|Descrição|Opis"
                "|Описание|説明|描述",
            ],
            "category": [
                "Categories|Kategorien|Catégories|Categorías|Categorie|Categorieën|Categorias"
                "|Kategorie|Категории|カテゴリー|分类",
            ],
            "barcode": [
                "GTIN, UPC, EAN, or ISBN|GTIN, UPC, EAN oder ISBN|GTIN, UPC, EAN ou ISBN"
                "|GTIN, UPC, EAN o ISBN|GTIN, UPC, EAN of ISBN|GTIN, UPC, EAN lub ISBN"
                "|GTIN, UPC, EAN или ISBN|GTIN、UPC、EAN、または ISBN|GTIN、UPC、EAN または ISBN"
                "|GTIN、UPC、EAN 或 ISBN",
            ],
            "price": [
                "Regular price|Regulärer Preis|Tarif régulier|Precio normal|Prezzo di listino"
                "|Reguliere prijs|Preço|Preço normal|Cena|Cena regularna|Базовая цена"
                "|Обычная цена|標準価格|通常価格|常规售价|正常价格",
            ],
            "cost": ["Cost of goods"],
            "minStock": [
                "Low stock amount|Geringe Lagermenge|Montant de stock faible"
                "|Cantidad de bajo inventario|Ammontare scorte basse|Lage voorraad hoeveelheid"
                "|Quantidade baixa de estoque|Quantidade baixa de stock|Niski stan magazynowy"
                "|Małe stany magazynowe|Величина малых запасов|在庫量わずか|在庫僅少数|低库存数量"
                "|低库存量",
            ],
            "initialStock": [
                "Stock|Bestand|Lager|Lagerbestand|Inventario|Magazzino|Voorraad|Estoque"
                "|Stan magazynowy|Magazyn|Запасы|在庫|库存",
            ],
        },
        [
            ["Type|Typ", "SKU", "Name", "Published", "Is featured?", "Regular price"],
            ["Typ", "Artikelnummer", "Name", "Veröffentlicht", "Regulärer Preis"],
            ["Type", "UGS", "Nom", "Publié", "Tarif régulier"],
            ["Tipo", "SKU", "Nombre", "Publicado", "Precio normal"],
            ["Tipo", "SKU", "Nome", "Pubblicato", "Prezzo di listino"],
            ["Type", "SKU", "Naam", "Gepubliceerd", "Reguliere prijs"],
            ["ID", "Tipo", "SKU|REF", "Nome", "Publicado", "Preço|Preço normal"],
            ["ID", "Typ|Rodzaj", "SKU", "Nazwa", "Opublikowano|Opublikowany|Opublikowane"],
            ["ID", "Тип", "Артикул", "Имя", "Опубликован"],
            ["ID", "タイプ", "SKU", "名前", "公開済み"],
            ["ID", "类型", "SKU", "名称", "已发布|发布"],
        ],
        skipped={
            "Type|Typ|Tipo|Rodzaj|Тип|タイプ|类型": frozenset({"variable", "grouped", "external"})
        },
        firsts={"category": ","},
    ),
    "square": Preset(
        {
            "sku": ["SKU"],
            "name": ["Item Name"],
            "description": ["Description"],
            "category": ["Reporting Category", "Categories", "Category"],
            "barcode": ["GTIN"],
            "price": ["Price"],
            "cost": ["Default Unit Cost"],
        },
        [["Token", "Item Name", "Variation Name", "SKU"]],
        name_parts=["Variation Name"],
        plain_parts=frozenset({"Regular"}),
        firsts={"category": ","},
        places={
            "initialStock": ["Current Quantity ", "Current Quantity"],
            "minStock": ["Stock Alert Count ", "Stock Alert Count"],
        },
    ),
    "loyverse": Preset(
        {
            "sku": ["SKU"],
            "name": ["Name"],
            "description": ["Description"],
            "category": ["Category"],
            "barcode": ["Barcode"],
            "price": ["Default price", "Price"],
            "cost": ["Cost"],
            "minStock": ["Low stock"],
            "initialStock": ["In stock"],
        },
        [["Handle", "SKU", "Name", "Sold by weight"], ["Handle", "SKU", "Name", "Track stock"]],
        group="Handle",
        carried=["name", "description", "category"],
        name_parts=["Option 1 value", "Option 2 value", "Option 3 value"],
        places={"initialStock": ["In stock ["], "minStock": ["Low stock ["], "price": ["Price ["]},
    ),
    "vend": Preset(
        {
            "sku": ["sku"],
            "name": ["name"],
            "description": ["description"],
            "category": ["product_category", "type"],
            "barcode": ["barcode"],
            "price": ["retail_price"],
            "cost": ["supply_price"],
        },
        [["handle", "sku", "name", "supply_price", "retail_price"]],
        group="handle",
        carried=["name", "description", "category"],
        name_parts=[
            "variant_option_one_value",
            "variant_option_two_value",
            "variant_option_three_value",
        ],
        places={"initialStock": ["inventory_"], "minStock": ["reorder_point_"]},
    ),
    "zoho": Preset(
        {
            "sku": ["SKU"],
            "name": ["Item Name"],
            "description": ["Description", "Sales Description"],
            "category": ["Category Name", "Category"],
            "barcode": ["EAN", "UPC", "ISBN"],
            "unit": ["Usage unit", "Unit Name", "Unit"],
            "price": ["Rate", "Selling Price"],
            "cost": ["Purchase Rate", "Purchase Price", "Cost Price"],
            "minStock": ["Reorder Point", "Reorder Level"],
            "initialStock": ["Stock On Hand", "Opening Stock"],
            "location": ["Location Name", "Warehouse Name"],
        },
        [["Item Name", "SKU", "Rate", "Purchase Rate"], ["Item Name", "SKU", "Rate", "Usage unit"]],
    ),
    "odoo": Preset(
        {
            "sku": ["Internal Reference", "default_code"],
            "name": ["Name", "name"],
            "description": ["Sales Description", "Description", "description_sale"],
            "category": ["Product Category", "categ_id", "categ_id/name", "Product Category/Name"],
            "barcode": ["Barcode", "barcode"],
            "unit": ["Unit of Measure", "uom_id", "Unit"],
            "price": ["Sales Price", "list_price", "lst_price"],
            "cost": ["Cost", "standard_price"],
            "initialStock": ["Quantity On Hand", "On Hand", "qty_available"],
        },
        [["Internal Reference", "Name", "Sales Price"], ["default_code", "name", "list_price"]],
    ),
    "amazon": Preset(
        {
            "sku": [
                "seller-sku|sku|item_sku|Händler-SKU|sku-vendeur|SKU del vendedor|SKU venditore"
                "|出品者SKU|卖家 SKU",
            ],
            "name": [
                "item-name|product-name|item_name|Artikelbezeichnung|nom-produit|nombre-producto"
                "|Título del producto|nome-articolo|Nome dell'articolo|商品名|商品名称",
            ],
            "description": ["item-description", "product_description", "Artikelbeschreibung"],
            "category": ["feed_product_type"],
            "barcode": ["product-id", "external_product_id"],
            "price": ["price|your-price|standard_price|Preis|prix|Precio|Prezzo|価格|价格"],
            "initialStock": [
                "quantity|quantité|Cantidad|Quantità|数量",
                "mfn-fulfillable-quantity",
                "afn-fulfillable-quantity",
                "Menge",
            ],
        },
        [
            ["item-name", "seller-sku", "price"],
            ["fnsku", "asin", "sku", "product-name"],
            ["item_sku", "item_name", "external_product_id"],
            ["Artikelbezeichnung", "Händler-SKU", "Preis"],
            ["sku-vendeur", "prix"],
            ["SKU del vendedor", "Precio"],
            ["SKU venditore", "Prezzo"],
            ["出品者SKU", "価格"],
            ["卖家 SKU", "价格"],
        ],
        fallbacks={"initialStock": "afn-fulfillable-quantity"},
        codes_when={
            "product-id-type": frozenset({"3", "4", "UPC", "EAN"}),
            "external_product_id_type": frozenset({"UPC", "EAN", "GTIN"}),
        },
    ),
    "magento": Preset(
        {
            "sku": ["sku"],
            "name": ["name"],
            "description": ["short_description", "description"],
            "category": ["categories"],
            "barcode": ["ean", "upc", "gtin", "barcode"],
            "price": ["price"],
            "cost": ["cost"],
            "minStock": ["notify_on_stock_below"],
            "initialStock": ["qty"],
        },
        [["sku", "attribute_set_code", "product_type", "name"]],
        skipped={"product_type": frozenset({"configurable", "bundle", "grouped"})},
        kept={"store_view_code": frozenset({"", "admin", "default"})},
        firsts={"category": ","},
    ),
    "prestashop": Preset(
        {
            "sku": ["Reference #", "Reference"],
            "name": ["Name *", "Name"],
            "description": ["Summary", "Short description", "Description"],
            "category": ["Categories (x,y,z...)", "Category"],
            "barcode": ["EAN13", "EAN-13", "UPC"],
            "unit": ["Unity", "Unit"],
            "price": [
                "Price tax excluded",
                "Price tax excluded or Price tax included",
                "Price (tax excl.)",
                "Price tax included",
                "Price (tax incl.)",
                "Price",
            ],
            "cost": ["Wholesale price", "Cost price"],
            "minStock": ["Low stock level"],
            "initialStock": ["Quantity"],
        },
        [
            ["Product ID", "Name *", "Reference #", "Quantity"],
            ["Product ID", "Name", "Reference", "Price (tax excl.)", "Quantity"],
        ],
        firsts={"category": ","},
    ),
    "openboxes": Preset(
        {
            "sku": ["ProductCode", "Product Code"],
            "name": ["Name", "Product Name", "Product"],
            "description": ["Description"],
            "category": ["Category"],
            "barcode": ["UPC"],
            "unit": ["UnitOfMeasure", "Unit of Measure"],
            "cost": ["UnitCost", "PricePerUnit", "Unit Cost", "Unit Price"],
            "minStock": ["Minimum Quantity", "Reorder Quantity"],
            "initialStock": ["Quantity on Hand", "QuantityOnHand"],
        },
        [
            ["ProductCode", "Name", "Category", "UnitOfMeasure"],
            ["Product Code", "Product Name", "GL Account", "Category"],
        ],
    ),
    "snipe-it": Preset(
        {
            "sku": ["Asset Tag"],
            "name": ["Asset Name|Asset-Name|Name", "Item Name"],
            "description": ["Notes|Notizen|Notas"],
            "category": ["Category|Kategorie|Catégorie|Categoría"],
            "cost": ["Purchase Cost|Einkaufspreis|Kaufpreis|Coût d'achat|Precio de compra", "Cost"],
            "location": ["Location|Standort|Lieu|Emplacement|Ubicación"],
        },
        [["Asset Tag", "Model|Modell|Modèle|Modelo", "Category|Kategorie|Catégorie|Categoría"]],
        fallbacks={"name": "Model|Model Name|Modell|Modellname|Modèle|Modelo"},
        constants={"initialStock": "1"},  # each asset is one
    ),
    "inventree": Preset(
        {
            "sku": ["IPN"],
            "name": ["Name", "name"],
            "description": ["Description", "description"],
            "category": ["Category Name", "category_name", "Category"],
            "unit": ["Units", "units"],
            "minStock": ["Minimum Stock", "minimum_stock"],
            "initialStock": ["Total Stock", "In Stock", "total_in_stock", "in_stock"],
            "price": ["Maximum Sale Price", "Sale Price"],
            "cost": ["Minimum Cost", "Pricing Min", "pricing_min"],
        },
        [["IPN", "Name", "Minimum Stock"], ["IPN", "name", "minimum_stock"]],
    ),
}
