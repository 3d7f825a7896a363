"""What the columns of a table of goods are called, in twelve languages. Called by columns.py.

The better name stands first: where a file has two that would do, the first is taken. Compared
without case, accents and punctuation (`key`). Pure data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from graphql_api.texts.folding import plain

NAME_CHARACTERS_MAX = 100  # of a column; a longer one is the name of nothing

# What stands beside a column's name and says nothing of what it is: (EUR), [pcs], in USD, *.
_ASIDE = re.compile(r"[(\[（【][^()\[\]（）【】]*[)\]）】]")
_MONEY_BEHIND = re.compile(
    r"[\s_]+(in )?(eur|usd|gbp|chf|jpy|cny|pln|rub|brl|inr|€|\$|£|¥|zł|руб\.?)$"
)
# Behind a price: with which tax it is told. VK1 netto, Preis inkl. MwSt., Prix HT.
_TAX_BEHIND = re.compile(
    r"[\s_]+(netto|brutto|net|gross|ht|ttc|ivato|(s|c|sin|con|sem|com|excl?|incl?|inkl|exkl|zzgl)"
    r"[\s_/.]+(mwst|ust|iva|btw|vat|tax|gst|tva)|(без|с) ндс)\.?$"
)

# Each line is a language: en, de, fr, es, it, pt, nl, pl, ru, ja, zh, ko.
_WORDS: Mapping[str, str] = {
    "sku": """
sku|sku code|sku number|sku no|item sku|product sku|variant sku|seller sku|custom sku|custom label
custom label sku|variant code sku|article number
article no
article nr|article code|item number|item no|item nr|item code|item #|part number|part no|part #
p/n
product code|product number|product no|product sku|stock code|stock number|stock no
catalog number
catalogue number|internal reference|material number|material no|material|mpn|reference
reference no
reference number|ref|ref no|code|article|product id|item id|style number|model number|asset tag
variant code|sortly id
part ipn|ipn|stock item number|product reference
manufact sku
artikelnummer|artikelnr|artikel nr|art nr|artnr|artikel no|interne referenz|händler sku
bestellnummer|bestellnr|produktnummer
produktnr|produktcode|materialnummer|teilenummer|warennummer|artikelcode|nummer|nr
référence|réf|référence produit|référence article|code article|code produit|numéro d'article
n° article|no article|réf article|référence interne|ugs|ugs produit|code interne
referencia|ref|código|código de artículo|código artículo|código de producto|código producto|clave
código interno|número de artículo|cod|cod artículo
codice|codice articolo|cod articolo|cod art|codice prodotto|riferimento|codice interno
referência|código do produto|código produto|código do artigo|cód produto|cód|referência interna
artikelnummer|artikelcode|productcode|productnummer|bestelnummer|artikelnr
indeks|kod produktu|kod towaru|kod|symbol|numer katalogowy|nr katalogowy|numer artykułu
numer produktu|sygnatura
артикул|код товара|код|номенклатурный номер|номер товара|каталожный номер|артикул товара
商品コード|コード|品番|商品番号|製品番号|品目コード|製品コード|商品管理番号|型番|管理番号|アイテムコード
货号|商品编码|商品编号|产品编号|产品编码|商品货号|商家编码|物料编码|物料编号|料号|编码|编号
商品代码
款号|貨號|商品編號
상품코드|품목코드|제품코드|품번|상품번호|제품번호|품목번호
자재코드|자재번호|판매자 상품코드|자체 상품코드
관리코드|관리번호|재고코드|아이템 코드|모델번호|sku코드""",
    "name": """
name|product name|item name|product title|title|item title|article name|article description
item description|product description short|material description|product|item|goods|article
entry name
part name|asset name|accessory name|consumable name|component name
product service name
artikelbezeichnung|bezeichnung|artikelname|produktname|produktbezeichnung|produkt|artikel
benennung
bezeichnung 1|artikelbezeichnung 1|kurztext
artikelbeschreibung|warenbezeichnung|titel
nom|désignation|nom du produit|nom de l'article|libellé|intitulé|libellé produit|nom produit
désignation article|produit|titre
nombre|nombre del producto|nombre producto|nombre del artículo|producto|artículo|denominación
título
nome|nome prodotto|nome articolo|denominazione|prodotto|articolo|titolo|descrizione articolo
nome do produto|nome produto|produto|artigo|designação|nome do artigo
naam|productnaam|artikelnaam|artikelomschrijving|omschrijving|product|titel
nazwa|nazwa produktu|nazwa towaru|nazwa artykułu|towar|produkt|tytuł
наименование|название|наименование товара|название товара|товар|номенклатура|имя
商品名|品名|製品名|商品名称|品目名|名称|アイテム名|名前
商品名称|产品名称|品名|商品全名|货品全名|名称|物料名称|货品名称|商品标题|商品名|宝贝标题|標題|商品名稱
상품명|품명|품목명|제품명|상품 이름|제품 이름|아이템명|자재명|물품명|명칭|이름|상품|제품|품목""",
    "description": """
description|long description|product description|details|notes|comments|body html|remarks
beschreibung|langbeschreibung|langtext|produktbeschreibung|bemerkung
description du produit|description longue|descriptif|remarques
descripción|descripción larga|descripción del producto|detalle
descrizione|descrizione prodotto|descrizione lunga|note
descrição|descrição do produto|observações
beschrijving|lange omschrijving|productomschrijving|opmerking
opis|opis produktu|pełny opis|uwagi
описание|описание товара|комментарий|примечание
説明|商品説明|商品説明文|備考|詳細
描述|商品描述|产品描述|说明|备注|详情
설명|상품 설명|제품 설명|상세 설명|상품 상세설명|비고|메모|적요|특이사항""",
    "category": """
category|category name|product category|categories|item category|item group|product group
department
group|group name|product family|family|product type|type|class|subcategory|reporting category
primary folder
accessory category|consumable category
kategorie|warengruppe|kategorien|artikelgruppe|produktgruppe|produktkategorie|gruppe|abteilung
sortiment
catégorie|famille|catégories|rayon|catégorie de produit|catégorie de produits|groupe|famille produit
categoría|familia|rubro|categorías|categoría del producto|categoría de producto
grupo|departamento|línea
categoria|famiglia|reparto|categorie|gruppo|categoria prodotto|gruppo merceologico
categoria|família|categorias|grupo|departamento|categoria do produto|seção
categorie|productgroep|artikelgroep|groep|afdeling|productcategorie
kategoria|grupa|kategoria produktu|grupa towarowa|grupa produktów|dział
категория|группа|группы|категории|группа товаров|категория товара|раздел|товарная группа
カテゴリ|カテゴリー|部門名|分類|商品分類|部門|商品カテゴリ|グループ
类别|分类|所属分类|商品分类|类目|商品类别|产品分类|品类|分组|类型|商品类目|類別|分類
카테고리|카테고리명|분류|상품 분류|품목 분류|제품 분류|상품 카테고리|품목 그룹|품목 구분
대분류|그룹|종류|구분|부서""",
    "barcode": """
barcode|bar code|ean|ean13|ean 13|ean code|gtin|gtin13|upc|upc code|upc a|ean upc|upc ean
gtin ean
barcode number|barcode ean|isbn|product barcode|variant barcode|jan|scan code
gtin upc ean or isbn|p ean|p upc|barcode qr1 data|barcode qr 1 data
strichcode|ean nummer|gtin upc ean oder isbn|ean code|barcode nummer|ean nr|gtin nummer
code barre|code barres|gtin upc ean ou isbn|code à barres|codes barres|gencod|gencode|code ean
código de barras|código barras|gtin upc ean o isbn|cód de barras|cod barras|código ean
codice a barre|codice ean|barcode ean|cod a barre
código de barras|cód barras|código ean|cód de barras
streepjescode|ean code|barcode
kod kreskowy|kod ean|kody kreskowe|kod paskowy
штрихкод|штрих код|штрихкод ean13|штрихкод ean 13|штрихкоды|штрихкод товара|код ean|шк
バーコード|janコード|jan|バーコード番号|eanコード
条码|条形码|商品条码|产品条码|国际条码|条码号|條碼|條形碼
바코드|바코드 번호|상품 바코드|제품 바코드|표준 바코드|ean코드""",
    "unit": """
unit|uom|unit of measure|unit of measurement|units of measure|default unit of measure
standard uom name|units|usage unit|measure|unit name|sales unit
stock unit
packaging unit
einheit|mengeneinheit|maßeinheit|me|verkaufseinheit|lagereinheit|basiseinheit
unité|unité de mesure|unité de vente|u m
unidad|unidad de medida|unidad medida|u medida|um
unità|unità di misura|cod udm|udm|um|u m
unidade|unidade de medida|un|und
eenheid|meeteenheid|verkoopeenheid
jednostka|jm|j m|jednostka miary
единица|ед изм|ед|единица измерения|единицы измерения|ед измерения
単位|数量単位
单位|计量单位|基本单位|單位
단위|재고 단위|판매 단위|기본 단위|수량 단위""",
    "price": """
price|unit price|sales price|sale price|selling price|retail price|list price|regular price
variant price
default price|sell price|normal price|price tier 1|sales price rate|sales unit price|sell|rate
price each|rrp|msrp|srp|current price|start price|price tax excl|price tax incl|net price
gross price|price gross|price net
preis|verkaufspreis|vk|regulärer preis|brutto vk|netto vk|vp|vk1|vk 1|vk preis|listenpreis
einzelpreis|vk netto|vk brutto|nettopreis|bruttopreis
uvp
stückpreis|ladenpreis
prix|prix de vente|px vente|tarif régulier|prix unitaire|prix ht|prix ttc|prix public|prix vente
prix de vente ht|tarif
prix de vente ttc|pu ht|pv|pv ht|pv ttc
precio|precio de venta|precio normal|p v p|p venta|pvp|precio venta|precio unitario|precio público
precio lista|precio neto
prezzo|prezzo di vendita|listino 1|prezzo ivato|prezzo vendita|prezzo unitario|prezzo di listino
prezzo al pubblico
listino
preço|preço de venda|preço venda|preço unitário|valor|valor de venda|valor unitário|pvp
prijs|verkoopprijs|reguliere prijs|stukprijs|adviesprijs|prijs excl btw|prijs incl btw
verkoopprijs excl btw
cena|cena sprzedaży|cena brutto|cena netto|cena jednostkowa|cena detaliczna|cena sprzedaży brutto
cena sprzedaży netto
цена|цена продажи|цена цена продажи|розничная цена|цена розничная|стоимость|цена за единицу
продажная цена
価格|販売価格|商品単価|商品価格|単価|売価|定価|売単価|税込価格|税抜価格|販売単価|通常価格
价格|售价|单价|销售价|零售价|销售价格|一口价|标准售价|吊牌价|價格|單價
판매가|판매가격|가격|판매단가|단가|상품 가격|소비자가|소비자 가격
정가|소매가|매출단가|출고단가|출고가""",
    "cost": """
cost|cost price|unit cost|purchase price|standard cost|standard price|cost per item|buying price
wholesale price|supply price|purchase rate|average cost|last cost|purchase cost|buy price
landed cost|purchase prices net|purchase price net
default unit cost|cost of goods|default cost|purchases unit price|vendor price
einkaufspreis|ek|ek preis|ep|lek|ek netto|einstandspreis|selbstkosten|kosten|bezugspreis|ek brutto
kaufpreis|anschaffungskosten
prix d'achat|prix achat|px achat|prix d'achat ht|coût|coût unitaire|prix de revient|pa ht|pa
prix de gros
coste|costo|precio de compra|p coste|p compra|precio compra|precio de coste|precio de costo
costo unitario
coste unitario
costo|prezzo d'acquisto|prezzo forn|prezzo fornitore|prezzo di acquisto|prezzo acquisto
costo unitario|prezzo di costo
custo|preço de custo|preço de compra|custo unitário|preço compra|valor de custo|preço custo
inkoopprijs|kostprijs|inkoop|inkoopprijs excl btw
cena zakupu|koszt|cena zakupu netto|koszt jednostkowy|cena nabycia
закупочная цена|себестоимость|цена закупки|цена закупочная|закупка|входная цена
原価|仕入価格|仕入単価|仕入れ価格|仕入原価|仕入値|原単価
成本|成本价|成本均价|进价|进货价|采购价|采购价格|单位成本|进货价格|成本價
원가|매입가|매입단가|매입가격|매입원가|입고단가|구매가|구매단가|구입가|구입단가|공급가|공급단가|사입가|제조원가""",
    "minStock": """
min stock|minimum stock|reorder point|reorder level|safety stock|low stock threshold
low stock level
low stock amount|low stock|minimum quantity|min quantity|min qty|minimum qty|minimum level
par level
min level|minimum before reorder|reorder pt min|reorder pt
stock alert|alert quantity|minimum stock level|stock minimum|reorder qty point|minimum|min
mindestbestand|meldebestand|mindestlagerbestand|geringe lagermenge|minimalbestand|min bestand
sicherheitsbestand|bestellpunkt
stock minimum|stock mini|seuil d'alerte|stock min|seuil de réapprovisionnement|stock de sécurité
point de commande|seuil|quantité minimale|stock d'alerte
stock mínimo|existencia mínima|punto de pedido|stock de seguridad|mínimo|cantidad mínima
inventario mínimo|existencias mínimas|punto de reorden
scorta minima|scorta min|punto di riordino|giacenza minima|scorta di sicurezza|quantità minima
sottoscorta
estoque mínimo|stock mínimo|ponto de encomenda|quantidade mínima|mínimo|ponto de pedido
minimumvoorraad|minimale voorraad|min voorraad|bestelpunt|bestelniveau|veiligheidsvoorraad
stan minimalny|minimalny stan|min stan|zapas minimalny|minimum|minimalna ilość
zapas bezpieczeństwa
минимальный остаток|мин остаток|неснижаемый остаток|точка заказа|минимальный запас|минимум
страховой запас
最低在庫|最低在庫数|最小在庫|最小在庫数|発注点|安全在庫|安全在庫数|適正在庫
最低库存|最小库存|安全库存|库存下限|再订货点|库存预警|最低库存量|预警库存|最低庫存
최소재고|최소 재고량|최소 재고수량|안전재고|안전 재고량|안전 재고수량|적정재고|적정 재고수량
재주문점|발주점|재발주점|최소수량""",
    "leadTimeDays": """
lead time|lead time days|supplier lead time|vendor lead time|delivery lead time|delivery days
days to deliver|replenishment lead time|purchase lead time|lead days
lieferzeit|lieferzeit tage|lieferzeit in tagen|wiederbeschaffungszeit|beschaffungszeit|lieferfrist
délai de livraison|délai|délai jours|délai d'approvisionnement|délai fournisseur
plazo de entrega|plazo de entrega días|tiempo de entrega|días de entrega|plazo de aprovisionamiento
tempo di consegna|giorni di consegna|lead time giorni|tempo di approvvigionamento|tempi di consegna
prazo de entrega|prazo de entrega dias|dias de entrega|tempo de entrega|prazo de reposição
levertijd|levertijd dagen|levertijd in dagen|leveringstijd
czas dostawy|czas realizacji|termin dostawy|czas dostawy dni
срок поставки|время поставки|срок доставки|срок поставки дней
リードタイム|納期|調達期間|納入日数|リードタイム日数
交货期|交货周期|采购周期|交期|补货周期|采购提前期|交貨期
리드타임|납기|납기 일수|조달 기간|배송 일수|공급 기간|입고 소요일""",
    "initialStock": """
initial stock|stock on hand|quantity on hand|on hand|qty on hand|on hand qty|qoh|in stock
current stock
stock quantity|stock qty|stock level|current quantity|available quantity|quantity available
quantity
qty|available|inventory|inventory quantity|inventory qty|variant inventory qty|stock
opening stock
units in stock|total in stock|total stock|remaining|stock available|count|balance|pieces|pcs
bestand|lagerbestand|lagerbestand gesamt|gesamtbestand|verfügbarer bestand|lagermenge
aktueller bestand|menge|anzahl|stückzahl|stueckzahl|stk
istbestand|vorrätig|vorrätige menge|bestand vorrätig
verfügbar|verfügbare menge
quantité en stock|stock|stock réel|stock physique|en stock|stock actuel|quantité|qté|qté en stock
qte|stock disponible
quantité disponible|nombre d'unités|en main|quantité en main
existencias|existencia|stock real|uds|uds stock|cantidad en stock|stock actual|stock|cantidad|cant
inventario|disponible|a mano|cantidad a mano|cantidad disponible
unidades
giacenza|quantità in magazzino|q tà in giacenza|quantità in giacenza|quantità|qtà|esistenza
disponibilità|giacenza attuale|q tà|qta|disponibile|quantità disponibile
quantidade em estoque|estoque|estoque atual|stock atual|quantidade|qtd|qtde|qtd estoque|saldo
voorraad|aantal|vrije voorraad|technische voorraad|huidige voorraad|op voorraad|hoeveelheid
beschikbaar|stuks
stan magazynowy|stan|ilość|ilość w magazynie|stan bieżący|liczba sztuk|ilość sztuk|zapas|dostępne
остаток|количество|доступно|кол во|кол|в наличии|остаток на складе|наличие|текущий остаток|остатки
запас
在庫数|在庫|在庫数量|現在庫|現在庫数|数量|個数|手持在庫
库存|库存数量|数量|现有库存|当前库存|可用库存|库存量|在库数量|总库存|結存|庫存|數量
재고수량|현재고|현재 재고|현재고 수량|재고|재고량|보유수량|가용재고
판매가능 수량|기초재고|수량|잔량|개수""",
    "location": """
location|location code|location name|warehouse|warehouse name|warehouse code|bin location
stock location
default location|storage location|stock room|store|bin|shelf|place|site|outlet|branch
lagerort|lagerplatz|lager|standort|filiale|regal|lagerfach
emplacement|entrepôt|magasin|dépôt|lieu|site|emplacement de stock|rayonnage
ubicación|almacén|bodega|depósito|sucursal|tienda|localización
ubicazione|magazzino|deposito|posizione|negozio|scaffale
localização|armazém|depósito|local|loja|localização no estoque
locatie|magazijn|opslaglocatie|magazijnlocatie|filiaal|winkel
lokalizacja|magazyn|miejsce|miejsce składowania|sklep|oddział
склад|местоположение|место хранения|место|магазин|ячейка|адрес хранения
保管場所|倉庫|場所|ロケーション|置き場所|棚|店舗|棚番
仓库|库位|货位|仓位|存放位置|位置|门店|所在仓库|倉庫|庫位|存放地点
보관 장소|보관 위치|창고|창고명|창고 코드|위치|장소|로케이션|적재 위치|매장|지점|선반|진열 위치""",
    "quantity": """
counted|counted quantity|counted qty|count|quantity counted|physical count|actual quantity
received|received quantity|quantity received|qty received|delivered|quantity delivered
gezählt|gezählte menge|zählmenge|inventurmenge|istmenge|ist|erhalten|geliefert|liefermenge
compté|quantité comptée|stock compté|reçu|quantité reçue|livré|quantité livrée
contado|cantidad contada|recuento|recibido|cantidad recibida
contato|quantità contata|conteggio|ricevuto|quantità ricevuta
contada|quantidade contada|contagem|recebido|quantidade recebida
geteld|geteld aantal|telling|ontvangen|ontvangen aantal|geleverd
policzone|ilość policzona|spis|stan ze spisu|przyjęto|ilość przyjęta
подсчитано|факт|фактическое количество|фактический остаток|получено|принято
実棚|実棚数|棚卸数|棚卸数量|実在庫|入庫数|入荷数|入荷数量
盘点数量|实盘数量|实盘数|盘点数|实际数量|入库数量|收货数量|到货数量
실사수량|실사 재고|재고실사 수량|실재고|실제 수량|입고수량|입고량|입고|수령 수량|납품 수량""",
    "visibility": """
visibility
sichtbarkeit
visibilité
visibilidad
visibilità
visibilidade
zichtbaarheid
widoczność
видимость
表示設定|公開設定
可见性
공개 여부|노출 여부""",
}


def key(name: str) -> str:
    """A column's name as such compare: "Art.-Nr.", "art nr" and "ARTNR" are one."""
    if len(name) > NAME_CHARACTERS_MAX:
        return ""
    text = plain(name)
    joined = "".join(character for character in text if character.isalnum() or character in "#°")
    return joined.replace("°", "o")


def keys(name: str) -> list[str]:
    """What a column's name may be found by: as a whole, then without what stands beside it."""
    if len(name) > NAME_CHARACTERS_MAX:
        return []
    return list(dict.fromkeys(found for found in (key(name), key(_bare(name))) if found))


def without_tax(name: str) -> str:
    """The key of a price's name without the tax with which it is told; "": it says none."""
    bare = _bare(name[:NAME_CHARACTERS_MAX])
    untaxed = _TAX_BEHIND.sub("", bare)
    return "" if untaxed == bare else key(untaxed)


def _bare(name: str) -> str:
    return _MONEY_BEHIND.sub("", _ASIDE.sub(" ", name).strip().lower()).strip(" *:€$£¥")


def _ranked(words: str) -> Mapping[str, int]:
    """Key of a name → its place among the words, the first where it stands twice."""
    ranks: dict[str, int] = {}
    for rank, text in enumerate(words.strip().replace("\n", "|").split("|")):
        ranks.setdefault(key(text), rank)
    return ranks


# Field → key of a name → how good a name it is, 0 for the best. What was counted or came in is told
# so first; else it is called as a stock is.
SYNONYMS: Mapping[str, Mapping[str, int]] = {
    name: _ranked(words) for name, words in _WORDS.items()
} | {"quantity": _ranked(_WORDS["quantity"] + "\n" + _WORDS["initialStock"])}


def is_known(name: str) -> bool:
    """Whether a column of this name stands for any field."""
    return any(word in ranks for word in keys(name) for ranks in SYNONYMS.values())
