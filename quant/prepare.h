// prepare_qat and prepare_ptq: put fake quantization and observers into a captured model.
#pragma once
#include <sinter/graph/trace.h>
#include <sinter/quant/qconfig.h>

#include <utility>
#include <vector>

namespace sinter::quant {

// A model that trains as if it ran on integers: the same graph with FakeQuantize where config wants
// activations quantized, and QatConv2d and QatLinear in the place of convolutions (with the batch
// norm after them) and linear layers. It shares parameters and buffers with module, under the same
// names; clone() the module first to keep the one as it is. What it adds to the state dict lies
// under "quant".
//
// Activations are quantized where something that can run on integers reads them: convolutions over
// two dimensions, linear layers, additions of two feature maps [N, C, H, W] of one size, average
// pooling. What only moves elements about (views, concatenation, max pooling, dropout; ReLU after
// such) computes on integers as they come, so its inputs and results share one scale. Everything
// else stays in floating point.
graph::GraphModule prepare_qat(const graph::GraphModule& module, const QConfig& config);
// The same for calibration instead of training: it only observes at first, and is in evaluation
// mode. See calibrate().
graph::GraphModule prepare_ptq(const graph::GraphModule& module, const QConfig& config);

// Of a module that has not been captured yet: graph::trace(module, example_inputs) first.
template <class M>
graph::GraphModule prepare_qat(const nn::ModuleHolder<M>& module,
                               const std::vector<Tensor>& example_inputs, const QConfig& config) {
  return prepare_qat(graph::trace(module, example_inputs), config);
}
template <class M>
graph::GraphModule prepare_ptq(const nn::ModuleHolder<M>& module,
                               const std::vector<Tensor>& example_inputs, const QConfig& config) {
  return prepare_ptq(graph::trace(module, example_inputs), config);
}

// Runs a model of prepare_ptq on batches of its input, without gradients, then has it compute with
// the ranges that it observed. Throws ValueError when there are no batches.
void calibrate(graph::GraphModule& module, const std::vector<Tensor>& batches);
// Ends a calibration that ran the model itself: observers off, fake quantization on.
void finish_calibration(graph::GraphModule& module);

// Switches of all FakeQuantize and QatConv2d modules of a prepared model.
void enable_observers(nn::Module& module, bool on = true);
void enable_fake_quant(nn::Module& module, bool on = true);
void freeze_batch_norm(nn::Module& module, bool on = true);

}  // namespace sinter::quant
