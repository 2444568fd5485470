"""Other programs' own libraries: what they read of our golden files, and we of what they write.

Those that are large are not among what is installed for development; the reasons of the skips name
them. ``docs/formats.md`` says which versions agreed.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balltrack.labels import read_sheet
from balltrack.labels.sheet import Sheet

GOLDEN = Path(__file__).parent / "golden"
FRAMES = [0, 1, 2, 4, 12]
PLACES = [(10.25, 20.0), (99.5, 30.75), (640.0, 360.0), (0.0, 0.0), (1279.0, 719.0)]
SCORES = [1, 0.5, 0.25, 1, 0.75]


def library(name: str, package: str) -> Any:
    return pytest.importorskip(name, reason=f"needs pip install {package}; too large for everybody")


def test_pycocotools_reads_ours_and_finds_every_ball() -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    from pycocotools.cocoeval import COCOeval  # noqa: PLC0415

    truth = coco.COCO(str(GOLDEN / "coco.json"))
    assert [truth.loadCats(truth.getCatIds())[0]["keypoints"], len(truth.getImgIds())] == [
        ["ball"],
        6,
    ]
    found = truth.loadRes([{**one} for one in truth.loadAnns(truth.getAnnIds())])
    for kind in ("bbox", "keypoints"):
        rater = COCOeval(truth, found, kind)
        rater.params.kpt_oks_sigmas = np.array([0.05])
        rater.evaluate()
        rater.accumulate()
        rater.summarize()
        assert rater.stats[0] == pytest.approx(1), kind


def test_pysubs2_reads_our_subtitles() -> None:
    pysubs2 = pytest.importorskip("pysubs2", reason="pysubs2 is not installed")
    for name in ("srt.srt", "vtt.vtt"):
        lines = pysubs2.load(str(GOLDEN / name))
        assert [(one.start, one.end, one.text) for one in lines][-1] == (
            480,
            520,
            "frame 12: 1279.00, 719.00, detected 0.7500",
        )


def test_motmetrics_and_pandas_read_ours() -> None:
    """MATLAB's 1 is taken off, so that a box begins at the corner of the picture, 0, 0."""
    motmetrics = pytest.importorskip("motmetrics", reason="motmetrics is not installed")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    table = motmetrics.io.loadtxt(str(GOLDEN / "mot.txt"), fmt="mot15-2D")
    assert [frame for frame, _ in table.index] == [frame + 1 for frame in FRAMES]
    centres = table[["X", "Y"]].to_numpy() + table[["Width", "Height"]].to_numpy() / 2
    np.testing.assert_allclose(centres, np.array(PLACES) + 0.5)
    np.testing.assert_allclose(table["Confidence"], SCORES)

    table = pandas.read_csv(GOLDEN / "deeplabcut.csv", header=[0, 1, 2], index_col=0)
    ball = table["balltrack"]["ball"]
    assert ball.index.tolist() == [0, 1, 2, 3, 4, 12]
    np.testing.assert_array_equal(ball.dropna()[["x", "y"]], PLACES)
    assert ball["likelihood"].tolist() == [1, 0.5, 0.25, 0, 1, 0.75]


def test_we_read_deeplabcut_as_pandas_writes_it(tmp_path: Path) -> None:
    """Its own way: a frame with three levels of columns, a player beside the ball."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    levels = ["scorer", "bodyparts", "coords"]
    columns = pandas.MultiIndex.from_product(
        [["net"], ["head", "ball"], ["x", "y", "likelihood"]], names=levels
    )
    values = np.array([[1, 2, 0.9, 3.5, 4.25, 0.5], [1, 2, 0.9, np.nan, np.nan, np.nan]])
    pandas.DataFrame(values, columns=columns).to_csv(tmp_path / "net.csv")
    agrees(read_sheet(tmp_path / "net.csv"), [0], [(3.5, 4.25)], [0.5])


def agrees(
    sheet: Sheet, frames: list[int], places: list[tuple[float, float]], scores: list[float]
) -> None:
    seen = sheet.track.visible
    assert sheet.track.frame_index[seen].tolist() == frames
    np.testing.assert_allclose(sheet.track.xy[seen], places, atol=1e-3)
    np.testing.assert_allclose(sheet.track.score[seen], scores)


def test_sleap_reads_ours_and_we_what_it_writes(tmp_path: Path) -> None:
    sleap = library("sleap_io", "sleap-io")
    labels = sleap.load_csv(str(GOLDEN / "sleap.csv"))
    assert [one.frame_idx for one in labels] == FRAMES
    np.testing.assert_array_equal([one[0].numpy()[0] for one in labels], PLACES)
    assert [one[0].score for one in labels] == SCORES
    sleap.save_csv(labels, str(tmp_path / "sleap.csv"), format="sleap", include_empty=True)
    agrees(read_sheet(tmp_path / "sleap.csv"), FRAMES, PLACES, SCORES)
    sleap.save_csv(labels, str(tmp_path / "dlc.csv"), format="dlc")  # with empty likelihoods
    agrees(read_sheet(tmp_path / "dlc.csv"), FRAMES, PLACES, [1] * 5)


def test_label_studio_takes_our_regions() -> None:
    sdk = library("label_studio_sdk.label_interface", "label-studio-sdk")
    interface = sdk.LabelInterface(
        '<View><Video name="video" value="$video"/><VideoRectangle name="box" toName="video"/>'
        '<Labels name="kind" toName="video"><Label value="ball"/></Labels></View>'
    )
    tasks = json.loads((GOLDEN / "label-studio.json").read_text())
    annotation = tasks[0]["annotations"][0]
    assert interface.validate_annotation(annotation)
    annotation["result"][0]["value"]["sequence"][0]["frame"] = "first"
    assert not interface.validate_annotation(annotation)


@pytest.mark.parametrize("kind", ["person_keypoints", "instances"])
def test_datumaro_reads_our_coco(tmp_path: Path, kind: str) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    shutil.copy(GOLDEN / "coco.json", tmp_path / "annotations" / f"{kind}_default.json")
    found = drawn(tmp_path, "coco")
    assert sorted(found) == [f"rally_{frame:06d}" for frame in (0, 1, 2, 3, 4, 12)]
    assert found.pop("rally_000003") == []
    for place, name in zip(PLACES, sorted(found), strict=True):
        assert middle(found[name][-1]) == (place[0] + 0.5, place[1] + 0.5)  # the box
        if kind == "person_keypoints":
            assert tuple(found[name][0].points) == place
            assert found[name][0].visibility[0].name == ("hidden" if "02" in name else "visible")


def test_datumaro_reads_our_cvat_and_yolo(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="pillow is not installed")
    (tmp_path / "cvat").mkdir()
    shutil.copy(GOLDEN / "cvat.xml", tmp_path / "cvat" / "annotations.xml")
    shapes = {name: one[0] for name, one in drawn(tmp_path / "cvat", "cvat").items()}
    inside = {name: one for name, one in shapes.items() if not one.attributes["outside"]}
    assert sorted(inside) == [f"frame_{frame:06d}" for frame in FRAMES]
    for place, name in zip(PLACES, sorted(inside), strict=True):
        assert tuple(inside[name].points) == (place[0] + 0.5, place[1] + 0.5)

    texts = shutil.copytree(GOLDEN / "yolo", tmp_path / "yolo" / "obj_train_data")
    for text in texts.glob("*.txt"):
        image.new("L", (1280, 720)).save(text.with_suffix(".png"))
    names = [f"data/obj_train_data/{one.name}" for one in texts.glob("*.png")]
    (tmp_path / "yolo" / "train.txt").write_text("\n".join(names))
    (tmp_path / "yolo" / "obj.names").write_text("ball\n")
    (tmp_path / "yolo" / "obj.data").write_text("train = data/train.txt\nnames = data/obj.names\n")
    boxes = drawn(tmp_path / "yolo", "yolo")
    assert boxes["rally_4"] == []
    for place, frame in zip(PLACES, FRAMES, strict=True):
        found = middle(boxes[f"rally_{frame + 1}"][0])
        np.testing.assert_allclose(found, (place[0] + 0.5, place[1] + 0.5), atol=0.01)


def drawn(folder: Path, name: str) -> dict[str, list[Any]]:
    """What Datumaro finds in each picture."""
    dataset = library("datumaro", "datumaro").Dataset.import_from(str(folder), name)
    return {item.id: list(item.annotations) for item in dataset}


def middle(box: Any) -> tuple[float, float]:
    left, top, right, bottom = box.points
    return (left + right) / 2, (top + bottom) / 2


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("cvat", "default.xml"),
        ("coco_instances", "annotations/instances_default.json"),
        ("yolo", "obj_train_data"),
    ],
)
def test_we_read_what_datumaro_writes(tmp_path: Path, name: str, file: str) -> None:
    """Boxes of 10 pixels around balls in three pictures, of which one has none."""
    library("datumaro", "datumaro").Dataset.from_iterable(pictures(), categories=["ball"]).export(
        str(tmp_path), name, save_media=False
    )
    sheet = read_sheet(tmp_path / file, (128, 72))
    assert sheet.track.frame_index.tolist() == [0, 3, 7]
    agrees(sheet, [0, 3], [(10.25, 20), (99.5, 30.75)], [1, 1])


def pictures() -> list[Any]:
    datumaro = library("datumaro", "datumaro")
    balls: dict[int, tuple[float, ...]] = {0: (5.75, 15.5, 10, 10), 3: (95, 26.25, 10, 10), 7: ()}
    return [
        datumaro.DatasetItem(
            id=f"frame_{frame:06d}",
            media=datumaro.Image.from_numpy(np.zeros((72, 128, 3), np.uint8)),
            annotations=[datumaro.Bbox(*box, label=0, id=frame + 1)] if box else [],
            attributes={"frame": frame},
        )
        for frame, box in balls.items()
    ]
