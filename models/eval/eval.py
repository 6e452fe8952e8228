"""Measures the shipped network through `spotlight-edge classify` on pictures that it was not trained on.

Prints a JSON object: for the pictures as they are, and for copies made worse in one way each, how many there were, and
each figure with its 95 % bootstrap interval. A figure of fewer than 30 pictures is left out.
"""

import argparse
import csv
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

FEWEST = 30
PRIOR = 0.25
ROUNDS = 1000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--photos", type=Path, required=True, help="the folder of the training photos")
    arguments.add_argument("--list", type=Path, required=True, help="validation.csv: file,label,kind")
    arguments.add_argument("--binary", type=Path, required=True, help="spotlight-edge")
    arguments.add_argument("--model", type=Path, required=True, help="the folder of the network and its manifest")
    arguments = arguments.parse_args()
    with open(arguments.list, newline="") as rows:
        rows = list(csv.DictReader(rows))
    files = [arguments.photos / row["file"] for row in rows]
    label = np.array([row["label"] for row in rows])
    kind = np.array([row["kind"] for row in rows])
    answers = classify(arguments.binary, arguments.model, files)
    report = {"as they are": figures(answers, label, kind)}
    with tempfile.TemporaryDirectory() as folder:
        for name, worse in WORSE.items():
            copies = [Path(folder) / f"{index}.jpg" for index in range(len(files))]
            for file, copy in zip(files, copies):
                with Image.open(file) as image:
                    worse(image.convert("RGB")).save(copy, "JPEG", quality=QUALITY.get(name, 90))
            report[name] = figures(classify(arguments.binary, arguments.model, copies), label, kind, short=True)
            print(f"{name}: done", file=sys.stderr)
    print(json.dumps(report, indent=1))


def classify(binary: Path, model: Path, files: list[Path]) -> list[dict]:
    lines = []
    for first in range(0, len(files), 500):
        command = [binary, "classify", "--model", model, *files[first : first + 500]]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        lines += done.stdout.splitlines()
    answers = [json.loads(line) for line in lines]
    assert len(answers) == len(files) and all("police" in answer for answer in answers)
    return answers


def rotated(image: Image.Image) -> Image.Image:
    return image.rotate(8, Image.Resampling.BILINEAR, expand=False)


def cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((width // 8, height // 8, width - width // 8, height - height // 8))


def night(image: Image.Image) -> Image.Image:
    dark = np.asarray(ImageEnhance.Color(image).enhance(0.6), dtype=np.float32) / 255
    noise = np.random.default_rng(1).normal(0, 0.03, dark.shape)
    return Image.fromarray((np.clip(dark**1.4 * 0.35 + noise, 0, 1) * 255).astype(np.uint8))


def blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(min(image.size) / 110))


def small(image: Image.Image) -> Image.Image:
    scale = 96 / min(image.size)
    return image.resize([max(1, round(side * scale)) for side in image.size], Image.Resampling.BILINEAR)


WORSE = {
    "night": night,
    "blurred": blurred,
    "96 pixels": small,
    "JPEG 20": lambda image: image,
    "turned by 8 degrees": rotated,
    "cropped to the middle": cropped,
}
QUALITY = {"JPEG 20": 20}


def figures(answers: list[dict], label: np.ndarray, kind: np.ndarray, short: bool = False) -> dict:
    probability = np.array([answer["police"] for answer in answers])
    verdict = np.array([answer["verdict"] for answer in answers])
    counted = label != "unsure"
    positive = np.isin(label, ["police", "police_people"])
    found = {
        "auc": interval(auc, probability[counted], positive[counted]),
        "police_called_police": share(verdict[positive] == "police"),
        "police_called_not_police": share(verdict[positive] == "not_police"),
        "others_called_police": share(verdict[counted & ~positive] == "police"),
    }
    if short:
        return found
    return found | {
        "auc_vehicles": interval(auc, *of(counted & ((label == "police") | ~positive), probability, positive)),
        "auc_officers": interval(auc, *of(counted & ((label == "police_people") | ~positive), probability, positive)),
        "average_precision": interval(average_precision, probability[counted], positive[counted]),
        "precision_at_recall_0_90": interval(precision_at_recall, probability[counted], positive[counted]),
        "precision_of_police": share(positive[counted & (verdict == "police")]),
        "officers_called_not_police": share(verdict[label == "police_people"] == "not_police"),
        "unsure": share(verdict[counted] == "unsure"),
        "unsure_of_the_unclear": share(verdict[label == "unsure"] == "unsure"),
        "calibration_error": interval(calibration_error, probability[counted], positive[counted]),
        "called_police_by_kind": {
            name: share(verdict[(kind == name) & counted & ~positive] == "police")
            for name in sorted(set(kind[counted & ~positive]))
            if ((kind == name) & counted & ~positive).sum() >= FEWEST
        },
    }


def of(mask: np.ndarray, *columns: np.ndarray) -> list[np.ndarray]:
    return [column[mask] for column in columns]


def share(hits: np.ndarray) -> dict | None:
    """A share with Wilson's interval."""
    n = len(hits)
    if n < FEWEST:
        return None
    p, z = float(np.mean(hits)), 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {"n": n, "is": round(p, 3), "from": round(max(0.0, middle - half), 3), "to": round(min(1.0, middle + half), 3)}


def interval(figure, probability: np.ndarray, positive: np.ndarray) -> dict | None:
    if positive.sum() < FEWEST or (~positive).sum() < FEWEST:
        return None
    rng = np.random.default_rng(1)
    rounds = []
    for _ in range(ROUNDS):
        pick = rng.integers(0, len(positive), len(positive))
        if 0 < positive[pick].sum() < len(pick):
            rounds.append(figure(probability[pick], positive[pick]))
    low, high = np.quantile(rounds, [0.025, 0.975])
    return {
        "n": len(positive),
        "police": int(positive.sum()),
        "is": round(float(figure(probability, positive)), 4),
        "from": round(float(low), 4),
        "to": round(float(high), 4),
    }


def auc(probability: np.ndarray, positive: np.ndarray) -> float:
    values, inverse, count = np.unique(probability, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[inverse]
    police = positive.sum()
    return (rank[positive].sum() - police * (police + 1) / 2) / (police * (len(positive) - police))


def average_precision(probability: np.ndarray, positive: np.ndarray) -> float:
    ranked = positive[np.argsort(-probability, kind="stable")]
    return (np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean()


def precision_at_recall(probability: np.ndarray, positive: np.ndarray, recall: float = 0.9) -> float:
    ranked = np.cumsum(positive[np.argsort(-probability, kind="stable")])
    at = int(np.searchsorted(ranked, recall * ranked[-1]))
    return ranked[at] / (at + 1)


def calibration_error(probability: np.ndarray, positive: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error where one picture in four is of police."""
    weight = np.where(positive, PRIOR / positive.sum(), (1 - PRIOR) / (~positive).sum())
    index = np.minimum((probability * bins).astype(int), bins - 1)
    error = 0.0
    for place in range(bins):
        inside = index == place
        if inside.any():
            error += abs((weight[inside] * (probability[inside] - positive[inside])).sum())
    return error


if __name__ == "__main__":
    main()
