"""A look at a document before it is parsed, and at variables before they are coerced: too much
of anything is refused right there.

A text takes one pass of a compiled pattern, linear in it and a tenth of what parsing costs. It
follows the specification's lexical grammar (section 2.1) as far as counting needs: what it lets
through is still parsed, and what is no document is left for the parser to say.
"""

from __future__ import annotations

import re
from typing import Any

NESTING_MAX = 60  # brackets within brackets; GraphiQL's introspection query has 16
SPREADS_MAX = 250  # of fragments, inline ones too; 20 fragments that spread each other have 210
NAMED_VALUES_MAX = 100  # arguments, input fields or variables in one pair of brackets

# Blanks and comments are passed over together with the token after them. A string is one token
# however long it is; one without an end goes as far as it can: the parser tells. Nothing that
# was matched is given back (`++`, `*+`), so the time is linear whatever the text.
_TOKEN = re.compile(
    r"""(?:[\s,\ufeff]++|\#[^\n\r]*+)*+
    (?: (?P<open>[{(\[]) | (?P<close>[})\]]) | (?P<spread>\.\.\.) | (?P<colon>:)
      | (?P<rest> "\""(?:[^"\\]++|\\(?:"\"")?+|"(?!""))*+(?:"\"")?+
          | "(?:[^"\\\n\r]++|\\.)*+"?+
          | [A-Za-z_]\w*+ | -?\d[\d.]*+(?:[eE][+-]?\d++)?+ | .)
      | (?P<end>\Z) )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


def excess(text: str, tokens_max: int, definitions_max: int) -> str | None:
    """What `text` has too much of, as a sentence for its sender; None: nothing.

    definitions_max: operations and fragments together. Stops at the first excess.
    """
    spreads = definitions = 0
    named = [0]  # values with a name, of each pair of brackets that is open here
    for tokens, match in enumerate(_TOKEN.finditer(text), 1):
        kind = match.lastgroup
        if kind == "end":
            break
        if tokens > tokens_max:
            return f"The document has more than {tokens_max} tokens."
        if kind == "open":
            named.append(0)
            if len(named) > NESTING_MAX:
                return f"The document is nested too deeply: more than {NESTING_MAX} brackets."
        elif kind == "close":
            if len(named) > 1:
                named.pop()
            definitions += len(named) == 1 and match["close"] == "}"
            if definitions > definitions_max:
                return f"The document has more than {definitions_max} operations and fragments."
        elif kind == "spread":
            spreads += 1
            if spreads > SPREADS_MAX:
                return f"The document has more than {SPREADS_MAX} spreads of fragments."
        elif kind == "colon":
            named[-1] += 1
            if named[-1] > NAMED_VALUES_MAX:
                return f"The document has more than {NAMED_VALUES_MAX} named values in one place."
    return None


def count_values(variables: Any, most: int) -> int:
    """How many values there are within variables, at any depth; at once when above `most`."""
    count, waiting = 0, [variables]
    while waiting and count <= most:
        value = waiting.pop()
        inner = value.values() if type(value) is dict else value
        count += len(inner)
        if count <= most:  # they come from JSON, which makes these two types and none below them
            waiting += [one for one in inner if type(one) is dict or type(one) is list]
    return count
