"""Reads the training photos as the edge reads a texted one, and makes varied copies of them.

The edge (edge/src/classify/photo.rs) turns a photo upright, squashes it to 224x224 with an antialiased
bilinear filter and hands on RGB x/127.5-1. `network_input` is the same rule; a test there holds both together.
"""

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

SIDE = 224


@dataclass(frozen=True)
class Photo:
    path: Path
    file: str
    label: str  # police, police_people, not_police, unsure
    sublabel: str
    source: str


def read_manifest(folder: Path) -> list[Photo]:
    with open(folder / "MANIFEST.csv", newline="") as manifest:
        rows = list(csv.DictReader(manifest))
    rows.sort(key=lambda row: row["file"])
    return [
        Photo(folder / row["file"], row["file"], row["label"], row["sublabel"], row["src_key"])
        for row in rows
    ]


def open_upright(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def squash(image: Image.Image) -> Image.Image:
    return image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)


def network_input(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(squash(image), dtype=np.float32)
    return (pixels / 127.5 - 1.0).transpose(2, 0, 1)[None]


def varied(photo: Photo, image: Image.Image, copy: int) -> Image.Image:
    """The `copy`-th variation of a photo; copy 0 is the photo itself. The same for every label."""
    if copy == 0:
        return image
    seed = hashlib.sha256(f"{photo.file} {copy}".encode()).digest()[:8]
    rng = np.random.default_rng(int.from_bytes(seed, "little"))
    if rng.random() < 0.5:
        image = ImageOps.mirror(image)
    image = _crop(image, rng)
    image = _light(image, rng)
    if rng.random() < 0.3:
        image = _black_squares(image, rng)
    if rng.random() < 0.6:
        image = _coarse(image, rng)
    if rng.random() < 0.25:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5) * min(image.size) / SIDE))
    if rng.random() < 0.5:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(rng.integers(25, 90)))
        buffer.seek(0)
        image = Image.open(buffer).convert("RGB")
    return image


def _crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    width, height = image.size
    area, stretch = rng.uniform(0.45, 1.0), np.exp(rng.uniform(-0.3, 0.3))
    crop_width = min(width, max(8, round(width * np.sqrt(area * stretch))))
    crop_height = min(height, max(8, round(height * np.sqrt(area / stretch))))
    left, top = rng.integers(0, width - crop_width + 1), rng.integers(0, height - crop_height + 1)
    return image.crop((left, top, left + crop_width, top + crop_height))


def _light(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    image = ImageEnhance.Color(image).enhance(rng.uniform(0.5, 1.4))
    image = ImageEnhance.Contrast(image).enhance(rng.uniform(0.7, 1.3))
    pixels = np.asarray(image, dtype=np.float32) / 255.0
    tint = rng.uniform(0.92, 1.08, size=3).astype(np.float32)
    pixels = np.clip(pixels ** np.exp(rng.uniform(-0.5, 0.6)) * tint * rng.uniform(0.7, 1.15), 0.0, 1.0)
    return Image.fromarray((pixels * 255.0).round().astype(np.uint8))


def _black_squares(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    pixels = np.array(image)
    height, width = pixels.shape[:2]
    for _ in range(int(rng.integers(1, 6))):
        side = int(max(2, rng.uniform(0.05, 0.15) * min(width, height)))
        left, top = int(rng.integers(0, max(1, width - side))), int(rng.integers(0, max(1, height - side)))
        pixels[top : top + side, left : left + side] = 0
    return Image.fromarray(pixels)


def _coarse(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """As from farther away or a poorer phone: down to between 56 and 224 pixels on the shorter side."""
    shorter = min(image.size)
    target = int(np.exp(rng.uniform(np.log(56), np.log(224))))
    if target >= shorter:
        return image
    size = tuple(max(1, round(side * target / shorter)) for side in image.size)
    return image.resize(size, Image.Resampling.BILINEAR)
