"""Splits that leave whole sources out, and what is measured on them."""

import numpy as np
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import roc_auc_score

from photos import Photo, open_upright

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


def _apart(tested: np.ndarray, group: np.ndarray):
    return tested, ~tested & ~np.isin(group, group[tested])


def figures(photos: list[Photo], probability: np.ndarray, police_at: float, not_police_at: float) -> dict:
    """What the verdicts would be on left-out pictures."""
    label = np.array([photo.label for photo in photos])
    sublabel = np.array([photo.sublabel for photo in photos])
    source = np.array([photo.source for photo in photos])
    counted = (label != "unsure") & ~np.isin(source, list(NOT_COUNTED))
    vehicles, officers = counted & (label == "police"), counted & (label == "police_people")
    positive, negative = vehicles | officers, counted & (label == "not_police")

    def auc(positives, negatives=negative):
        both = positives | negatives
        return round(float(roc_auc_score(positives[both], probability[both])), 4)

    def share(mask, verdict):
        return round(float(verdict[mask].mean()), 3)

    flagged, dismissed = probability >= police_at, probability <= not_police_at
    order = np.argsort(-probability[counted])
    found = np.cumsum(positive[counted][order])
    at_recall = int(np.searchsorted(found, 0.9 * positive.sum()))
    return {
        "pictures": int(counted.sum()),
        "vehicles": int(vehicles.sum()),
        "officers": int(officers.sum()),
        "auc": auc(positive),
        "auc_vehicles": auc(vehicles),
        "auc_officers": auc(officers),
        "precision_at_recall_0_90": round(float(found[at_recall] / (at_recall + 1)), 3),
        "precision_of_police": round(float(positive[counted & flagged].mean()), 3),
        "vehicles_called_police": share(vehicles, flagged),
        "vehicles_called_not_police": share(vehicles, dismissed),
        "officers_called_police": share(officers, flagged),
        "officers_called_not_police": share(officers, dismissed),
        "others_called_not_police": share(negative, dismissed),
        "called_unsure": share(counted, ~flagged & ~dismissed),
        "calibration_error": _calibration_error(probability[counted], positive[counted]),
        "called_police_by_kind": {
            kind: share(negative & (sublabel == kind), flagged) for kind in sorted(set(sublabel[negative]))
        },
        "auc_by_source": {
            name: auc(positive & (source == name), negative & (source == name))
            for name in sorted(set(source[positive]))
            if (positive & (source == name)).sum() >= 5 and (negative & (source == name)).sum() >= 5
        },
    }


def _calibration_error(probability: np.ndarray, positive: np.ndarray, bins: int = 10) -> float:
    index = np.minimum((probability * bins).astype(int), bins - 1)
    parts = [
        (index == bin).mean() * abs(probability[index == bin].mean() - positive[index == bin].mean())
        for bin in range(bins)
        if (index == bin).any()
    ]
    return round(float(sum(parts)), 4)


def thresholds(photos: list[Photo], probability: np.ndarray, precision: float, missed: float) -> tuple[float, float]:
    """The lowest `police` of at least that precision, and the highest `not_police` that misses no more of
    the police vehicles, nor more of all police, than `missed`."""
    label = np.array([photo.label for photo in photos])
    source = np.array([photo.source for photo in photos])
    counted = (label != "unsure") & ~np.isin(source, list(NOT_COUNTED))
    positive = np.isin(label, ["police", "police_people"])
    order = np.argsort(-probability[counted])
    ranked = positive[counted][order]
    reached = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    last = int(np.flatnonzero(reached >= precision).max())
    police_at = float(probability[counted][order][last])
    missed_at = [
        np.quantile(probability[counted & mask], missed, method="lower")
        for mask in (positive, label == "police")
    ]
    return police_at, float(min(*missed_at, police_at - 0.05))
