"""The names that parameters have in forms."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sightmill.errors import SettingsError
from sightmill.methods.catalogue import methods
from sightmill.methods.contract import Method
from sightmill.methods.settings import Settings, describe, setting, usually

#: Short forms that belong into code and not into a form.
SHORT = {"max", "min", "num", "ood", "percent", "lr", "roi", "iou", "nms", "dir"}


def titles(settings: type[Settings]) -> dict[str, str]:
    return {item["name"]: item["title"] for item in describe(settings)}


@pytest.mark.parametrize("method", methods().values(), ids=methods())
def test_titles_read_well_and_tell_the_parameters_apart(method: Method[Any, Any]) -> None:
    for form in (titles(method.Training), titles(method.Inference)):
        assert len(set(form.values())) == len(form)
        for name, title in form.items():
            assert title[0].isupper() and len(title) <= 40, (name, title)
            assert not SHORT & set(re.split(r"[^a-z0-9]+", title.casefold())), (name, title)


def test_a_title_is_made_of_the_name_and_said_once() -> None:
    class First(Settings):
        ood_threshold: float = setting(1.0, "A.")
        scale_min: float = setting(1.0, "B.", title="Smallest scale")

    class Second(First):
        scale_min: float = setting(2.0, "B.")

    assert titles(First) == {"ood_threshold": "Out-of-distribution threshold", "scale_min": "Smallest scale"}
    assert titles(Second) == titles(First)
    assert Second().scale_min == 2.0


def test_another_default_repeats_nothing_else() -> None:
    class First(Settings):
        scale_min: float = setting(50.0, "B.", title="Smallest scale", unit="%", ge=10, lt=90, group="G", advanced=True)

    class Second(First):
        scale_min: float = usually(20.0, First, "scale_min")

    told, again = describe(First)[0], describe(Second)[0]
    assert {**told, "default": 20.0} == again
    with pytest.raises(SettingsError, match="scale_min"):
        Second.of({"scale_min": 90})
