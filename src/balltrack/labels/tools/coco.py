"""COCO keypoints (Lin et al. 2014; https://cocodataset.org, "Data format", 2 "Keypoint detection").

An image a row, an annotation where there is a ball: a keypoint, and a box around it. Keypoints
are indices of pixels, as our positions are; boxes have 0, 0 in the corner of the top-left
pixel (so Detectron2's ``load_coco_json`` takes them). ``v`` is 2, and 1 where the ball is occluded.
``frame_index`` is our own key of an image; without it the number in ``file_name`` counts. So is
``no_ball``, true where a person saw that there is none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from balltrack.labels.rows import Place
from balltrack.labels.sheet import OCCLUDED, Facet, Row, Setting, Sheet, sheet_from_rows
from balltrack.labels.tools.documents import (
    BALL,
    box_centre,
    corner_box,
    expecting,
    frame_of,
    read_json,
)

SUFFIXES = (".json",)
HOLDS = frozenset(Facet) - {
    Facet.TIMES,
    Facet.SOURCES,
    Facet.SHOTS,
    Facet.PLAY,
    Facet.BLUR,
    Facet.HARD,
    Facet.STATUS,
    Facet.BALLS,
}
FORM = 'COCO\'s {"images": [...], "annotations": [...], "categories": [...]}'


def recognises(head: str) -> bool:
    """Whether a file that begins so is COCO's."""
    return head.lstrip().startswith("{") and any(
        f'"{key}"' in head for key in ("images", "categories", "licenses", "info")
    )


def write(sheet: Sheet, file: TextIO, setting: Setting) -> None:
    """Every row has an image; needs the video's size."""
    width, height = setting.size("coco")
    stem = Path(setting.video.path).stem if setting.video else "frame"
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    track = sheet.track
    for i, frame in enumerate(track.frame_index.tolist()):
        image: dict[str, Any] = {"id": i + 1, "file_name": f"{stem}_{frame:06d}.jpg"}
        image |= {"width": width, "height": height, "frame_index": frame}
        images.append(image)
        if not sheet.visibility[i]:
            if track.score[i] == 1:
                image["no_ball"] = True
            continue
        x, y = track.xy[i].tolist()
        annotations.append(
            {
                "id": len(annotations) + 1,
                "image_id": i + 1,
                "category_id": 1,
                "keypoints": [x, y, 1 if sheet.visibility[i] == OCCLUDED else 2],
                "num_keypoints": 1,
                "bbox": [*corner_box(track.xy[i], setting.box), setting.box, setting.box],
                "area": setting.box**2,
                "segmentation": [],
                "iscrowd": 0,
                "score": float(track.score[i]),
            }
        )
    category = {"id": 1, "name": BALL, "supercategory": BALL, "keypoints": [BALL], "skeleton": []}
    document = {"images": images, "annotations": annotations, "categories": [category]}
    json.dump(document, file, indent=1)
    file.write("\n")


def read(path: Path, _: tuple[int, int] | None = None) -> Sheet:
    """Read the keypoints, or the middles of boxes without, of the ball or the one category.

    Raises:
        LabelError: not COCO's JSON, several categories of which none is a ball, or two balls on
            an image.
    """
    document = read_json(path)
    with expecting(path, FORM):
        return sheet_from_rows(_rows(path, document))


def _rows(path: Path, document: dict[str, Any]) -> Iterator[tuple[Place, Row]]:
    categories = {one["id"]: str(one["name"]) for one in document["categories"]}
    wanted = [number for number, name in categories.items() if BALL in name.lower()]
    if not wanted and len(categories) == 1:
        wanted = list(categories)
    if len(wanted) != 1:
        names = ", ".join(categories.values()) or "nothing"
        raise Place(path, "categories").error(f"holds {names}, expected one, or one called {BALL}")
    frames = {}
    for number, image in enumerate(document["images"]):
        place = Place(path, f"images[{number}]")
        index = image.get("frame_index")
        frames[image["id"]] = (
            frame_of(place, image["file_name"])
            if index is None
            else place.integer("frame_index", index)
        )
    seen = set()
    for number, one in enumerate(document["annotations"]):
        if one["category_id"] == wanted[0] and not _is_unlabelled(one):
            place = Place(path, f"annotations[{number}]")
            seen.add(one["image_id"])
            yield place, _row(place, frames[one["image_id"]], one)
    for number, image in enumerate(document["images"]):
        if image["id"] not in seen:
            no_ball = image.get("no_ball") is True
            nowhere = Row(frames[image["id"]], math.nan, math.nan, visibility=0, no_ball=no_ball)
            yield Place(path, f"images[{number}]"), nowhere


def _is_unlabelled(annotation: dict[str, Any]) -> bool:
    """A keypoint with v = 0 has no position."""
    keypoints = annotation.get("keypoints") or (0, 0, None)
    return bool(keypoints[2] == 0)


def _row(place: Place, frame: int, one: dict[str, Any]) -> Row:
    score = place.score(one.get("score", 1.0))
    if not one.get("keypoints"):
        left, top, width, height = (place.number("bbox", value) for value in one["bbox"])
        return Row(frame, *box_centre(left, top, width, height), score)
    x, y = (place.number("keypoints", value) for value in one["keypoints"][:2])
    return Row(frame, x, y, score, OCCLUDED if one["keypoints"][2] == 1 else 1)
