"""A parameter, said once: a pydantic field that knows its range, unit, title and help.

Command-line flags, the REST schema, the studio's forms, the tables in the documentation and the tests with
invalid values are all read from these fields.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Literal, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sightmill.errors import SettingsError

__all__ = ["Settings", "allowed_values", "describe", "from_text", "setting", "to_text", "usually"]

#: Words that names of parameters shorten.
_SHORT = {"max": "maximum", "min": "minimum", "ood": "out-of-distribution"}

#: Ends of a parameter's range, as pydantic keeps them.
_BOUNDS = ("ge", "gt", "le", "lt")


def setting(
    default: Any,
    help: str,
    *,
    title: str | None = None,
    unit: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    group: str = "",
    advanced: bool = False,
) -> Any:
    """Declare one parameter.

    Parameters
    ----------
    default : its value when nobody says anything.
    help : one sentence for the user, saying what 0 or None means where that is special.
    title : its name in forms; None takes that of the class that declares it first, else the field's name in words.
    unit : ``%``, ``px``, ``deg``, ``min`` ...
    ge, gt, le, lt : its range.
    group : heading under which forms and help show it.
    advanced : True folds it away.
    """
    return Field(
        default=default,
        title=title,
        description=help,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        json_schema_extra={"unit": unit, "group": group, "advanced": advanced},
    )


class Settings(BaseModel):
    """Base of all settings: immutable, strict about names, and answering in sentences."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Validate values that came from outside (flags, JSON, a manifest).

        Raises
        ------
        SettingsError : one sentence for the first bad value: which parameter, what was got, what is allowed.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise _as_sentence(cls, error) from error

    def changed(self, **values: Any) -> Self:
        """A copy with some values replaced, validated; raises `SettingsError`."""
        return type(self).of({**self.model_dump(), **values})


def usually(default: Any, of: type[Settings], name: str) -> Any:
    """Declare a parameter of another class again, with another default: all else is said there."""
    field = of.model_fields[name]
    bounds = {key: getattr(bound, key) for bound in field.metadata for key in _BOUNDS if hasattr(bound, key)}
    extra: dict[str, Any] = field.json_schema_extra  # type: ignore[assignment]  # what `setting` put there
    return setting(default, field.description or "", title=field.title, **bounds, **extra)


def describe(settings: type[Settings]) -> list[dict[str, Any]]:
    """Every parameter as plain data: name, title, help, default, unit, group, advanced, kind, range.

    ``kind`` is ``bool``, ``int``, ``float``, ``choice`` (then ``choices``), ``text`` or ``list``; ``optional``
    tells that None is allowed; ``minimum``/``maximum`` with ``exclusive_minimum``/``exclusive_maximum``.
    """
    return [_described(settings, name) for name in settings.model_fields]


def from_text(settings: type[Settings], name: str, text: str) -> Any:
    """A value that came as text (a flag, an address), still to be validated.

    ``none`` is None where the parameter allows it, and ``;`` parts a list. A name that is not known is left to
    `Settings.of`, whose sentence tells those that are.
    """
    text = text.strip()
    if name not in settings.model_fields:
        return text
    described = _described(settings, name)
    if described["kind"] == "list":
        return [part.strip() for part in text.split(";") if part.strip()]
    return None if described["optional"] and text.lower() == "none" else text


def to_text(value: Any) -> str:
    """A value as `from_text` reads it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ";".join(to_text(part) for part in value)
    return str(value)


def allowed_values(described: Mapping[str, Any]) -> str:
    """The range of a described parameter in words, for help pages and errors."""
    if described["kind"] == "choice":
        return ", ".join(str(choice) for choice in described["choices"])
    if described["kind"] == "bool":
        return "true, false"
    unit = f" {described['unit']}" if described["unit"] else ""
    low, high = described["minimum"], described["maximum"]
    low_words = None if low is None else f"{'> ' if described['exclusive_minimum'] else '>= '}{_number(low)}"
    high_words = None if high is None else f"{'< ' if described['exclusive_maximum'] else '<= '}{_number(high)}"
    if low_words and high_words and not described["exclusive_minimum"] and not described["exclusive_maximum"]:
        words = f"{_number(low)} to {_number(high)}"
    else:
        words = " and ".join(part for part in (low_words, high_words) if part) or "any"
    whole = "whole number " if described["kind"] == "int" else ""
    none = ", or none" if described["optional"] else ""
    return f"{whole}{words}{unit}{none}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _described(settings: type[Settings], name: str) -> dict[str, Any]:
    field = settings.model_fields[name]
    kind, choices, optional = _kind(field.annotation)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    found: dict[str, Any] = {
        "name": name,
        "title": _title(settings, name),
        "help": field.description or "",
        "default": field.default,
        "unit": extra.get("unit", ""),
        "group": extra.get("group", ""),
        "advanced": bool(extra.get("advanced", False)),
        "kind": kind,
        "choices": list(choices),
        "optional": optional,
        "minimum": None,
        "maximum": None,
        "exclusive_minimum": False,
        "exclusive_maximum": False,
    }
    for bound in field.metadata:
        for attribute, side, exclusive in (
            ("ge", "minimum", False),
            ("gt", "minimum", True),
            ("le", "maximum", False),
            ("lt", "maximum", True),
        ):
            value = getattr(bound, attribute, None)
            if value is not None:
                found[side] = value
                found[f"exclusive_{side}"] = exclusive
    return found


def _title(settings: type[Settings], name: str) -> str:
    """A parameter's title; a class that only gives it another default does not say it again."""
    for owner in settings.__mro__:
        field = owner.model_fields.get(name) if issubclass(owner, Settings) else None
        if field is not None and field.title:
            return field.title
    return _words(name)


def _words(name: str) -> str:
    """``min_score`` -> ``Minimum score``."""
    words = " ".join(_SHORT.get(word, word) for word in name.split("_"))
    return words[0].upper() + words[1:]


def _kind(annotation: Any) -> tuple[str, tuple[Any, ...], bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        kind, choices, _ = _kind(inner[0])
        return kind, choices, True
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation), False
    if get_origin(annotation) in (tuple, list):
        return "list", (), False
    names = {bool: "bool", int: "int", float: "float", str: "text"}
    return names.get(annotation, "text"), (), False


def _as_sentence(settings: type[Settings], error: ValidationError) -> SettingsError:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else settings.__name__
    if first["type"] == "extra_forbidden":
        return SettingsError("unknown parameter", where=name, allowed=sorted(settings.model_fields))
    if name not in settings.model_fields:
        return SettingsError(_own_words(first["msg"]), where=None if not first["loc"] else name)
    described = _described(settings, name)
    what = "this value is not allowed" if first["type"] != "value_error" else _own_words(first["msg"])
    return SettingsError(what, where=name, got=first.get("input"), allowed=allowed_values(described))


def _own_words(message: str) -> str:
    """A validator's sentence without what pydantic puts before it."""
    return message.removeprefix("Value error, ")
