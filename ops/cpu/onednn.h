// oneDNN's convolutions. onednn.cpp is the only file that includes its headers; without
// SINTER_WITH_ONEDNN there is a plan for nothing.
#pragma once
#include <sinter/core/storage.h>
#include <sinter/ops/cpu/conv_shape.h>

#include <array>
#include <memory>

namespace sinter::ops::cpu::onednn {

// Which of the three computations of a convolution.
enum class Pass : std::uint8_t { forward, data, weight };

// One convolution with the dtype of its elements: f32, or bf16 where the machine has it.
struct Convolution {
  Pass pass;
  ConvShape shape;
  DType dtype = kFloat32;
  bool bias = false;
  bool relu = false;  // of the result; forward only
};

// A weight [o, c / groups, kh, kw] in memory. Its packed form is kept as long as `owner` lives
// unchanged, when it is used more than once.
struct Weight {
  const void* data;
  std::array<std::int64_t, 4> strides;
  StorageImpl* owner = nullptr;
};

// How oneDNN computes a convolution: a primitive, made once and kept.
struct Plan;
using PlanPtr = std::shared_ptr<const Plan>;

// The plan for a weight with these strides (row-major for the weight pass), or null: what oneDNN
// does not take, gemm_convolution does. In deterministic() mode the weight pass cuts the batch by
// shape and adds the parts in order, so that its result does not depend on the number of threads.
PlanPtr plan(const Convolution& conv, const std::array<std::int64_t, 4>& weight_strides);
// Whether bf16 is computed by instructions for it.
bool has_bfloat16();

// Activations are NHWC. bias is null or holds o numbers.
void forward(const PlanPtr& plan, const void* x, const Weight& weight, const void* bias, void* y);
void data(const PlanPtr& plan, const void* dy, const Weight& weight, void* dx);
// dweight is row-major.
void weight(const PlanPtr& plan, const void* x, const void* dy, void* dweight);

// What the caches hold, for tests.
struct Stats {
  std::size_t plans = 0;
  std::size_t packed_weights = 0;
  std::size_t weight_reorders = 0;  // so far
};
Stats stats();

}  // namespace sinter::ops::cpu::onednn
