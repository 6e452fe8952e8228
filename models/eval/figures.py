"""What verdicts are worth: each figure with its 95 % interval, and none of fewer than 30 pictures."""

import numpy as np

FEWEST = 30
# How many of the photos that come in show police.
PRIOR = 0.25
ROUNDS = 1000


def figures(probability: np.ndarray, verdict: np.ndarray, label: np.ndarray, kind: np.ndarray, short: bool = False) -> dict:
    """Of pictures with a label (police, police_people, not_police, unsure) and a kind (car, taxi, ...)."""
    counted = label != "unsure"
    positive = np.isin(label, ["police", "police_people"])
    found = {
        "auc": _interval(auc, probability[counted], positive[counted]),
        "police_called_police": _share(verdict[positive] == "police"),
        "police_called_not_police": _share(verdict[positive] == "not_police"),
        "others_called_police": _share(verdict[counted & ~positive] == "police"),
    }
    if short:
        return found
    return found | {
        "auc_vehicles": _interval(auc, *_of(counted & ((label == "police") | ~positive), probability, positive)),
        "auc_officers": _interval(auc, *_of(counted & ((label == "police_people") | ~positive), probability, positive)),
        "average_precision": _interval(average_precision, probability[counted], positive[counted]),
        "precision_at_recall_0_90": _interval(precision_at_recall, probability[counted], positive[counted]),
        "precision_of_police": _share(positive[counted & (verdict == "police")]),
        "officers_called_not_police": _share(verdict[label == "police_people"] == "not_police"),
        "unsure": _share(verdict[counted] == "unsure"),
        "unsure_of_the_unclear": _share(verdict[label == "unsure"] == "unsure"),
        "calibration_error": _interval(calibration_error, probability[counted], positive[counted]),
        "called_police_by_kind": {
            name: _share(verdict[(kind == name) & counted & ~positive] == "police")
            for name in sorted(set(kind[counted & ~positive]))
            if ((kind == name) & counted & ~positive).sum() >= FEWEST
        },
    }


def _of(mask: np.ndarray, *columns: np.ndarray) -> list[np.ndarray]:
    return [column[mask] for column in columns]


def _share(hits: np.ndarray) -> dict | None:
    """A share with Wilson's interval."""
    n = len(hits)
    if n < FEWEST:
        return None
    p, z = float(np.mean(hits)), 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {"n": n, "is": round(p, 3), "from": round(max(0.0, middle - half), 3), "to": round(min(1.0, middle + half), 3)}


def _interval(figure, probability: np.ndarray, positive: np.ndarray) -> dict | None:
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
