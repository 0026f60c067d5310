// Sample calls of ops: what the op suite runs every registered op over.
#pragma once
#include <sinter/sinter.h>

#include <functional>
#include <string>
#include <vector>

namespace sinter::testing {

using Tensors = std::vector<Tensor>;

// One call of an op by its public function.
struct Sample {
  std::string label;  // what is special: "stride 2, no bias"
  // Floating inputs are made in f64; the suite casts them to each dtype, gives them other layouts,
  // asks them for gradients. An undefined tensor is an optional input left out.
  Tensors inputs;
  std::function<Tensors(const Tensors&)> run;
  // The same values computed on f64 inputs by code that shares no kernel with the op (plain loops,
  // <cmath>, Eigen, numbers stored from PyTorch). Null only where the op's samples are `random`.
  std::function<Tensors(const Tensors&)> reference;
  // Whether gradients are checked by finite differences (values off kinks and ties, small inputs).
  bool gradcheck = true;
};

// A call that must throw, and what its message must contain.
struct ErrorSample {
  std::string label;
  std::function<void()> run;
  std::string message;
};

struct OpSamples {
  std::string op;             // OpDef::name
  std::vector<DType> dtypes;  // every dtype the op supports for its floating (or only) inputs
  std::function<std::vector<Sample>()> samples;
  std::function<std::vector<ErrorSample>()> errors;
  // Runs the in-place form on inputs[0]; null when the op has none.
  std::function<void(Tensors& inputs)> in_place = nullptr;
  // False where the strides of the inputs take part in the meaning (view, as_strided).
  bool any_layout = true;
  // Relative error allowed in f32, against the f64 reference; scaled for other dtypes.
  double tolerance = 1e-5;
  bool random = false;  // results are random: values are not compared
  bool free_threads =
      false;  // oneDNN: bitwise equal across thread counts only in deterministic mode
};

// One function per family, in samples/<family>_samples.cpp; all_samples() joins them.
std::vector<OpSamples> pointwise_samples();
std::vector<OpSamples> view_samples();
std::vector<OpSamples> copy_samples();
std::vector<OpSamples> creation_samples();
std::vector<OpSamples> random_samples();
std::vector<OpSamples> shape_samples();
std::vector<OpSamples> reduce_samples();
std::vector<OpSamples> matmul_samples();
std::vector<OpSamples> index_samples();
std::vector<OpSamples> scatter_samples();
std::vector<OpSamples> sort_samples();
std::vector<OpSamples> softmax_samples();
std::vector<OpSamples> loss_samples();
std::vector<OpSamples> conv_samples();
std::vector<OpSamples> pool_samples();
std::vector<OpSamples> quantize_samples();
std::vector<OpSamples> quantized_samples();
std::vector<OpSamples> norm_samples();
std::vector<OpSamples> attention_samples();
std::vector<OpSamples> optimizer_samples();
std::vector<OpSamples> all_samples();

}  // namespace sinter::testing
