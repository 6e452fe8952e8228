"""Photo to verdict in Python, one core. Arguments: `torch` or `onnxruntime`, the network, how often, the photos.

`torch` decodes with Pillow, whole, and runs PyTorch; `onnxruntime` has Pillow draft the JPEG at the next power of two. Prints a
JSON line for each photo: its probability, the median milliseconds from its bytes to it, and those of the network alone.
"""

import io
import json
import statistics
import sys
import time

import numpy as np
import onnx
from PIL import Image, ImageOps

runtime, network, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
SIDE = onnx.load(network).graph.input[0].type.tensor_type.shape.dim[2].dim_value

if runtime == "torch":
    import onnx2torch
    import torch

    torch.set_num_threads(1)
    model = onnx2torch.convert(network).eval()

    def run(planes):
        with torch.inference_mode():
            return model(torch.from_numpy(planes)).item()

else:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])

    def run(planes):
        return session.run(None, {"input": planes})[0].item()


def planes_of(photo):
    with Image.open(io.BytesIO(photo)) as image:
        if runtime == "onnxruntime":
            image.draft("RGB", (SIDE, SIDE))
        image = ImageOps.exif_transpose(image).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return (np.asarray(image, dtype=np.float32) / 127.5 - 1).transpose(2, 0, 1)[None].copy()


for file in sys.argv[4:]:
    with open(file, "rb") as photo:
        photo = photo.read()
    whole, alone = [], []
    for _ in range(rounds + 2):
        start = time.perf_counter()
        planes = planes_of(photo)
        decoded = time.perf_counter()
        probability = run(planes)
        end = time.perf_counter()
        whole.append(end - start)
        alone.append(end - decoded)
    # The first two warm up.
    milliseconds = [1000 * statistics.median(times[2:]) for times in (whole, alone)]
    print(json.dumps({"police": probability, "ms": milliseconds[0], "network_ms": milliseconds[1]}))
