//! The network's convolutions as one operator of our own, where a processor has AVX2 and FMA; elsewhere tract runs them.
//!
//! tract takes twice onnxruntime's time for them on such a processor: it copies the windows together (im2col), packs them, and
//! goes over each result again for its bias and its zeros. Here windows are read where they are (`kernel`) or in squares with
//! fewer multiplications (`winograd`), and what follows a convolution is done on the sums. These are tract's in another order:
//! the probabilities differ by less than 1e-5.

mod kernel;
mod layer;
mod winograd;

use std::collections::HashMap;
use std::sync::Arc;

use fearless_simd::Level;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_hir::tract_core::ops::cast::Cast;
use tract_onnx::tract_hir::tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec};
use tract_onnx::tract_hir::tract_core::ops::nn::DataFormat;

use self::kernel::LANES;
use self::layer::{Convolution, Layers, Shape};

/// The network with all convolutions between its input and whatever else comes in one operator; unchanged where the processor
/// or a convolution is not for it.
pub(super) fn joined(mut network: TypedModel) -> TractResult<TypedModel> {
    let Some(avx2) = Level::new().as_avx2() else {
        return Ok(network);
    };
    let Some(found) = Found::of(&network)? else {
        return Ok(network);
    };
    let convolutions: Vec<Convolution<'_>> = found
        .convolutions
        .iter()
        .map(Read::convolution)
        .collect::<TractResult<_>>()?;
    let layers = Joined(Arc::new(Layers::new(avx2, found.shapes, &convolutions)));
    let mut patch = TypedModelPatch::default();
    let input = patch.tap_model(&network, found.input)?;
    let output = patch.wire_node("convolutions", layers, &[input])?;
    patch.shunt_outside(&network, found.output, output[0])?;
    patch.apply(&mut network)?;
    Ok(network)
}

#[derive(Clone, Debug)]
struct Joined(Arc<Layers>);

impl PartialEq for Joined {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Joined {}

impl Op for Joined {
    fn name(&self) -> StaticName {
        "Convolutions".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Joined {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let planes = self.0.run(input.try_as_plain_ram()?.as_slice::<f32>()?);
        let output = Tensor::from_shape(&self.0.output(), &planes)?;
        Ok(tvec!(output.into()))
    }
}

impl TypedOp for Joined {
    fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(self.0.output())))
    }

    as_op!();
}

/// The convolutions that hang together from the input on.
struct Found {
    input: OutletId,
    output: OutletId,
    shapes: Vec<Shape>,
    convolutions: Vec<Read>,
}

/// A convolution as it stands in the network.
struct Read {
    weights: Arc<Tensor>,
    bias: Arc<Tensor>,
    from: usize,
    to: usize,
    window: [usize; 2],
    strides: [usize; 2],
    padding: [usize; 2],
    is_depthwise: bool,
    added: Option<usize>,
    is_cut: bool,
}

impl Read {
    fn convolution(&self) -> TractResult<Convolution<'_>> {
        Ok(Convolution {
            weights: self.weights.try_as_plain_ram()?.as_slice()?,
            bias: self.bias.try_as_plain_ram()?.as_slice()?,
            from: self.from,
            to: self.to,
            window: self.window,
            strides: self.strides,
            padding: self.padding,
            is_depthwise: self.is_depthwise,
            added: self.added,
            is_cut: self.is_cut,
        })
    }
}

impl Found {
    fn of(network: &TypedModel) -> TractResult<Option<Self>> {
        let [input] = *network.input_outlets()? else {
            return Ok(None);
        };
        let Some(shape) = shape(network, input)? else {
            return Ok(None);
        };
        let mut found = Self {
            input,
            output: input,
            shapes: vec![shape],
            convolutions: Vec::new(),
        };
        // Which picture an outlet's value is.
        let mut pictures = HashMap::from([(input, 0)]);
        let mut outputs = Vec::new();
        for number in network.eval_order()? {
            let node = network.node(number);
            let read: Vec<usize> = node
                .inputs
                .iter()
                .filter_map(|input| pictures.get(input).copied())
                .collect();
            if read.is_empty() {
                continue;
            }
            if !found.takes(network, node, &read, &pictures)? {
                let from = node.inputs.iter();
                outputs.extend(from.filter(|input| pictures.contains_key(input)));
                continue;
            }
            pictures.insert(number.into(), found.shapes.len() - 1);
        }
        outputs.dedup();
        match outputs.as_slice() {
            // Not one that something is added to or cut from afterwards, and not an earlier one.
            [output] if pictures.get(output) == Some(&found.convolutions.len()) => {
                found.output = *output;
                Ok((!found.convolutions.is_empty()).then_some(found))
            }
            _ => Ok(None),
        }
    }

    /// Whether this node is one for us: a convolution, or what can be done on the last one's sums.
    fn takes(
        &mut self,
        network: &TypedModel,
        node: &TypedNode,
        read: &[usize],
        pictures: &HashMap<OutletId, usize>,
    ) -> TractResult<bool> {
        if let Some(conv) = node.op_as::<Conv>() {
            let Some(mut convolution) = convolution(network, node, conv)? else {
                return Ok(false);
            };
            let Some(shape) = shape(network, node.id.into())? else {
                return Ok(false);
            };
            let [from] = *read else {
                return Ok(false);
            };
            let (PaddingSpec::Explicit(_, after), border) =
                (&conv.pool_spec.padding, &mut self.shapes[from].border)
            else {
                return Ok(false);
            };
            let most = convolution.padding.iter().chain(after).max();
            *border = (*border).max(most.copied().unwrap_or(0));
            (convolution.from, convolution.to) = (from, self.shapes.len());
            self.shapes.push(shape);
            self.convolutions.push(convolution);
            return Ok(true);
        }
        let (Some(operator), Some(last)) =
            (node.op_as::<TypedBinOp>(), self.convolutions.last_mut())
        else {
            return Ok(false);
        };
        // The last convolution's value is needed nowhere else as it is.
        let Some(sum) = node.inputs.iter().find(|input| {
            pictures.get(input) == Some(&last.to)
                && network.node(input.node).outputs[input.slot]
                    .successors
                    .len()
                    == 1
        }) else {
            return Ok(false);
        };
        let mut others = node.inputs.iter().filter(|input| *input != sum);
        let (Some(other), None) = (others.next(), others.next()) else {
            return Ok(false);
        };
        match (operator.0.name(), pictures.get(other)) {
            ("Add", Some(&added)) if !last.is_cut && last.added.is_none() && !last.is_depthwise => {
                let fits = network.outlet_fact(*sum)?.shape == network.outlet_fact(*other)?.shape;
                if fits {
                    last.added = Some(added);
                }
                Ok(fits)
            }
            ("Max", None) => {
                let is_zero = match constant(network, *other)? {
                    Some(other) => *other.try_as_plain_ram()?.as_slice::<f32>()? == [0.0],
                    None => false,
                };
                last.is_cut |= is_zero;
                Ok(is_zero)
            }
            _ => Ok(false),
        }
    }
}

/// Of a picture: one, with channels, rows and columns.
fn shape(network: &TypedModel, outlet: OutletId) -> TractResult<Option<Shape>> {
    let fact = network.outlet_fact(outlet)?;
    Ok(match fact.shape.as_concrete() {
        Some(&[1, channels, height, width]) if fact.datum_type == f32::datum_type() => {
            Some(Shape {
                height,
                width,
                channels,
                border: 0,
            })
        }
        _ => None,
    })
}

/// Where it is one that the kernels can run.
fn convolution(network: &TypedModel, node: &TypedNode, conv: &Conv) -> TractResult<Option<Read>> {
    let pool = &conv.pool_spec;
    let is_depthwise =
        conv.group > 1 && conv.group == pool.input_channels && conv.group == pool.output_channels;
    let is_plain = pool.data_format == DataFormat::NCHW
        && conv.kernel_fmt == KernelFormat::OIHW
        && conv.q_params.is_none()
        && pool
            .dilations
            .as_ref()
            .is_none_or(|all| all.iter().all(|&one| one == 1))
        && (conv.group == 1 || is_depthwise)
        && pool.output_channels.is_multiple_of(LANES);
    let (PaddingSpec::Explicit(before, _), [_, weights, bias]) =
        (&pool.padding, node.inputs.as_slice())
    else {
        return Ok(None);
    };
    let (Some(weights), Some(bias)) = (constant(network, *weights)?, constant(network, *bias)?)
    else {
        return Ok(None);
    };
    let two = |values: &[usize]| <[usize; 2]>::try_from(values).ok();
    let strides = pool.strides.as_deref().map_or(Some([1, 1]), two);
    let (Some(window), Some(strides), Some(padding)) =
        (two(&pool.kernel_shape), strides, two(before))
    else {
        return Ok(None);
    };
    let fits = is_plain && bias.len() == pool.output_channels;
    Ok(fits.then_some(Read {
        weights,
        bias,
        from: 0,
        to: 0,
        window,
        strides,
        padding,
        is_depthwise,
        added: None,
        is_cut: false,
    }))
}

/// A constant of floats.
fn constant(network: &TypedModel, outlet: OutletId) -> TractResult<Option<Arc<Tensor>>> {
    let node = network.node(outlet.node);
    if node.op_is::<Cast>() {
        return constant(network, node.inputs[0]);
    }
    let value = network.outlet_fact(outlet)?.konst.clone();
    Ok(value.filter(|value| value.datum_type() == f32::datum_type()))
}

#[cfg(test)]
mod tests;
