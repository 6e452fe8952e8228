"""Trains, measures with sources left out, picks the thresholds, exports, and writes the manifest."""

import argparse
import hashlib
import json
import random
from pathlib import Path

import numpy as np
import onnx

import evaluate
from export import with_head
from features import extract, headless, session
from head import POLICE_KINDS, SOURCE_WEIGHT, calibrate, fit, kind, kinds
from photos import network_input, open_upright, read_manifest

BACKBONE = "mobilenetv2_1.0_224_float_from_tf2ptq.onnx"
FILE = "police-mobilenetv2.onnx"
COPIES = 4
PRECISION_WANTED = 0.90
MISSED_AT_MOST = 0.05
REFERENCE_PHOTOS = 200

MANIFEST = """\
# What the edge must know of the network beside this file; written by models/train/run.
file = "{file}"
sha256 = "{sha256}"
labels = ["not_police", "police"]

[input]
shape = [1, 3, 224, 224]
layout = "NCHW RGB"
scaling = "x / 127.5 - 1"
# Exif orientation applied, aspect ratio not kept; the filter's support grows with the reduction.
resize = "upright, squashed, antialiased bilinear"

[output]
name = "police"
shape = [1, 1]
# Sigmoid and calibration are inside the network.
meaning = "calibrated probability that a police vehicle, police motorcycle or uniformed officer is in the picture"

# At or above `police`: police. At or below `not_police`: not police. Between them: unsure.
[thresholds]
police = {police:.3f}
not_police = {not_police:.3f}

[backbone]
name = "MobileNetV2 1.0 224, int8, published by Google Coral; de-quantised to float, its ImageNet classifier removed, weights unchanged"
licence = "Apache-2.0 (LICENSE-backbone)"
attribution = "Copyright Google LLC"

[training]
photos = {photos}
police_vehicles = {vehicles}
officers = {officers}
not_police = {others}
left_aside_as_unsure = {unsure}
sources = {sources}
licence = \"\"\"
The photos are not shipped. Several of their sources forbid redistribution, several state no licence, and those derived
from ImageNet and Stanford Cars, like the backbone's own ImageNet training, are for non-commercial research: whoever
uses the network for anything else has to judge that.\"\"\"

# On pictures of sources left out of training (officers: the other half of their source), 64-pixel ones not counted.
[measured]
{measured}
"""


def main() -> None:
    arguments = argparse.ArgumentParser()
    for name in ("shared", "cache", "out"):
        arguments.add_argument(f"--{name}", type=Path, required=True)
    arguments = arguments.parse_args()
    backbone = arguments.shared / "weights" / BACKBONE

    photos = read_manifest(arguments.shared / "photos")
    copies = [extract(photos, backbone, copy, arguments.cache) for copy in range(COPIES)]
    names = kinds(photos)
    kind_index = np.array([names.index(kind(photo)) if kind(photo) else -1 for photo in photos])
    weight = np.array([SOURCE_WEIGHT.get(photo.source, 1.0) for photo in photos])
    police = (kind_index >= 0) & (kind_index < len(POLICE_KINDS))

    def trained_on(mask):
        mask = mask & (kind_index >= 0)
        features = np.concatenate([copy[mask] for copy in copies])
        return fit(features, np.tile(kind_index[mask], COPIES), np.tile(weight[mask], COPIES), len(names))

    group = evaluate.near_duplicates(photos, copies[0])
    log_odds = np.full(len(photos), np.nan)
    for tested, rest in evaluate.splits(photos, group):
        log_odds[tested] = trained_on(rest).log_odds(copies[0][tested])
    fitted = (kind_index >= 0) & np.array([photo.source not in evaluate.NOT_COUNTED for photo in photos])
    scale, shift = calibrate(log_odds[fitted], police[fitted])
    left_out = 1 / (1 + np.exp(-(scale * log_odds + shift)))
    police_at, not_police_at = evaluate.thresholds(photos, left_out, PRECISION_WANTED, MISSED_AT_MOST)
    police_at, not_police_at = float(np.ceil(police_at * 1000)) / 1000, float(np.floor(not_police_at * 1000)) / 1000
    figures = evaluate.figures(photos, left_out, police_at, not_police_at)

    tested, rest = evaluate.unseen_officers(photos, group)
    whole_source_out = np.where(tested, 0.5, np.nan)
    whole_source_out[tested] = trained_on(rest).log_odds(copies[0][tested])
    counted = tested & (kind_index >= 0)
    figures["auc_officers_when_no_officer_of_their_source_was_trained_on"] = round(
        float(evaluate.roc_auc_score(police[counted], whole_source_out[counted])), 4
    )

    head = trained_on(np.ones(len(photos), bool))
    model = with_head(headless(backbone), head, scale, shift)
    path = arguments.out / FILE
    onnx.save(model, path)
    manifest = MANIFEST.format(
        file=FILE,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        police=police_at,
        not_police=not_police_at,
        photos=len(photos),
        vehicles=sum(photo.label == "police" for photo in photos),
        officers=sum(photo.label == "police_people" for photo in photos),
        others=sum(photo.label == "not_police" for photo in photos),
        unsure=sum(photo.label == "unsure" for photo in photos),
        sources=json.dumps(sorted({photo.source for photo in photos})),
        measured="\n".join(f"{key} = {_toml(value)}" for key, value in figures.items()),
    )
    (arguments.out / "manifest.toml").write_text(manifest)
    _write_reference(arguments.out / "train" / "reference.csv", photos, police, kind_index, model)
    print(json.dumps(figures, indent=1))


def _toml(value) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {part}" for key, part in value.items()) + " }"
    return str(value)


def _write_reference(path: Path, photos, police, kind_index, model) -> None:
    """What this side says of some photos, for the edge's test: half police, half not, picked once."""
    picked = []
    for wanted in (True, False):
        candidates = [index for index in range(len(photos)) if kind_index[index] >= 0 and police[index] == wanted]
        picked += random.Random(1).sample(candidates, REFERENCE_PHOTOS // 2)
    network = session(model)
    lines = ["file,police,probability"]
    for index in sorted(picked):
        photo = photos[index]
        probability = network.run(None, {"input": network_input(open_upright(photo.path))})[0].item()
        lines.append(f"{photo.file},{int(police[index])},{probability:.6f}")
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
