#include <sinter/cuda/dense.h>
#include <sinter/cuda/kernels.h>
#include <sinter/cuda/launch.h>
#include <sinter/cuda/pointwise.h>
#include <sinter/ops/comparison.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/tile_tables.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/reduce.h>

namespace sinter::cuda {

namespace {

using ops::KernelContext;
using ops::TileRow;

// The tables of the CPU's loops and those of the kernels have one order.
const PointwiseRow& row_of(const ops::PointwiseOp& op) {
  struct Tables {
    const TileRow* (*cpu)();
    const PointwiseRow* (*cuda)();
  };
  constexpr Tables kTables[] = {
      {ops::arithmetic_rows, arithmetic_rows},
      {ops::power_rows, power_rows},
      {ops::comparison_rows, comparison_rows},
      {ops::elementary_rows, elementary_rows},
      {ops::activation_rows, activation_rows},
      {ops::arithmetic_backward_rows, arithmetic_backward_rows},
      {ops::elementary_backward_rows, elementary_backward_rows},
      {ops::activation_backward_rows, activation_backward_rows},
  };
  for (const Tables& tables : kTables) {
    if (tables.cpu == op.rows) return tables.cuda()[op.row];
  }
  fail("[cuda] a pointwise op is in no table of kernels");
}

// The type that a kernel computes a dtype in.
DType number_dtype(DType dtype) { return is_reduced_floating_point(dtype) ? kFloat32 : dtype; }

// Integers have no quotient by 0: seen before anything is written, which waits for the device.
void check_divisor(const KernelContext& c, DType compute) {
  if (!c.def.pointwise->traits.integer_divisor || is_floating_point(compute)) return;
  const Tensor divisor = c.in[1].detach();
  if (any(eq(divisor, Scalar(0))).item<bool>()) {
    fail<ValueError>("[", c.def.name, "] integer division by zero");
  }
}

// Input t as the kernel reads it, converted if need be; a CPU tensor is a number.
void set_input(PointwiseLaunch& launch, std::size_t t, Tensor& x, DType wanted) {
  const TensorImpl& impl = *x.impl();
  if (impl.meta.device.is_cpu()) {
    ops::cpu::convert_fn(impl.meta.dtype, number_dtype(wanted))(impl.data(), 0, launch.number[t], 1,
                                                                1);
    return;
  }
  x = as_dtype(x, wanted);
  launch.in[t] = x.impl()->data();
}

StridedLoop loop_of(const TensorMeta& out, const std::array<Tensor, kMaxInputs>& in,
                    std::size_t count) {
  std::array<Dims, kMaxInputs> strides;
  for (std::size_t t = 0; t < kMaxInputs; ++t) {
    const bool number = t >= count || in[t].impl()->meta.device.is_cpu();
    strides[t] = number ? Dims(out.dim(), 0) : broadcast_strides(in[t].impl()->meta, out.sizes);
  }
  return make_any_order_loop(out.sizes, {out.strides, strides[0], strides[1], strides[2]});
}

}  // namespace

void run_pointwise(const KernelContext& c) {
  const ops::PointwiseOp& op = *c.def.pointwise;
  TensorImpl& out = *c.out[0].impl();
  if (out.meta.numel == 0) return;
  const DType compute = ops::compute_dtype(c.def, c.in);
  const DType result = op.traits.bool_result ? kBool : compute;
  check_divisor(c, compute);
  const Tensor target =
      out.meta.dtype == result ? c.out[0] : new_tensor(c.out[0], out.meta.sizes, result);
  PointwiseLaunch launch;
  launch.out = target.impl()->data();
  std::array<Tensor, kMaxInputs> in;
  for (std::size_t t = 0; t < c.in.size(); ++t) {
    in[t] = c.in[t];
    set_input(launch, t, in[t], op.traits.condition_first && t == 0 ? kBool : compute);
  }
  launch.loop = loop_of(target.impl()->meta, in, c.in.size());
  const PointwiseFn fn = row_of(op).fn[static_cast<std::size_t>(compute)];
  const Launch on(c.out[0]);
  fn(launch, c.attributes, on.stream());
  if (out.meta.dtype != result) copy_elements(out, *target.impl());
}

}  // namespace sinter::cuda
