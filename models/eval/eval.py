"""Measures a network through `spotlight-edge classify` on pictures that it was not trained on.

Writes JSON: for the pictures as they are, and for copies made worse in one way each, how many there were, and each figure
with its 95 % interval. With `--agree` it says instead whether the edge's tract and onnxruntime give the same probabilities.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageEnhance, ImageFilter

from figures import figures

# In probability.
MOST_APART = 1e-3


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--photos", type=Path, required=True, help="the folder of the training photos")
    arguments.add_argument("--binary", type=Path, required=True, help="spotlight-edge")
    arguments.add_argument("--models", type=Path, required=True, help="the folder of the network and its manifest")
    arguments.add_argument("--out", type=Path, help="write the figures here instead of to stdout")
    arguments.add_argument("--agree", action="store_true", help="compare tract with onnxruntime and measure nothing")
    arguments = arguments.parse_args()
    with open(Path(__file__).with_name("validation.csv"), newline="") as rows:
        rows = list(csv.DictReader(rows))
    photos = [arguments.photos / row["file"] for row in rows]
    edge = [arguments.binary, "classify", "--model", arguments.models]
    if arguments.agree:
        agree(edge, arguments.models, photos)
        return
    label = np.array([row["label"] for row in rows])
    kind = np.array([row["kind"] for row in rows])
    report = {"as they are": figures(*classify(edge, photos), label, kind)}
    for name, (worse, quality) in WORSE.items():
        with tempfile.TemporaryDirectory() as folder:
            copies = [Path(folder) / f"{index}.jpg" for index in range(len(photos))]
            for photo, copy in zip(photos, copies):
                worse(opened(photo)).save(copy, "JPEG", quality=quality)
            report[name] = figures(*classify(edge, copies), label, kind, short=True)
        print(f"{name}: done", file=sys.stderr)
    text = json.dumps(report, indent=1) + "\n"
    if arguments.out:
        arguments.out.write_text(text)
    else:
        print(text, end="")


def agree(edge: list, models: Path, photos: list[Path]) -> None:
    """Both run on the same pixels: a PNG of the network's size is decoded and squashed to itself."""
    manifest = tomllib.loads((models / "manifest.toml").read_text())
    side = manifest["input"]["shape"][2]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    network = onnxruntime.InferenceSession(models / manifest["file"], options, providers=["CPUExecutionProvider"])
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / f"{index}.png" for index in range(len(photos))]
        theirs = []
        for photo, copy in zip(photos, copies):
            image = opened(photo).resize((side, side), Image.Resampling.BILINEAR)
            image.save(copy, compress_level=1)
            planes = (np.asarray(image, dtype=np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
            theirs.append(network.run(None, {"input": planes})[0].item())
        ours, _ = classify(edge, copies)
    apart = np.abs(ours - np.array(theirs)).max()
    print(f"{len(photos)} photos: probabilities differ by at most {apart:.1e}")
    if not apart <= MOST_APART:
        sys.exit(f"that is more than {MOST_APART}")


def opened(photo: Path) -> Image.Image:
    with Image.open(photo) as image:
        return image.convert("RGB")


def classify(edge: list, photos: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and verdicts."""
    answers = []
    for first in range(0, len(photos), 500):
        done = subprocess.run([*edge, *photos[first : first + 500]], stdout=subprocess.PIPE, check=True, text=True)
        answers += [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(photos) and all("police" in answer for answer in answers), "every photo has a verdict"
    return np.array([answer["police"] for answer in answers]), np.array([answer["verdict"] for answer in answers])


def night(image: Image.Image) -> Image.Image:
    dark = np.asarray(ImageEnhance.Color(image).enhance(0.6), dtype=np.float32) / 255
    noise = np.random.default_rng(1).normal(0, 0.03, dark.shape)
    return Image.fromarray((np.clip(dark**1.4 * 0.35 + noise, 0, 1) * 255).astype(np.uint8))


def blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(min(image.size) / 110))


def small(image: Image.Image) -> Image.Image:
    scale = 96 / min(image.size)
    return image.resize([max(1, round(side * scale)) for side in image.size], Image.Resampling.BILINEAR)


def turned(image: Image.Image) -> Image.Image:
    return image.rotate(8, Image.Resampling.BILINEAR)


def cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((width // 8, height // 8, width - width // 8, height - height // 8))


# What is done to a copy, and the quality of its JPEG.
WORSE = {
    "night": (night, 90),
    "blurred": (blurred, 90),
    "96 pixels": (small, 90),
    "JPEG quality 20": (lambda image: image, 20),
    "turned by 8 degrees": (turned, 90),
    "cropped to the middle": (cropped, 90),
}


if __name__ == "__main__":
    main()
