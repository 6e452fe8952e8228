"""Writes the network with its head as one ONNX file: RGB picture in, probability of police out."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from features import FLOOR
from head import POLICE_KINDS, Head


def with_head(body: onnx.ModelProto, head: Head, scale: float, shift: float) -> onnx.ModelProto:
    """probability = sigmoid(scale * (log-sum-exp of the police kinds - that of the others) + shift)"""
    graph = body.graph
    last = graph.output[0].name
    police = len(POLICE_KINDS)
    node = helper.make_node
    nodes = [
        node("GlobalAveragePool", [last], ["mean"]),
        node("Flatten", ["mean"], ["flat"]),
        node("Add", ["flat", "floor"], ["raised"]),
        node("Sqrt", ["raised"], ["features"]),
        node("Gemm", ["features", "police_weights", "police_bias"], ["police_logits"]),
        node("Gemm", ["features", "other_weights", "other_bias"], ["other_logits"]),
        node("ReduceLogSumExp", ["police_logits"], ["police_score"], axes=[1], keepdims=1),
        node("ReduceLogSumExp", ["other_logits"], ["other_score"], axes=[1], keepdims=1),
        node("Sub", ["police_score", "other_score"], ["log_odds"]),
        node("Mul", ["log_odds", "scale"], ["scaled"]),
        node("Add", ["scaled", "shift"], ["calibrated"]),
        node("Sigmoid", ["calibrated"], ["police"]),
    ]
    constants = {
        "police_weights": head.weights[:, :police],
        "police_bias": head.bias[:police],
        "other_weights": head.weights[:, police:],
        "other_bias": head.bias[police:],
        "floor": np.array([[FLOOR]]),
        "scale": np.array([[scale]]),
        "shift": np.array([[shift]]),
    }
    tensors = [
        numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float32), name)
        for name, value in constants.items()
    ]
    output = helper.make_tensor_value_info("police", TensorProto.FLOAT, [1, 1])
    whole = helper.make_graph(
        [*graph.node, *nodes], "spotlight police", list(graph.input), [output], [*graph.initializer, *tensors]
    )
    model = helper.make_model(whole, opset_imports=list(body.opset_import), ir_version=body.ir_version)
    onnx.checker.check_model(model)
    return model
