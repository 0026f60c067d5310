#include <sinter/ops/pointwise_op.h>

namespace sinter::ops {

namespace {
// The promotion of tensors with dimensions, of 0-d tensors, and of C++ numbers, apart.
struct PromotionState {
  bool any[3] = {};
  DType dtype[3] = {};

  void add(std::size_t rank, DType next) {
    dtype[rank] = any[rank] ? promote_types(dtype[rank], next) : next;
    any[rank] = true;
  }
};

std::size_t rank_of(const TensorImpl& impl) {
  if (impl.wrapped_number) return 2;
  return impl.meta.dim() == 0 ? 1 : 0;
}

// A C++ floating number takes the default dtype, not f64.
DType number_dtype(const TensorImpl& impl) {
  if (!impl.wrapped_number || category(impl.meta.dtype) != DTypeCategory::floating) {
    return impl.meta.dtype;
  }
  return get_default_dtype();
}

// A lower rank counts only when its category is higher.
DType combine(DType high, DType low) {
  return category(low) > category(high) ? promote_types(high, low) : high;
}
}  // namespace

DType result_type(const TensorRefs& in, std::size_t first) {
  PromotionState state;
  for (std::size_t i = first; i < in.size(); ++i) {
    if (!in.defined(i)) continue;
    const TensorImpl& impl = *in[i].impl();
    state.add(rank_of(impl), number_dtype(impl));
  }
  DType result = kFloat32;
  bool found = false;
  for (std::size_t rank = 0; rank < 3; ++rank) {
    if (!state.any[rank]) continue;
    result = found ? combine(result, state.dtype[rank]) : state.dtype[rank];
    found = true;
  }
  return result;
}

DType compute_dtype(const OpDef& def, const TensorRefs& in) {
  const PointwiseTraits& traits = def.pointwise->traits;
  const std::size_t first = traits.condition_first ? 1 : 0;
  DType dtype = in.meta(first).dtype;
  bool same = true;
  for (std::size_t i = first; i < in.size(); ++i) same = same && in.meta(i).dtype == dtype;
  if (!same || in[first].impl()->wrapped_number) dtype = result_type(in, first);
  if (traits.promote == Promote::to_float && !is_floating_point(dtype)) dtype = get_default_dtype();
  if ((traits.dtypes & dtype_bit(dtype)) == 0) [[unlikely]] {
    fail<NotImplementedError>("[", def.name, "] is not implemented for this dtype; got ", dtype);
  }
  return dtype;
}

namespace {
void check_inputs(const InferContext& c) {
  for (std::size_t i = 0; i < c.in.size(); ++i) {
    if (!c.in.defined(i)) fail("[", c.op(), "] input ", i, " is an undefined tensor");
  }
  if (c.def.pointwise->traits.condition_first && c.meta(0).dtype != kBool) {
    fail<TypeError>("[", c.op(), "] the condition must be a bool tensor; got ", c.meta(0).dtype);
  }
}

// The input whose layout the output takes: a free one first, else the first of the output's shape.
const TensorMeta* layout_source(const InferContext& c, IntArrayRef sizes) {
  const TensorMeta* source = nullptr;
  for (std::size_t i = 0; i < c.in.size(); ++i) {
    const TensorMeta& meta = c.meta(i);
    if (!(IntArrayRef(meta.sizes) == sizes)) continue;
    if (meta.free_layout) return &meta;
    if (source == nullptr) source = &meta;
  }
  return source;
}
}  // namespace

void infer_pointwise(InferContext& c) {
  check_inputs(c);
  const DType compute = compute_dtype(c.def, c.in);
  const DType dtype = c.def.pointwise->traits.bool_result ? kBool : compute;
  const TensorMeta& first = c.meta(0);
  bool simple = first.contiguous;
  for (std::size_t i = 1; i < c.in.size() && simple; ++i) {
    simple = c.meta(i).contiguous && (c.meta(i).dim() == 0 || c.meta(i).sizes == first.sizes);
  }
  if (simple) [[likely]] {
    c.out[0]->dtype = dtype;
    c.out[0]->set_contiguous(first.sizes);
    return;
  }
  Dims sizes = first.sizes;
  for (std::size_t i = 1; i < c.in.size(); ++i) {
    if (!(c.meta(i).sizes == sizes)) sizes = broadcast_shapes(c.op(), sizes, c.meta(i).sizes);
  }
  if (const TensorMeta* source = layout_source(c, sizes)) {
    c.set_like(0, sizes, dtype, *source);
  } else {
    c.set(0, sizes, dtype);
  }
}

}  // namespace sinter::ops
