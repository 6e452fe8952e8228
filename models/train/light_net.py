"""The light network's body: convolutions that are matrix products for tract, ReLU, and sums; 160 pixels a side.

No depthwise and no grouped convolutions, which tract is slowest at. Batch normalisation is folded into the convolutions on
export. The last convolution has the teacher's channels, so that their pooled activations can be compared one by one.
"""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from features import CHANNELS, FLOOR

SIDE = 160
STEM = 24
# Width, and bottlenecks after the convolution that halves the picture.
STAGES = [(48, 1), (96, 2), (160, 3), (224, 1)]
OPSET = 13


class Unit(nn.Module):
    """A convolution and its normalisation."""

    def __init__(self, into: int, out: int, kernel: int = 1, stride: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(into, out, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x))

    def folded(self) -> tuple[np.ndarray, np.ndarray]:
        scale = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        weights = self.conv.weight * scale[:, None, None, None]
        bias = self.norm.bias - self.norm.running_mean * scale
        return weights.detach().numpy(), bias.detach().numpy()


class Bottleneck(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        half = width // 2
        self.units = nn.ModuleList([Unit(width, half), Unit(half, half, 3), Unit(half, width)])
        nn.init.zeros_(self.units[-1].norm.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second, third = self.units
        return torch.relu(x + third(torch.relu(second(torch.relu(first(x))))))


class Light(nn.Module):
    def __init__(self):
        super().__init__()
        layers, width = [Unit(3, STEM, 3, 2)], STEM
        for out, bottlenecks in STAGES:
            layers += [Unit(width, out, 3, 2), *(Bottleneck(out) for _ in range(bottlenecks))]
            width = out
        self.layers = nn.ModuleList([*layers, Unit(width, CHANNELS)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The root of each channel's mean, as of the teacher."""
        for layer in self.layers:
            x = layer(x) if isinstance(layer, Bottleneck) else torch.relu(layer(x))
        return torch.sqrt(x.mean((2, 3)) + FLOOR)


def body(net: Light) -> onnx.ModelProto:
    """From `input` to the activations before global pooling, float32."""
    nodes, tensors = [], []

    def conv(unit: Unit, name: str) -> str:
        out = f"conv{len(tensors) // 2}"
        weights, bias = unit.folded()
        tensors.append(numpy_helper.from_array(weights, f"{out}_weights"))
        tensors.append(numpy_helper.from_array(bias, f"{out}_bias"))
        kernel, stride = unit.conv.kernel_size[0], unit.conv.stride[0]
        nodes.append(
            helper.make_node(
                "Conv", [name, f"{out}_weights", f"{out}_bias"], [out],
                kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4,
            )
        )  # fmt: skip
        return out

    def relu(name: str) -> str:
        nodes.append(helper.make_node("Relu", [name], [f"{name}_relu"]))
        return f"{name}_relu"

    x = "input"
    for layer in net.eval().layers:
        if isinstance(layer, Bottleneck):
            first, second, third = layer.units
            inside = conv(third, relu(conv(second, relu(conv(first, x)))))
            nodes.append(helper.make_node("Add", [x, inside], [f"{inside}_sum"]))
            x = relu(f"{inside}_sum")
        else:
            x = relu(conv(layer, x))
    last = -(-SIDE // 2 ** (1 + len(STAGES)))
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    made = helper.make_tensor_value_info(x, TensorProto.FLOAT, [1, CHANNELS, last, last])
    graph = helper.make_graph(nodes, "light", [given], [made], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
