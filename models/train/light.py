"""Trains the light network on what the shipped one says of the photos, measures both on the same splits, and exports.

Its backbone starts from nothing: there are no pretrained weights for it. It is shown each photo and its variations at 160
pixels, and learns to tell the shipped network's pooled activations and what that network's head makes of them. Then it gets a
head of its own, fitted as the shipped one's is (`head.py`). What is left out of a split is left out of all three.
"""

import argparse
import hashlib
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from PIL import Image
from torch.nn import functional

import evaluate
import light_net
from export import with_head
from features import extract, session
from head import POLICE_KINDS, SOURCE_WEIGHT, calibrate, fit, kind, kinds
from light_net import SIDE, Light, body
from manifest import NETWORK
from photos import Photo, open_upright, read_manifest, varied
from train import BACKBONE, COPIES, MISSED_AT_MOST, PRECISION_WANTED

FILE = "police-light.onnx"
# Two halves of the large sources; together they have all of the officers' and both of the vehicles' that are not of 64 pixels.
LEFT_OUT = [["av"], ["slime", "bh", "hwy", "hwyall"]]
# Each shows every photo once, in one of its variations.
EPOCHS = 16
# The first epochs are shown small pictures, which costs less.
SMALLEST = 96
BATCH = 32
RATE = 2e-3
DECAY = 0.02
AVERAGED = 0.998
# Of the head's answers, beside the activations.
SAID = 0.5
TEMPERATURE = 2.0
SEED = 7

MANIFEST = (
    "# The light network, which is not the shipped one: see the model card. Written by models/train/run --light.\n"
    + NETWORK
    + """\
[training]
teacher = "police-edgetpu.onnx"
photos = {photos}
held_out_for_validation = {validation}
licence = "as of police-edgetpu.onnx, whose answers it learned: see manifest.toml beside this folder"
"""
)


def main() -> None:
    arguments = argparse.ArgumentParser()
    for name in ("shared", "cache", "out"):
        arguments.add_argument(f"--{name}", type=Path, required=True)
    arguments.add_argument("--threads", type=int, default=2)
    arguments = arguments.parse_args()
    torch.set_num_threads(arguments.threads)

    photos = read_manifest(arguments.shared / "photos")
    teacher = [extract(photos, arguments.shared / "weights" / BACKBONE, copy, arguments.cache) for copy in range(COPIES)]
    pictures = [small(photos, copy, arguments.cache) for copy in range(COPIES)]
    names = kinds(photos)
    kind_index = np.array([names.index(kind(photo)) if kind(photo) else -1 for photo in photos])
    weight = np.array([SOURCE_WEIGHT.get(photo.source, 1.0) for photo in photos])
    police = (kind_index >= 0) & (kind_index < len(POLICE_KINDS))

    def head_on(features, mask):
        mask = mask & (kind_index >= 0)
        each = np.concatenate([weight[mask], np.tile(weight[mask] / (COPIES - 1), COPIES - 1)])
        return fit(np.concatenate([copy[mask] for copy in features]), np.tile(kind_index[mask], COPIES), each, len(names))

    def student(mask, name):
        return taught(pictures, teacher, head_on(teacher, mask), mask, arguments.cache / f"light-{name}.pt")

    group = evaluate.near_duplicates(photos, teacher[0])
    source = np.array([photo.source for photo in photos])
    answers = {"light": np.full(len(photos), np.nan), "shipped": np.full(len(photos), np.nan)}
    for half, left_out in enumerate(LEFT_OUT):
        tested = np.isin(source, left_out) | ((source == evaluate.OFFICERS_SOURCE) & (group % 2 == half))
        rest = ~tested & ~np.isin(group, group[tested])
        answers["shipped"][tested] = head_on(teacher, rest).log_odds(teacher[0][tested])
        net = student(rest, f"half-{half}")
        features = [seen(net, copy) for copy in pictures]
        answers["light"][tested] = head_on(features, rest).log_odds(features[0][tested])

    found = {}
    asked = ~np.isnan(answers["light"])
    asked_photos = [photo for photo, is_asked in zip(photos, asked) if is_asked]
    for name, log_odds in answers.items():
        fitted = asked & (kind_index >= 0)
        scale, shift = calibrate(log_odds[fitted], police[fitted], evaluate.PRIOR)
        probability = 1 / (1 + np.exp(-(scale * log_odds[asked] + shift)))
        limits = evaluate.thresholds(asked_photos, probability, PRECISION_WANTED, MISSED_AT_MOST)
        limits = math.ceil(limits[0] * 1000) / 1000, max(0.001, math.floor(limits[1] * 1000) / 1000)
        found[name] = {
            "scale": scale, "shift": shift, "thresholds": limits,
            "sources_left_out": evaluate.left_out_figures(asked_photos, probability, *limits),
        }  # fmt: skip

    validation = evaluate.validation(group)
    net = student(~validation, "shipped")
    features = [seen(net, copy) for copy in pictures]
    light = found["light"]
    model = with_head(body(net), head_on(features, ~validation), light["scale"], light["shift"])
    folder = arguments.out / "light"
    folder.mkdir(exist_ok=True)
    onnx.save(model, folder / FILE)
    counted = validation & ~np.isin(source, list(evaluate.NOT_COUNTED))
    network = session(model)
    probability = [network.run(None, {"input": planes(picture[None])})[0].item() for picture in pictures[0][counted]]
    validated = [photo for photo, is_counted in zip(photos, counted) if is_counted]
    light["pictures_left_out"] = evaluate.left_out_figures(validated, np.array(probability), *light["thresholds"])
    (folder / "figures.json").write_text(json.dumps(found, indent=1) + "\n")
    (folder / "manifest.toml").write_text(
        MANIFEST.format(
            file=FILE, sha256=hashlib.sha256((folder / FILE).read_bytes()).hexdigest(), side=SIDE,
            police=light["thresholds"][0], not_police=light["thresholds"][1],
            photos=len(photos), validation=int(validation.sum()),
        )
    )  # fmt: skip
    print(json.dumps(found, indent=1))


def small(photos: list[Photo], copy: int, cache: Path) -> np.ndarray:
    """The `copy`-th variation of every photo at the light network's size, as the edge would squash it."""
    code = Path(__file__).with_name("photos.py").read_bytes() + str(SIDE).encode()
    names = "\n".join(photo.file for photo in photos).encode()
    kept = cache / f"pictures-{hashlib.sha256(code + names).hexdigest()[:16]}-{copy:02}.npy"
    if not kept.exists():
        pictures = np.empty((len(photos), SIDE, SIDE, 3), np.uint8)
        for index, photo in enumerate(photos):
            image = varied(photo, open_upright(photo.path), copy)
            pictures[index] = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        np.save(kept, pictures)
        print(f"copy {copy}: {len(photos)} pictures", file=sys.stderr)
    return np.load(kept, mmap_mode="r")


def planes(pictures: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.float32(pictures).transpose(0, 3, 1, 2) / 127.5 - 1)


def taught(pictures, teacher, head, mask, kept: Path) -> Light:
    """A network that was shown the photos of the mask; kept in the cache after each epoch, since it takes long."""
    settings = json.dumps([EPOCHS, SMALLEST, BATCH, RATE, DECAY, AVERAGED, SAID, TEMPERATURE, SEED])
    key = hashlib.sha256(mask.tobytes() + settings.encode() + Path(__file__).with_name("light_net.py").read_bytes())
    kept = kept.with_stem(f"{kept.stem}-{key.hexdigest()[:8]}")
    index = np.flatnonzero(mask)
    every = np.concatenate([copy[index] for copy in teacher])
    mean, spread = torch.tensor(every.mean(0)), torch.tensor(every.std(0) + 1e-2)
    weights, bias = torch.tensor(head.weights), torch.tensor(head.bias)

    torch.manual_seed(SEED)
    # The second part tells the teacher's activations, and is not exported.
    net = torch.nn.Sequential(Light(), torch.nn.Linear(light_net.CHANNELS, every.shape[1]))
    averaging = torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGED)
    averaged = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=averaging, use_buffers=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * (len(index) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.1)
    parts = {"net": net, "averaged": averaged, "optimiser": optimiser, "schedule": schedule}
    done = 0
    if kept.exists():
        saved = torch.load(kept)
        done = saved.pop("done")
        for name, state in saved.items():
            parts[name].load_state_dict(state)
    for epoch in range(done, EPOCHS):
        rng = np.random.default_rng([SEED, epoch])
        # From the smallest to the whole size at seven tenths of the way, in steps of 16.
        side = min(SIDE, SMALLEST + 16 * round((SIDE - SMALLEST) / 16 * epoch / (0.7 * EPOCHS)))
        order, copy = rng.permutation(index), rng.integers(0, COPIES, len(index))
        started, losses = time.monotonic(), []
        for first in range(0, len(index) - BATCH + 1, BATCH):
            rows = list(zip(copy[first : first + BATCH], order[first : first + BATCH]))
            x = torch.tensor(planes(np.stack([pictures[which][row] for which, row in rows])))
            wanted = torch.tensor(np.stack([teacher[which][row] for which, row in rows]))
            if rng.random() < 0.5:
                x = x.flip(3)
            if side < SIDE:
                x = functional.interpolate(x, (side, side), mode="bilinear", antialias=True)
            told = net(x)
            alike = ((told - (wanted - mean) / spread) ** 2).mean()
            said = functional.log_softmax(((told * spread + mean) @ weights + bias) / TEMPERATURE, 1)
            to_say = functional.softmax((wanted @ weights + bias) / TEMPERATURE, 1)
            loss = alike + SAID * functional.kl_div(said, to_say, reduction="batchmean")
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            averaged.update_parameters(net)
            losses.append((alike.item(), loss.item()))
        torch.save({"done": epoch + 1} | {name: part.state_dict() for name, part in parts.items()}, kept)
        alike, loss = np.mean(losses, 0)
        took = time.monotonic() - started
        print(f"{kept.stem} {epoch}: side {side}, alike {alike:.3f}, loss {loss:.3f}, {took:.0f} s", file=sys.stderr, flush=True)
    return averaged.module[0].eval()


@torch.inference_mode()
def seen(net: Light, pictures: np.ndarray) -> np.ndarray:
    """A row of features a picture."""
    return np.concatenate(
        [net(torch.tensor(planes(pictures[first : first + BATCH]))).numpy() for first in range(0, len(pictures), BATCH)]
    )


if __name__ == "__main__":
    main()
