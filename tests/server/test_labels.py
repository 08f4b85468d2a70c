"""What is known of images: each gesture is one change, on disk at once, and can be undone, also after a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from server_toys import P, box, draw, finished, rows, whole

from sightmill.data.regions import Mask


def annotations(client: TestClient, image: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{P}/images/{image}").json()["annotations"]
    return found


def test_an_import_brings_labels_and_classes_in_one_change(filled: TestClient) -> None:
    project = filled.get(P).json()
    assert [item["name"] for item in project["classes"]] == ["bar", "disc"]
    assert [item["hotkey"] for item in project["classes"]] == ["1", "2"]
    assert project["counts"]["classes"] == {"bar": {"none": 6}, "disc": {"none": 6}}
    assert project["counts"]["labelled"] == 12
    assert project["undo"]["title"] == "Import 12 images"
    assert filled.post(f"{P}/undo").json()["images"] == 12
    assert filled.get(P).json()["counts"]["images"] == 0
    assert filled.get(P).json()["classes"] == []
    filled.post(f"{P}/redo")
    assert filled.get(P).json()["counts"]["images"] == 12


def test_the_same_file_is_not_taken_in_twice(filled: TestClient, shapes: Path) -> None:
    assert finished(filled, filled.post(f"{P}/imports", json={"path": str(shapes)}))["result"]["ids"] == 0
    assert filled.get(P).json()["counts"]["images"] == 12


REGIONS = {
    "box": {"kind": "box", "x1": 1.5, "y1": 2, "x2": 10, "y2": 12.25},
    "rotated_box": {"kind": "rotated_box", "cx": 20, "cy": 20, "width": 10, "height": 4, "angle": 30},
    "polygon": {"kind": "polygon", "parts": [[[1, 1], [10, 1], [5, 9]], [[20, 20], [25, 20], [25, 25]]]},
    "mask": Mask(np.eye(5, dtype=np.bool_), 3, 4).to_dict(),
    "point": {"kind": "point", "x": 5.5, "y": 6.5},
    "whole": {"kind": "whole"},
}


@pytest.mark.parametrize("kind", REGIONS)
def test_every_kind_of_region_is_stored_as_it_was_drawn(filled: TestClient, kind: str) -> None:
    drawn = {"region": REGIONS[kind], "label": "dent", "attributes": {"author": "me"}}
    answer = filled.put(f"{P}/images/1/annotations", json={"annotations": [drawn], "title": "Draw"})
    assert answer.status_code == 200, answer.text
    (stored,) = annotations(filled, 1)
    assert stored["region"] == REGIONS[kind]
    assert (stored["label"], stored["attributes"], stored["score"]) == ("dent", {"author": "me"}, None)
    assert "dent" in [item["name"] for item in filled.get(P).json()["classes"]]


def test_a_drawing_on_an_old_state_is_refused(filled: TestClient) -> None:
    revision = filled.get(f"{P}/images/1").json()["revision"]
    first = {"annotations": [box(1, 1, 5, 5, "a")], "revision": revision}
    done = filled.put(f"{P}/images/1/annotations", json=first).json()
    late = filled.put(f"{P}/images/1/annotations", json={"annotations": [], "revision": revision})
    assert (late.status_code, late.json()["kind"]) == (409, "Conflict")
    assert len(annotations(filled, 1)) == 1
    again = {"annotations": [], "revision": done["image_revision"]}
    assert filled.put(f"{P}/images/1/annotations", json=again).status_code == 200
    assert filled.get(f"{P}/images/1").json()["labelled"]


def test_a_change_of_one_image_tells_its_new_revision(filled: TestClient) -> None:
    first, second = (row["id"] for row in rows(filled)[:2])
    roi = {"kind": "box", "x1": 2.0, "y1": 3.0, "x2": 30.0, "y2": 20.0}
    asked = {
        "roi": {"roi": roi},
        "review": {"review": "accepted"},
        "labels": {"label": "bar"},
        "splits": {"split": "test"},
    }
    for route, body in asked.items():
        done = filled.post(f"{P}/images/{route}", json={"selection": {"ids": [first]}, **body}).json()
        assert done["image_revision"] == filled.get(f"{P}/images/{first}").json()["revision"]
    both = filled.post(f"{P}/images/roi", json={"selection": {"ids": [first, second]}, "roi": None}).json()
    assert both["image_revision"] is None


def test_undo_and_redo_survive_a_restart(
    started: Callable[..., TestClient], tmp_path: Path, filled: TestClient
) -> None:
    for number in (1, 2, 3):
        drawn = {"annotations": [box(1, 1, 5, 5, "a")] * number, "title": f"Draw {number}"}
        filled.put(f"{P}/images/1/annotations", json=drawn)
    assert filled.post(f"{P}/undo").json()["title"] == "Draw 3"
    filled.__exit__(None, None, None)
    later = started()
    assert len(annotations(later, 1)) == 2
    assert later.post(f"{P}/redo").json()["title"] == "Draw 3"
    assert len(annotations(later, 1)) == 3
    for left in (2, 1):
        later.post(f"{P}/undo")
        assert len(annotations(later, 1)) == left
    titles = [(entry["title"], entry["undone"]) for entry in later.get(f"{P}/history").json()["entries"]]
    assert titles == [("Draw 3", True), ("Draw 2", True), ("Draw 1", False), ("Import 12 images", False)]
    later.put(f"{P}/images/2/annotations", json={"annotations": []})
    assert later.post(f"{P}/redo").status_code == 409  # a new change forgets what was undone
    for _ in range(3):
        later.post(f"{P}/undo")
    assert later.post(f"{P}/undo").status_code == 409
    filled.__enter__()  # the fixture closes it once more


def test_labels_of_many_images_are_one_change(filled: TestClient) -> None:
    where = {"where": {"label": "bar"}}
    done = filled.post(f"{P}/images/labels", json={"selection": where, "label": "good"}).json()
    assert (done["images"], done["title"]) == (6, "Label 6 images good")
    assert filled.get(P).json()["counts"]["classes"]["good"] == {"none": 6}
    assert next(item for item in filled.get(P).json()["classes"] if item["name"] == "good")["good"]
    filled.post(f"{P}/undo")
    assert filled.get(P).json()["counts"]["classes"]["bar"] == {"none": 6}


def test_an_image_label_leaves_the_drawn_regions(filled: TestClient) -> None:
    filled.put(f"{P}/images/1/annotations", json={"annotations": [whole("bar"), box(1, 1, 9, 9, "dent")]})
    ask = {"selection": {"ids": [1]}, "label": "disc"}
    filled.post(f"{P}/images/labels", json=ask)
    assert sorted(item["label"] for item in annotations(filled, 1)) == ["dent", "disc"]
    filled.post(f"{P}/images/labels", json={**ask, "label": "old", "action": "add"})
    assert sorted(item["label"] for item in annotations(filled, 1)) == ["dent", "disc", "old"]
    filled.post(f"{P}/images/labels", json={**ask, "label": "disc", "action": "remove"})
    assert sorted(item["label"] for item in annotations(filled, 1)) == ["dent", "old"]
    filled.post(f"{P}/images/labels", json={"selection": {"ids": [1]}, "action": "clear"})
    assert annotations(filled, 1) == [] and not filled.get(f"{P}/images/1").json()["labelled"]


def test_classes_are_renamed_joined_and_removed_with_their_annotations(filled: TestClient) -> None:
    first, second = filled.get(f"{P}/classes").json()
    filled.patch(f"{P}/classes/{first['id']}", json={"name": "rod", "colour": "#112233"})
    assert filled.get(P).json()["counts"]["classes"] == {"disc": {"none": 6}, "rod": {"none": 6}}
    done = filled.patch(f"{P}/classes/{first['id']}", json={"name": "disc"}).json()
    assert done["title"] == "Join class rod with disc"
    assert filled.get(P).json()["counts"]["classes"] == {"disc": {"none": 12}}
    filled.post(f"{P}/undo")
    named = filled.get(f"{P}/classes").json()[0]
    assert (named["name"], named["colour"]) == ("rod", "#112233")
    filled.put(f"{P}/classes/order", json={"ids": [second["id"], first["id"]]})
    assert [item["name"] for item in filled.get(f"{P}/classes").json()] == ["disc", "rod"]
    filled.delete(f"{P}/classes/{first['id']}")
    assert filled.get(P).json()["counts"]["unlabelled"] == 6
    assert filled.post(f"{P}/classes", json={"name": "disc"}).status_code == 422
    assert filled.put(f"{P}/classes/order", json={"ids": [1, 1]}).status_code == 422


def test_the_gallery_filters_and_pages_without_gaps(filled: TestClient) -> None:
    filled.post(f"{P}/images/splits", json={"selection": {"ids": [1, 2, 9]}, "split": "test"})
    assert [row["id"] for row in rows(filled, where={"split": "test"})] == [1, 2, 9]
    assert len(rows(filled, where={"split": "none", "label": "disc"})) == 5
    assert len(rows(filled, where={"text": "DISC 3"})) == 1
    assert rows(filled, where={"text": "%"}) == []
    for sort in ("added", "name", "size", "score", "badness"):
        for order in ("up", "down"):
            seen: list[int] = []
            cursor = None
            while True:
                asked = {"sort": sort, "order": order, "cursor": cursor, "limit": 5}
                page = filled.post(f"{P}/gallery", json=asked).json()
                seen += [row["id"] for row in page["items"]]
                cursor = page["next"]
                if cursor is None:
                    break
            assert sorted(seen) == list(range(1, 13))
            assert filled.post(f"{P}/gallery/ids", json={"sort": sort, "order": order}).json()["ids"] == seen
    page = filled.post(f"{P}/gallery", json={"limit": 5}).json()
    assert page["total"] == 12
    wrong = filled.post(f"{P}/gallery", json={"cursor": page["next"], "sort": "name"})
    assert wrong.status_code == 422
    assert [row["id"] for row in filled.post(f"{P}/gallery/rows", json={"ids": [7, 99, 2]}).json()] == [7, 2]


@pytest.mark.parametrize("sort", ["added", "name", "size", "score", "badness"])
def test_conditions_and_orders_go_together(filled: TestClient, sort: str) -> None:
    for where, number in (
        ({"predicted": False}, 12),
        ({"predicted": True}, 0),
        ({"wrong": True, "predicted": False}, 0),
        ({"confident": False, "predicted_label": "x", "label": "bar"}, 0),
        ({"width": 64, "height": 48, "review": "open", "labelled": True, "run": 7}, 12),
    ):
        assert len(rows(filled, where=where, sort=sort, order="down")) == number


def test_a_selection_is_ids_or_a_condition(filled: TestClient) -> None:
    for selection in ({}, {"ids": [1], "where": {}}):
        answer = filled.post(f"{P}/images/splits", json={"selection": selection, "split": "test"})
        assert answer.status_code == 422 and "either" in answer.json()["sentence"]


def test_removed_images_come_back_by_undo(filled: TestClient, shapes: Path) -> None:
    filled.post(f"{P}/images/remove", json={"selection": {"ids": [3]}})
    assert filled.get(f"{P}/images/3").status_code == 404
    assert filled.get(P).json()["counts"]["images"] == 11
    assert len(list(shapes.rglob("*.png"))) == 12
    filled.post(f"{P}/undo")
    assert filled.get(f"{P}/images/3").status_code == 200


def test_rule_splits_keep_shares_and_are_one_change(filled: TestClient) -> None:
    rule = {"train": 50, "validation": 25, "test": 25}
    done = finished(filled, filled.post(f"{P}/split", json=rule))
    assert done["result"]["change"]["images"] == 12
    dealt = filled.get(P).json()["counts"]["classes"]
    assert {label: dealt[label]["train"] for label in dealt} == {"bar": 3, "disc": 3}
    filled.post(f"{P}/undo")
    assert filled.get(P).json()["counts"]["splits"] == {"none": 12}
    assert filled.post(f"{P}/split", json={**rule, "test": 30}).status_code == 422


def test_findings_become_a_list_to_work_off(studio: TestClient, tmp_path: Path) -> None:
    folder = draw(tmp_path / "data" / "mixed", {"bar": 4, "disc": 4})
    (folder / "bar" / "broken.png").write_bytes(b"no image")
    (folder / "disc" / "copy.png").write_bytes((folder / "disc" / "disc 0.png").read_bytes())
    finished(studio, studio.post(f"{P}/imports", json={"path": str(folder)}))
    finished(studio, studio.post(f"{P}/check", json={}))
    listed = studio.get(f"{P}/findings").json()
    assert listed["current"]
    found = {item["code"]: item for item in listed["items"]}
    assert found["unreadable_image"]["level"] == "error"
    assert len(found["unreadable_image"]["images"]) == 1
    studio.post(f"{P}/findings/{found['unreadable_image']['id']}/fix")
    assert studio.get(P).json()["counts"]["unreadable"] == 0
    done = studio.post(f"{P}/findings/{found['duplicates']['id']}/fix").json()
    assert done["images"] == 1
    assert studio.get(P).json()["counts"]["images"] == 8
    listed = studio.get(f"{P}/findings").json()
    assert not listed["current"]
    assert {item["state"] for item in listed["items"] if item["code"] in ("unreadable_image", "duplicates")} == {"done"}
    dismissed = studio.patch(f"{P}/findings/{found['no_splits']['id']}", json={"state": "dismissed"})
    assert dismissed.json()["state"] == "dismissed"
    finished(studio, studio.post(f"{P}/check", json={}))
    again = {item["code"]: item["state"] for item in studio.get(f"{P}/findings").json()["items"]}
    assert again["no_splits"] == "dismissed" and "duplicates" not in again
    assert studio.post(f"{P}/findings/999/fix").status_code == 404


def test_corrected_copies_take_the_places_and_regions_move_along(studio: TestClient, tmp_path: Path) -> None:
    folder = draw(tmp_path / "data" / "sizes", {"bar": 2}, size=(64, 48))
    draw(folder, {"disc": 1}, size=(80, 40))
    finished(studio, studio.post(f"{P}/imports", json={"path": str(folder)}))
    sizes = studio.get(f"{P}/sizes").json()
    assert [(row["width"], row["height"], row["images"]) for row in sizes["sizes"]] == [(64, 48, 2), (80, 40, 1)]
    assert sizes["suggested"][0]["kind"] == "resize"
    image = next(row["id"] for row in rows(studio) if row["label"] == "disc")
    studio.put(f"{P}/images/{image}/annotations", json={"annotations": [whole("disc"), box(0, 0, 40, 20, "a")]})
    steps = [{"kind": "rotate", "angle": 90}, {"kind": "crop", "width": 40, "height": 40}, {"kind": "gray"}]
    preview = studio.post(f"{P}/corrections/preview", json={"image": image, "steps": steps})
    assert preview.headers["x-image-size"] == "40x40"
    finished(studio, studio.post(f"{P}/corrections", json={"selection": {"ids": [image]}, "steps": steps}))
    after = studio.get(f"{P}/images/{image}").json()
    assert (after["width"], after["height"], after["channels"], after["copied"]) == (40, 40, 1, True)
    # The top-left quarter of an 80 x 40 image lies at the top right once it is turned clockwise.
    assert after["annotations"][1]["region"] == {"kind": "box", "x1": 20.0, "y1": 0.0, "x2": 40.0, "y2": 40.0}
    studio.post(f"{P}/undo")
    assert studio.get(f"{P}/images/{image}").json()["width"] == 80
    bad = [{"kind": "crop", "x": 500, "width": 10, "height": 10}]
    assert studio.post(f"{P}/corrections/preview", json={"image": image, "steps": bad}).status_code == 422
