"""The light network's body: few and wide convolutions on a coarse grid, ReLU, and sums; 160 pixels a side.

tract runs dense convolutions of 128 channels and more on 20 x 20 positions and fewer at 1.2 to 1.5 times onnxruntime's time,
those of 32 or 64 channels on finer grids at twice, depthwise and grouped ones at three times. So the picture is cut into
squares of 4 pixels at once, halved by squares again, and nothing is grouped. Batch normalisation is folded in on export.
"""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from features import FLOOR

SIDE = 160
STEM, STEM_SQUARE = 48, 4
# Width, and blocks after the convolution that halves the grid.
STAGES = [(128, 2), (224, 2)]
CHANNELS = 512
OPSET = 13


class Unit(nn.Module):
    """A convolution and its normalisation. Of an even kernel, one square beside the other."""

    def __init__(self, into: int, out: int, kernel: int = 1):
        super().__init__()
        odd = kernel % 2
        self.conv = nn.Conv2d(into, out, kernel, 1 if odd else kernel, kernel // 2 if odd else 0, bias=False)
        self.norm = nn.BatchNorm2d(out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x))

    def folded(self) -> tuple[np.ndarray, np.ndarray]:
        scale = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        weights = self.conv.weight * scale[:, None, None, None]
        bias = self.norm.bias - self.norm.running_mean * scale
        return weights.detach().numpy(), bias.detach().numpy()


class Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.units = nn.ModuleList([Unit(width, width // 2, 3), Unit(width // 2, width)])
        nn.init.zeros_(self.units[-1].norm.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second = self.units
        return torch.relu(x + second(torch.relu(first(x))))


class Light(nn.Module):
    def __init__(self):
        super().__init__()
        layers, width = [Unit(3, STEM, STEM_SQUARE)], STEM
        for out, blocks in STAGES:
            layers += [Unit(width, out, 2), *(Block(out) for _ in range(blocks))]
            width = out
        self.layers = nn.ModuleList([*layers, Unit(width, CHANNELS)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The root of each channel's mean, as of the teacher."""
        for layer in self.layers:
            x = layer(x) if isinstance(layer, Block) else torch.relu(layer(x))
        return torch.sqrt(x.mean((2, 3)) + FLOOR)


def body(net: Light) -> onnx.ModelProto:
    """From `input` to the activations before global pooling, float32."""
    nodes, tensors = [], []

    def conv(unit: Unit, name: str) -> str:
        out = f"conv{len(tensors) // 2}"
        weights, bias = unit.folded()
        tensors.append(numpy_helper.from_array(weights, f"{out}_weights"))
        tensors.append(numpy_helper.from_array(bias, f"{out}_bias"))
        nodes.append(
            helper.make_node(
                "Conv", [name, f"{out}_weights", f"{out}_bias"], [out],
                kernel_shape=unit.conv.kernel_size, strides=unit.conv.stride, pads=unit.conv.padding * 2,
            )
        )  # fmt: skip
        return out

    def relu(name: str) -> str:
        nodes.append(helper.make_node("Relu", [name], [f"{name}_relu"]))
        return f"{name}_relu"

    x = "input"
    for layer in net.eval().layers:
        if isinstance(layer, Block):
            first, second = layer.units
            inside = conv(second, relu(conv(first, x)))
            nodes.append(helper.make_node("Add", [x, inside], [f"{inside}_sum"]))
            x = relu(f"{inside}_sum")
        else:
            x = relu(conv(layer, x))
    last = SIDE // STEM_SQUARE // 2 ** len(STAGES)
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    made = helper.make_tensor_value_info(x, TensorProto.FLOAT, [1, CHANNELS, last, last])
    graph = helper.make_graph(nodes, "light", [given], [made], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
