//! The operators that our networks are made of, and no others: those of all networks would be half of this program, and a
//! file that asks for another is not the one that was trained here. Names and attributes as in ONNX's operator set 13.

use tract_onnx::Onnx;
use tract_onnx::model::{OnnxOpRegister, ParsingContext};
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::activations::Clip;
use tract_onnx::tract_hir::ops::array::Flatten;
use tract_onnx::tract_hir::ops::cnn::{Conv, PaddingSpec};
use tract_onnx::tract_hir::ops::math::{Add, Mul, Sub, add, sqrt};
use tract_onnx::tract_hir::ops::matmul::MatMulInference;
use tract_onnx::tract_hir::ops::nn::{GlobalAvgPool, Reduce, Reducer, sigmoid};

/// An operator, and what it takes from graphs around its own: nothing, here.
type Built = TractResult<(Box<dyn InferenceOp>, Vec<String>)>;

/// Reads ONNX files of these operators.
pub(super) fn reader() -> Onnx {
    let mut known = OnnxOpRegister::default();
    known.insert("Conv", conv);
    known.insert("Gemm", dense);
    known.insert("Relu", |_, _| built(expand(Clip::new(Some(0.0), None))));
    known.insert("Add", |_, _| built(Add.into_hir()));
    known.insert("Sub", |_, _| built(Sub.into_hir()));
    known.insert("Mul", |_, _| built(Mul.into_hir()));
    known.insert("Sqrt", |_, _| built(sqrt().into_hir()));
    known.insert("Sigmoid", |_, _| built(sigmoid().into_hir()));
    known.insert("GlobalAveragePool", |_, _| built(expand(GlobalAvgPool)));
    known.insert("Flatten", |_, node| {
        let axis = node.get_attr_opt("axis")?.unwrap_or(1);
        built(expand(Flatten::new(axis)))
    });
    known.insert("ReduceLogSumExp", |_, node| {
        let axes = node.get_attr_opt_vec("axes")?;
        let keep = node.get_attr_opt("keepdims")?.unwrap_or(1_i64) == 1;
        built(expand(Reduce::new(axes, keep, Reducer::LogSumExp)))
    });
    Onnx {
        op_register: known,
        ..Onnx::default()
    }
}

fn built(operator: Box<dyn InferenceOp>) -> Built {
    Ok((operator, Vec::new()))
}

fn conv(_: &ParsingContext<'_>, node: &NodeProto) -> Built {
    let mut conv = Conv::default();
    if let Some(pads) = node.get_attr_opt_tvec::<usize>("pads")? {
        let (before, after) = pads.split_at(pads.len() / 2);
        conv = conv.padding(PaddingSpec::Explicit(before.into(), after.into()));
    }
    if let Some(shape) = node.get_attr_opt_tvec("kernel_shape")? {
        conv = conv.kernel_shape(shape);
    }
    if let Some(strides) = node.get_attr_opt_tvec("strides")? {
        conv = conv.strides(strides);
    }
    if let Some(group) = node.get_attr_opt("group")? {
        conv = conv.group(group);
    }
    if node.input.len() == 3 {
        conv = conv.bias_input(2);
    }
    built(expand(conv))
}

/// `Gemm` as PyTorch's linear layers are written: a product of two matrices, and a row added to each of its rows.
#[derive(Debug, Clone)]
struct Dense(MatMulInference);

fn dense(_: &ParsingContext<'_>, node: &NodeProto) -> Built {
    let is_one = |name| Ok::<_, TractError>(node.get_attr_opt::<f32>(name)?.unwrap_or(1.0) == 1.0);
    let is_set = |name| Ok::<_, TractError>(node.get_attr_opt::<i64>(name)?.unwrap_or(0) == 1);
    ensure!(
        is_one("alpha")? && is_one("beta")? && node.input.len() == 3,
        "Gemm with factors, or without a third input"
    );
    let product = MatMulInference::default()
        .with_a_trans(is_set("transA")?)
        .with_b_trans(is_set("transB")?);
    built(expand(Dense(product)))
}

impl Expansion for Dense {
    fn name(&self) -> StaticName {
        "Dense".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 3)?;
        solver.equals(&inputs[0].datum_type, &inputs[2].datum_type)?;
        self.0.rules(solver, &inputs[..2], outputs)
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let product = self
            .0
            .wire(&format!("{prefix}.product"), model, &inputs[..2])?;
        wire_with_rank_broadcast(prefix, model, add(), &[product[0], inputs[2]])
    }
}
