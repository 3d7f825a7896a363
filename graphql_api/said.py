"""Sentences with values in them, for people: made where something is refused, told in English here,
and in any language by whoever has the template. Pure; used by every layer."""

from __future__ import annotations

from collections.abc import Mapping

Value = str | int | float | bool


class Said(str):
    """An English sentence that still knows its `template` ("There is no item with id {id}.") and
    its `values` ({"id": 7}). shell: how a command says it, with its options; "": likewise."""

    template: str
    values: Mapping[str, Value]
    shell: str = ""


def said(template: str, /, **values: object) -> Said:
    """The sentence. Raises KeyError for a place in the template that has no value.

    values: what JSON has (text, numbers, yes and no) stays so; all else is told as text.
    """
    plain: dict[str, Value] = {
        name: value if isinstance(value, str | int | float) else str(value)
        for name, value in values.items()
    }
    sentence = Said(template.format_map(plain))
    sentence.template = template
    sentence.values = plain
    return sentence


def otherwise_in_shell(sentence: Said, shell: str) -> Said:
    """The sentence, which a command says as `shell`, because there it names its options."""
    sentence.shell = shell
    return sentence


def in_shell(sentence: str) -> str:
    """The sentence as a command says it."""
    return str(getattr(sentence, "shell", "") or sentence)


def said_before(message: str, template: str, values: Mapping[str, Value] | None) -> str:
    """The sentence that was stored so. template "": it has none."""
    if not template:
        return message
    sentence = Said(message)
    sentence.template, sentence.values = template, values or {}
    return sentence


def template_of(sentence: str) -> str:
    """What a translation is found by: the sentence itself where no values are in it."""
    return sentence.template if isinstance(sentence, Said) else sentence


def values_of(sentence: str) -> Mapping[str, Value]:
    """By their names in the template; {}: none."""
    return sentence.values if isinstance(sentence, Said) else {}
