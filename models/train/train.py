"""Trains, measures with sources left out, picks the thresholds, exports, and writes the manifest."""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx

import evaluate
from export import with_head
from features import extract, headless, session
from head import POLICE_KINDS, SOURCE_WEIGHT, calibrate, fit, kind, kinds
from manifest import NETWORK
from photos import network_input, open_upright, read_manifest

BACKBONE = "mobilenet_edgetpu_0.75_224_float_from_ptq.onnx"
FILE = "police-edgetpu.onnx"
COPIES = 6
PRECISION_WANTED = 0.98
MISSED_AT_MOST = 0.02

MANIFEST = (
    "# What the edge must know of the network beside this file; written by models/train/run.\n"
    + NETWORK
    + """\
[backbone]
name = "MobileNet EdgeTPU 0.75 224, int8, published by Google Coral; de-quantised to float, its ImageNet classifier removed, weights unchanged"
licence = "Apache-2.0 (LICENSE-backbone)"
attribution = "Copyright Google LLC"

[training]
photos = {photos}
held_out_for_validation = {validation}
police_vehicles = {vehicles}
officers = {officers}
not_police = {others}
left_aside_as_unsure = {unsure}
sources = {sources}
licence = \"\"\"
The photos are not shipped. Several of their sources forbid redistribution, several state no licence, and those derived
from ImageNet and Stanford Cars, like the backbone's own ImageNet training, are for non-commercial research: whoever
uses the network for anything else has to judge that.\"\"\"
"""
)


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
        # The photos as they are count as much as all their variations: these make it sturdy, and blunt.
        each = np.concatenate([weight[mask], np.tile(weight[mask] / (COPIES - 1), COPIES - 1)])
        return fit(features, np.tile(kind_index[mask], COPIES), each, len(names))

    group = evaluate.near_duplicates(photos, copies[0])
    log_odds = np.full(len(photos), np.nan)
    for tested, rest in evaluate.splits(photos, group):
        log_odds[tested] = trained_on(rest).log_odds(copies[0][tested])
    fitted = (kind_index >= 0) & np.array([photo.source not in evaluate.NOT_COUNTED for photo in photos])
    scale, shift = calibrate(log_odds[fitted], police[fitted], evaluate.PRIOR)
    left_out = 1 / (1 + np.exp(-(scale * log_odds + shift)))
    police_at, not_police_at = evaluate.thresholds(photos, left_out, PRECISION_WANTED, MISSED_AT_MOST)
    police_at, not_police_at = float(np.ceil(police_at * 1000)) / 1000, float(np.floor(not_police_at * 1000)) / 1000
    figures = evaluate.left_out_figures(photos, left_out, police_at, not_police_at)

    tested, rest = evaluate.unseen_officers(photos, group)
    head = trained_on(rest)
    strange = 1 / (1 + np.exp(-(scale * head.log_odds(copies[0]) + shift)))
    figures["auc_when_no_officer_of_their_source_was_trained_on"] = evaluate.left_out_figures(
        [photo for photo, out in zip(photos, tested) if out], strange[tested], police_at, not_police_at
    )["auc"]

    validation = evaluate.validation(group)
    model = with_head(headless(backbone), trained_on(~validation), scale, shift)
    path = arguments.out / FILE
    onnx.save(model, path)
    manifest = MANIFEST.format(
        file=FILE,
        side=224,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        police=police_at,
        not_police=not_police_at,
        photos=len(photos),
        validation=int(validation.sum()),
        vehicles=sum(photo.label == "police" for photo in photos),
        officers=sum(photo.label == "police_people" for photo in photos),
        others=sum(photo.label == "not_police" for photo in photos),
        unsure=sum(photo.label == "unsure" for photo in photos),
        sources=json.dumps(sorted({photo.source for photo in photos})),
    )
    (arguments.out / "manifest.toml").write_text(manifest)
    eval_folder = arguments.out / "eval"
    (eval_folder / "left_out.json").write_text(json.dumps(figures, indent=1) + "\n")
    _write_validation(eval_folder / "validation.csv", photos, validation, model)
    print(json.dumps(figures, indent=1))


def _write_validation(path: Path, photos, validation: np.ndarray, model) -> None:
    """The pictures that the network was not trained on, and what onnxruntime says of them, for the edge's test."""
    network = session(model)
    lines = ["file,label,kind,probability"]
    for photo in np.array(photos, dtype=object)[validation]:
        if photo.source in evaluate.NOT_COUNTED:
            continue
        probability = network.run(None, {"input": network_input(open_upright(photo.path))})[0].item()
        lines.append(f"{photo.file},{photo.label},{photo.sublabel},{probability:.6f}")
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
