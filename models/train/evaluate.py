"""Splits that leave whole sources out, and what is measured on them."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

sys.path.insert(0, str(Path(__file__).parent.parent / "eval"))
from figures import PRIOR, figures  # noqa: E402
from photos import Photo, open_upright  # noqa: E402

# Sources left out together: each of the large ones alone, the small ones by what they are.
LEFT_OUT_TOGETHER = [
    ["slime"],
    ["tin"],
    ["av"],
    ["insamp", "coco", "f8k"],
    ["tow", "web3", "web4", "stan", "ayesh"],
    ["bh", "hwy", "hwyall"],
]
# All but 12 officers come from this one, so leaving it out leaves nothing to learn officers from: it is halved
# for the figures and thresholds, and left out whole for a figure of its own.
OFFICERS_SOURCE = "idenprof"
# 64-pixel pictures are trained on, and not counted.
NOT_COUNTED = {"tin"}


def near_duplicates(photos: list[Photo], features: np.ndarray) -> np.ndarray:
    """A group number a photo; photos of one group look alike, mirrored or not."""
    direction = features - features.mean(0)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    alike = direction @ direction.T
    thumbs = np.stack([_thumb(photo) for photo in photos])
    flat, mirrored = thumbs.reshape(len(photos), -1), thumbs[:, :, ::-1].reshape(len(photos), -1)
    same_view = np.maximum(flat @ flat.T, mirrored @ flat.T)
    pairs = np.where((alike > 0.8) | ((same_view > 0.9) & (alike > 0.5)))
    links = coo_matrix((np.ones(len(pairs[0])), pairs), shape=alike.shape)
    return connected_components(links, directed=False)[1]


def _thumb(photo: Photo) -> np.ndarray:
    grey = open_upright(photo.path).convert("L").resize((16, 16), Image.Resampling.BOX)
    values = np.asarray(grey, dtype=np.float32)
    values = values - values.mean()
    return values / (np.linalg.norm(values) + 1e-6)


def splits(photos: list[Photo], group: np.ndarray):
    """Pairs of masks (tested, trained on). No group is on both sides."""
    source = np.array([photo.source for photo in photos])
    for names in LEFT_OUT_TOGETHER:
        yield _apart(np.isin(source, names), group)
    for half in range(2):
        yield _apart((source == OFFICERS_SOURCE) & (group % 2 == half), group)


def unseen_officers(photos: list[Photo], group: np.ndarray):
    return _apart(np.array([photo.source == OFFICERS_SOURCE for photo in photos]), group)


def validation(group: np.ndarray) -> np.ndarray:
    """One picture in six, with all that look like it: the shipped network is not trained on them."""
    return group % 6 == 0


def _apart(tested: np.ndarray, group: np.ndarray):
    return tested, ~tested & ~np.isin(group, group[tested])


def left_out_figures(photos: list[Photo], probability: np.ndarray, police_at: float, not_police_at: float) -> dict:
    """What the verdicts would be on left-out pictures, all and of each source that has enough of both."""
    label = np.array([photo.label for photo in photos])
    kind = np.array([photo.sublabel for photo in photos])
    source = np.array([photo.source for photo in photos])
    verdict = np.where(probability >= police_at, "police", np.where(probability <= not_police_at, "not_police", "unsure"))

    def of(mask, short=False):
        return figures(probability[mask], verdict[mask], label[mask], kind[mask], short)

    counted = ~np.isin(source, list(NOT_COUNTED))
    parts = {name: of(source == name, short=True)["auc"] for name in sorted(set(source[counted]))}
    return of(counted) | {"auc_by_source": {name: auc for name, auc in parts.items() if auc}}


def thresholds(photos: list[Photo], probability: np.ndarray, precision: float, missed: float) -> tuple[float, float]:
    """The lowest `police` of at least that precision where one picture in four is of police, and the highest
    `not_police` that misses no more of the police pictures than `missed`."""
    label = np.array([photo.label for photo in photos])
    source = np.array([photo.source for photo in photos])
    counted = (label != "unsure") & ~np.isin(source, list(NOT_COUNTED))
    positive = np.isin(label, ["police", "police_people"])[counted]
    probability = probability[counted]
    order = np.argsort(-probability)
    weight = np.where(positive, PRIOR / positive.sum(), (1 - PRIOR) / (~positive).sum())[order]
    reached = np.cumsum(weight * positive[order]) / np.cumsum(weight)
    last = int(np.flatnonzero(reached >= precision).max())
    police_at = float(probability[order][last])
    missed_at = float(np.quantile(probability[positive], missed, method="lower"))
    return police_at, min(missed_at, police_at - 0.05)
