"""Runs the frozen backbone over the photos once and keeps what it says in a cache outside the repository."""

import hashlib
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from photos import Photo, network_input, open_upright, varied

CHANNELS = 1280
# Added before the root, whose slope at 0 has no end.
FLOOR = 1e-4


def headless(backbone: Path) -> onnx.ModelProto:
    """The backbone without its ImageNet classifier: from `input` to the activations before global pooling, 1x1280x7x7."""
    model = onnx.load(backbone)
    graph = model.graph
    pooling = [node.op_type for node in graph.node].index("GlobalAveragePool")
    last = graph.node[pooling].input[0]
    kept = list(graph.node)[:pooling]
    used = {name for node in kept for name in node.input}
    weights = [tensor for tensor in graph.initializer if tensor.name in used]
    output = helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, CHANNELS, 7, 7])
    body = helper.make_graph(kept, "backbone", list(graph.input), [output], weights)
    return helper.make_model(body, opset_imports=list(model.opset_import), ir_version=model.ir_version)


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def pooled(activations: np.ndarray) -> np.ndarray:
    """The root of the mean of each channel over the 49 positions: a few strong channels say less than many."""
    return np.sqrt(activations.mean(axis=(2, 3))[0] + FLOOR)


def extract(photos: list[Photo], backbone: Path, copy: int, cache: Path) -> np.ndarray:
    """One row of features a photo, for its `copy`-th variation."""
    code = Path(__file__).with_name("photos.py").read_bytes() + Path(__file__).read_bytes()
    names = "\n".join(photo.file for photo in photos).encode()
    key = hashlib.sha256(code + names + backbone.read_bytes()).hexdigest()[:16]
    kept = cache / f"features-{key}-{copy:02}.npy"
    if kept.exists():
        return np.load(kept).astype(np.float32)
    network = session(headless(backbone))
    started = time.monotonic()
    rows = np.empty((len(photos), CHANNELS), dtype=np.float16)
    for index, photo in enumerate(photos):
        image = varied(photo, open_upright(photo.path), copy)
        rows[index] = pooled(network.run(None, {"input": network_input(image)})[0])
    cache.mkdir(parents=True, exist_ok=True)
    np.save(kept, rows)
    print(f"copy {copy}: {len(photos)} photos in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return rows.astype(np.float32)
