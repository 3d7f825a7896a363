"""What somebody may have meant: words of items that are nearly the words of a search.

For each word that no visible item has: the words that one slip of a finger makes of it are looked
up; if there are none, the words that begin like it are compared, by how many slips they are away.
A slip is a letter too many, missing, wrong, or two that changed places (optimal string alignment).
No index of its own: a word of ten letters takes about 700 look-ups, which one statement does in
milliseconds. Only words of items that the viewer may see are suggested.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graphql_api.database.connection import Connection
from graphql_api.inventory.conditions import Where
from graphql_api.inventory.matching import TERM_END, Query, query_of
from graphql_api.inventory.ranked import Cut, RankedSearch
from graphql_api.texts.terms import INNER, as_one, is_unspaced, query_words

SUGGESTIONS_MAX = 3
WORD_MIN, WORD_MAX = 3, 24  # letters of a word that is mended; longer ones are no words
FAR_MIN = 5  # letters of a word that may be two slips away, not one
BEGIN = 3  # letters that a word two slips away begins with as it should
TERMS_COMPARED_MAX = 300  # of those that begin alike
ITEMS_LOOKED_AT_MAX = 200  # for whether one of a term's items is visible
NEAR_MAX = 4  # words tried in a word's place
HALF_MIN = 2  # letters of the shorter half of a word that was written without its space
# Of a text `value`. Not EXISTS: PostgreSQL would read the whole index beside the list.
_IS_TERM = "(SELECT 1 FROM item_term WHERE term = value LIMIT 1) = 1"
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
)


class Suggestions:
    """Reads words."""

    def __init__(self, reading: Connection, ranked: RankedSearch) -> None:
        self._reading = reading
        self._ranked = ranked

    async def of(self, query: Query, where: Where) -> list[str]:
        """At most SUGGESTIONS_MAX searches, in plain letters; each finds something. where: which
        items the viewer asks for."""
        words = [word for word in query_words(query.text) if word in query.words]
        missing = [word for word in words if not await self._has(word, where)]
        found = [
            text
            for text in await self._respaced(query, words, missing)
            if await self._finds(text, query, where)
        ]
        if found:
            return found[:SUGGESTIONS_MAX]
        mended = {word: await self._near(word, where) for word in missing}
        for choice in range(NEAR_MAX if mended and all(mended.values()) else 0):
            text = " ".join(
                mended[word][min(choice, len(mended[word]) - 1)] if word in mended else word
                for word in words
            )
            is_certain = (
                len(words) == 1
            )  # a visible item has it; that one has several is not certain
            if text not in found and (is_certain or await self._finds(text, query, where)):
                found.append(text)
        return found[:SUGGESTIONS_MAX]

    async def _finds(self, text: str, query: Query, where: Where) -> bool:
        meant = query_of(text, query.told)
        return meant is not None and bool(await self._ranked.page(meant, where, Cut(limit=1)))

    async def _respaced(
        self, query: Query, words: Sequence[str], missing: Sequence[str]
    ) -> list[str]:
        """With a space less (screw driver, O-Ring), or more, within a word that nothing has."""
        whole = as_one(query.text)
        texts = [] if whole is None else [whole]
        for place in range(1, len(words)):
            texts.append(" ".join([*words[: place - 1], words[place - 1] + words[place],
                                   *words[place + 1 :]]))  # fmt: skip
        for word in missing:
            place = words.index(word)
            for halves in await self._halves(word):
                texts.append(" ".join([*words[:place], halves, *words[place + 1 :]]))
        return list(dict.fromkeys(texts))

    async def _halves(self, word: str) -> list[str]:
        """The word as two that items have, with a space between."""
        if len(word) > WORD_MAX or is_unspaced(word):
            return []
        cuts = range(HALF_MIN, len(word) - HALF_MIN + 1)
        pairs = [(word[:cut], word[cut:]) for cut in cuts]
        dialect = self._reading.dialect
        rows = await self._reading.rows(
            f"SELECT value FROM {dialect.each('text')} WHERE {_IS_TERM}",
            dialect.array({half for pair in pairs for half in pair}),
        )
        known = {row[0] for row in rows}
        return [f"{one} {other}" for one, other in pairs if one in known and other in known]

    async def _has(self, word: str, where: Where) -> bool:
        """Whether a visible item has a word that begins so."""
        row = await self._reading.row(
            "SELECT 1 FROM (SELECT item_id FROM item_term WHERE term >= ? AND term < ? LIMIT ?) "
            f"found CROSS JOIN item WHERE item.id = found.item_id AND {where.sql} LIMIT 1",
            word,
            word + TERM_END,
            ITEMS_LOOKED_AT_MAX,
            *where.parameters,
        )
        return row is not None

    async def _near(self, word: str, where: Where) -> list[str]:
        """Words of visible items nearest to this one, the most frequent first."""
        if not WORD_MIN <= len(word) <= WORD_MAX or is_unspaced(word):
            return []
        near = dict.fromkeys(one_slip(word), 1)
        near.pop(word, None)
        counts = await self._counts(near, where)
        if not counts and len(word) >= FAR_MIN:
            alike = await self._beginning(word[:BEGIN])
            near = {term: slips for term in alike if 0 < (slips := slips_between(word, term)) <= 2}
            counts = await self._counts(near, where)
        least = min((near[term] for term in counts), default=0)
        nearest = [(-count, term) for term, count in counts.items() if near[term] == least]
        return [term for _, term in sorted(nearest)[:NEAR_MAX]]

    async def _counts(self, terms: Iterable[str], where: Where) -> dict[str, int]:
        """Those of these words that visible items have, and how many have them, as far as it is
        looked."""
        dialect = self._reading.dialect
        rows = await self._reading.rows(
            "SELECT value, (SELECT count(*) FROM (SELECT item_id FROM "
            "item_term WHERE term = value LIMIT ?) found CROSS JOIN item "
            f"WHERE item.id = found.item_id AND {where.sql}) "
            f"FROM {dialect.each('text')} WHERE {_IS_TERM}",
            ITEMS_LOOKED_AT_MAX,
            *where.parameters,
            dialect.array(terms),
        )
        return {row[0]: row[1] for row in rows if row[1]}

    async def _beginning(self, begin: str) -> list[str]:
        """Different words that begin so, in the alphabet's order: one step of the index each."""
        rows = await self._reading.rows(
            "WITH RECURSIVE met(term, number) AS (SELECT (SELECT min(term) FROM item_term WHERE "
            "term >= ? AND term < ?), 1 UNION ALL SELECT (SELECT min(item_term.term) FROM "
            "item_term WHERE item_term.term > met.term AND item_term.term < ?), met.number + 1 "
            "FROM met WHERE met.term IS NOT NULL AND met.number < ?) "
            "SELECT term FROM met WHERE term IS NOT NULL",
            begin,
            begin + TERM_END,
            begin + TERM_END,
            TERMS_COMPARED_MAX,
        )
        return [row[0] for row in rows if not row[0].endswith(INNER)]


def one_slip(word: str) -> Iterator[str]:
    """What becomes of a word by one letter more, less, other, or two that change places."""
    alphabet = "".join(letters for letters in _ALPHABETS if set(word) & set(letters))
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        for letter in alphabet:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]


def slips_between(one: str, other: str, most: int = 2) -> int:
    """The optimal string alignment distance; most + 1 where it is more than `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    older: Sequence[int] = ()
    old = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        new = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(old[j] + 1, new[j - 1] + 1, old[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, older[j - 2] + 1)
            new.append(cost)
        if min(new) > most:
            return most + 1
        older, old = old, new
    return min(old[-1], most + 1)
