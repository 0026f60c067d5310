#include <sinter/cuda/dense.h>
#include <sinter/cuda/fold.cuh>
#include <sinter/cuda/indices.h>
#include <sinter/cuda/reduce.h>

namespace sinter::cuda {

namespace {

// The least position of a bad index.
struct FirstBad {
  using State = std::int64_t;
  std::int64_t low, high, allowed;
  std::int64_t* out;
  __device__ State start() const { return INT64_MAX; }
  __device__ void add(State& s, std::int64_t x, std::int64_t i) const {
    if ((x < low || x >= high) && x != allowed) join(s, i);
  }
  __device__ void join(State& s, State other) const { s = other < s ? other : s; }
  __device__ void finish(std::int64_t, State s) const { *out = s; }
};

}  // namespace

std::optional<std::int64_t> first_outside(const Tensor& indices, std::int64_t low,
                                          std::int64_t high, std::optional<std::int64_t> allowed) {
  const TensorMeta& meta = indices.impl()->meta;
  if (meta.numel == 0) return std::nullopt;
  const Tensor found = new_tensor(indices, {}, kInt64);
  TensorMeta flat;
  flat.set_contiguous({meta.numel});
  const FirstBad fold{low, high, allowed.value_or(low), data_of<std::int64_t>(found)};
  fold_elements(Launch(indices), fold, fold_shape(flat, {0}), data_of<const std::int64_t>(indices));
  const auto at = found.item<std::int64_t>();
  if (at == INT64_MAX) return std::nullopt;
  TensorMeta one;
  one.dtype = kInt64;
  one.device = meta.device;
  one.set_strided({}, {}, meta.offset + at);
  TensorImpl& value = *found.impl();
  TensorImpl& source = *TensorImpl::shallow_copy(*indices.impl());
  source.meta = one;
  copy_elements(value, source);
  return found.item<std::int64_t>();
}

}  // namespace sinter::cuda
