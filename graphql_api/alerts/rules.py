"""Which alerts there are: when an item deserves one, how grave it is, what it says. Pure: no
database, no clock. The evaluator (book.py) and the scheduled check (check.py) loop over RULES.

A new kind of alert is a member of AlertType, a `Rule` and its place in RULES. Two types belong to
one rule when an item's live alert goes from one to the other, as low and out of stock do; two
rules have live alerts beside each other.

PLACE_RULES judge what is at one location against that location's own minimum; RULES judge items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum

from graphql_api.alerts import words
from graphql_api.said import said

KINDS_APART = 1 << 48  # between the keys of two rules: more ids than a log ever gives


class AlertType(Enum):
    """What is wrong; each belongs to one rule."""

    LOW_STOCK = "LOW_STOCK"
    OUT_OF_STOCK = "OUT_OF_STOCK"


class Severity(IntEnum):
    """Rises with the number, so that severities compare."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Basis(Enum):
    """What is compared with the minimum of an item or a place: its stock, or what of it nobody
    holds, 0 at least (the setting ALERTS_BY)."""

    STOCK = "stock"
    AVAILABLE = "available"

    def figure(self, stock: int, held: int) -> int:
        """The figure to compare."""
        return stock if self is Basis.STOCK else max(stock - held, 0)


class AlertStatus(Enum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SNOOZED = "SNOOZED"
    RESOLVED = "RESOLVED"


@dataclass(frozen=True, slots=True)
class Condition:
    """What an item's state calls for."""

    type: AlertType
    severity: Severity


@dataclass(slots=True)  # not frozen: there is one for each movement, and that takes a third
class Subject:
    """What rules may know of an item, or of what is of it at one location.

    stock: or what of it nobody holds, see Basis.

    is_retired: archived or deleted, so nobody misses it.
    had_stock: whether it ever had any; asked only where it matters, at 0 without a minimum.
    stock_before: the stock before the change that is looked at, None when none is.
    minimum_id: of a location's own minimum; None: the item itself. Then stock and min_stock are
    what is at the location and what should be, and is_retired holds too when the location is
    archived or the minimum was taken away.
    """

    item_id: int
    sku: str
    name: str
    stock: int
    min_stock: int
    admins_only: int
    is_retired: bool
    had_stock: bool
    stock_before: int | None = None
    location_id: int | None = None
    location_code: str | None = None
    minimum_id: int | None = None

    @property
    def own_id(self) -> int:
        """What the keys of its live alerts are made of: no item and no minimum share an id."""
        return self.item_id if self.minimum_id is None else self.minimum_id


@dataclass(frozen=True, slots=True)
class TypeWords:
    """title: what an alert's title begins with, `said`. meaning: for whoever reads the schema."""

    title: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of alert. An item has one live alert of each kind at most.

    number: of its own and for ever, since the keys of live alerts hold it (`key`).
    types: what it raises, and what each is called.
    candidates: which items it can call for an alert, as an SQL condition on the item `i` for both
    databases, without parameters (for a rule of places, on what subjects.py joins); its i.stock,
    or coalesce(l.quantity, 0) of a place, is what is judged (subjects.judged). It must hold for
    each such item, and may hold for more; the scheduled check looks at no others but those that
    have a live alert.
    judge: what an item calls for; None when all is well. is_well: whether a figure and a minimum
    alone say that `judge` answers None, as they do for nearly every change.
    sentence: an alert's message, see words.message. many: what is told of several alerts at once,
    after "3 items are"; `said` too.
    """

    kind: str
    number: int
    types: Mapping[AlertType, TypeWords]
    candidates: str
    judge: Callable[[Subject], Condition | None]
    is_well: Callable[[int, int], bool]
    sentence: Callable[[str, int, int | None, int], str]
    many: str

    @property
    def key_offset(self) -> int:
        """Item id → key: what is added."""
        return self.number * KINDS_APART

    def key(self, own_id: int) -> int:
        """The key of a live alert: what `alert.live_item_id` holds, so that the database holds to
        one. own_id: of the item, or of the place's minimum. Rule 0's is the item's id."""
        return own_id + self.number * KINDS_APART


# Whether the item `i` ever had stock. By the index of its movements: the first decides mostly.
HAD_STOCK = "EXISTS (SELECT 1 FROM movement m WHERE m.item_id = i.id AND m.new_stock > 0)"


def condition_of(
    stock: int, min_stock: int, is_retired: bool = False, had_stock: bool = True
) -> Condition | None:
    """The alert that `stock` calls for; None when all is well, or the item is retired.

    had_stock: whether the item ever had any. One that never had and has no minimum calls for
    nothing: it is not missed.

    0: OUT_OF_STOCK, CRITICAL. At most min_stock: LOW_STOCK, and HIGH at a quarter of it or
    less, MEDIUM at half or less, LOW above that.
    """
    if is_retired or stock > min_stock or not (had_stock or min_stock):
        return None
    if stock == 0:
        return Condition(AlertType.OUT_OF_STOCK, Severity.CRITICAL)
    if stock * 4 <= min_stock:
        return Condition(AlertType.LOW_STOCK, Severity.HIGH)
    if stock * 2 <= min_stock:
        return Condition(AlertType.LOW_STOCK, Severity.MEDIUM)
    return Condition(AlertType.LOW_STOCK, Severity.LOW)


STOCK = Rule(
    kind="stock",
    number=0,
    types={
        AlertType.LOW_STOCK: TypeWords(
            said("Low stock"), "stock is at minStock or below, and not 0."
        ),
        AlertType.OUT_OF_STOCK: TypeWords(
            said("Out of stock"), "stock is 0, and there was some before or there is a minStock."
        ),
    },
    candidates=(
        "i.stock <= i.min_stock AND i.deleted_at IS NULL AND i.archived_at IS NULL "
        f"AND (i.min_stock > 0 OR {HAD_STOCK})"
    ),
    judge=lambda item: condition_of(item.stock, item.min_stock, item.is_retired, item.had_stock),
    is_well=int.__gt__,
    sentence=words.message,
    many=said("low or out of stock"),
)

PLACE_STOCK = Rule(
    kind="stock at a place",
    number=1,
    types=STOCK.types,
    candidates=(
        "m.min_stock IS NOT NULL AND coalesce(l.quantity, 0) <= m.min_stock "
        "AND i.deleted_at IS NULL AND i.archived_at IS NULL AND p.archived_at IS NULL"
    ),
    judge=STOCK.judge,
    is_well=STOCK.is_well,
    sentence=words.message_there,
    many=STOCK.many,
)

RULES: tuple[Rule, ...] = (STOCK,)
PLACE_RULES: tuple[Rule, ...] = (PLACE_STOCK,)
RULE_OF: Mapping[AlertType, Rule] = {kind: rule for rule in RULES for kind in rule.types}
PLACE_RULE_OF: Mapping[AlertType, Rule] = {
    kind: rule for rule in PLACE_RULES for kind in rule.types
}


def rule_of(alert_type: AlertType, minimum_id: int | None) -> Rule:
    """The rule that raised an alert. minimum_id: of a place's own minimum, None: of an item."""
    return (RULE_OF if minimum_id is None else PLACE_RULE_OF)[alert_type]


def live_keys(item_ids: Iterable[int], minimum_ids: Iterable[int] = ()) -> list[int]:
    """The keys that live alerts of these items, and of these places' minimums, can have."""
    items, minimums = list(item_ids), list(minimum_ids)
    return [rule.key(item_id) for rule in RULES for item_id in items] + [
        rule.key(minimum_id) for rule in PLACE_RULES for minimum_id in minimums
    ]
