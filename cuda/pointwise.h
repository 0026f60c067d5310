// The run-time face of the pointwise kernels.
#pragma once
#include <sinter/cuda/strided.h>
#include <sinter/ops/pointwise_op.h>

#include <cuda_runtime_api.h>

#include <array>

namespace sinter::cuda {

inline constexpr std::size_t kMaxInputs = kMaxOperands - 1;

// One launch: all that a kernel needs but the attributes. Operand 0 of the loop is the output.
struct PointwiseLaunch {
  StridedLoop loop;
  void* out = nullptr;
  const void* in[kMaxInputs] = {};  // null: the number below
  // A number from the host, in the type that formulas compute the dtype in.
  alignas(8) unsigned char number[kMaxInputs][8] = {};
};

using PointwiseFn = void (*)(const PointwiseLaunch& launch, const void* attrs, cudaStream_t stream);

// The launchers of one formula, by the dtype of its elements. Null: not supported.
struct PointwiseRow {
  std::array<PointwiseFn, kNumDTypes> fn{};
};

// The rows of each file of formulas, in the order of its list.
const PointwiseRow* arithmetic_rows();
const PointwiseRow* power_rows();
const PointwiseRow* comparison_rows();
const PointwiseRow* elementary_rows();
const PointwiseRow* activation_rows();
const PointwiseRow* arithmetic_backward_rows();
const PointwiseRow* elementary_backward_rows();
const PointwiseRow* activation_backward_rows();

}  // namespace sinter::cuda
