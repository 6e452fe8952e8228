"""A linear softmax over kinds of pictures on standardised features; police is the sum of its two kinds.

Kinds (vehicle, officers, ambulance, car, taxi, ...) and not two classes, because an officer and a patrol car have
little in common, and because a taxi has to be told from a patrol car rather than from the mean of all else.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from photos import Photo

POLICE_KINDS = ["police vehicle", "officers"]
L2 = 0.02
ITERATIONS = 60
# 64-pixel pictures teach low resolution and blur everything else.
SOURCE_WEIGHT = {"tin": 0.3}


def kind(photo: Photo) -> str | None:
    """None for `unsure` pictures: they are neither example nor counter-example."""
    by_label = {"police": "police vehicle", "police_people": "officers", "unsure": None}
    return by_label.get(photo.label, photo.sublabel)


def kinds(photos: list[Photo]) -> list[str]:
    others = {kind(photo) for photo in photos} - {None, *POLICE_KINDS}
    return POLICE_KINDS + sorted(others)


@dataclass
class Head:
    weights: np.ndarray  # features x kinds, standardisation folded in
    bias: np.ndarray

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        logits = features @ self.weights + self.bias
        police = len(POLICE_KINDS)
        return np.logaddexp.reduce(logits[:, :police], 1) - np.logaddexp.reduce(logits[:, police:], 1)


def fit(features: np.ndarray, kind_index: np.ndarray, weight: np.ndarray, kind_count: int) -> Head:
    mean, spread = features.mean(0), features.std(0) + 1e-2
    standard = (features - mean) / spread
    weight = _balanced(kind_index, weight, kind_count).astype(np.float32)
    target = np.zeros((len(kind_index), kind_count), np.float32)
    target[np.arange(len(kind_index)), kind_index] = 1

    def loss(flat):
        theta = flat.reshape(-1, kind_count).astype(np.float32)
        logits = standard @ theta[:-1] + theta[-1]
        logits -= logits.max(1, keepdims=True)
        exp = np.exp(logits)
        probability = exp / exp.sum(1, keepdims=True)
        value = -(weight * np.log((probability * target).sum(1) + 1e-12)).sum()
        value += 0.5 * L2 * (theta[:-1] ** 2).sum()
        error = weight[:, None] * (probability - target)
        gradient = np.vstack([standard.T @ error + L2 * theta[:-1], error.sum(0)])
        return float(value), gradient.ravel().astype(np.float64)

    start = np.zeros((standard.shape[1] + 1) * kind_count)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS})
    theta = found.x.reshape(-1, kind_count)
    weights = theta[:-1] / spread[:, None]
    return Head(weights.astype(np.float32), (theta[-1] - mean @ weights).astype(np.float32))


def _balanced(kind_index: np.ndarray, weight: np.ndarray, kind_count: int) -> np.ndarray:
    """Rare kinds count more (by the root of their number); police and the rest count half each."""
    total = np.bincount(kind_index, weight, kind_count)
    weight = weight / np.sqrt(np.maximum(total, 1))[kind_index]
    police = kind_index < len(POLICE_KINDS)
    sums = np.where(police, weight[police].sum(), weight[~police].sum())
    return weight * 0.5 / np.maximum(sums, 1e-9)


def calibrate(log_odds: np.ndarray, police: np.ndarray, prior: float) -> tuple[float, float]:
    """Platt's scale and shift, fitted on log-odds of pictures that the head was not trained on, as many of police as `prior` says."""
    sign = np.where(police, 1.0, -1.0)
    weight = np.where(police, prior / police.sum(), (1 - prior) / (~police).sum())

    def loss(pair):
        margin = sign * (pair[0] * log_odds + pair[1])
        slope = -weight * sign / (1 + np.exp(margin))
        value = (weight * np.logaddexp(0, -margin)).sum()
        return value, np.array([(slope * log_odds).sum(), slope.sum()])

    scale, shift = minimize(loss, np.array([1.0, 0.0]), jac=True).x
    return float(scale), float(shift)
