// Reductions over dimensions.
#include <sinter/cuda/dense.h>
#include <sinter/cuda/fold.cuh>
#include <sinter/cuda/kernels.h>
#include <sinter/cuda/reduce.h>
#include <sinter/ops/reduce_attrs.h>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

template <class W>
struct SumInto : SumFold<W> {
  W* out;
  W divisor;  // 1, or what a mean divides by
  __device__ void finish(std::int64_t o, const Total<W>& s) const {
    out[o] = divisor == W(1) ? s.value() : s.value() / divisor;
  }
};

template <class W>
struct ProductInto {
  struct State {
    W value;
    W unused;  // keeps the state of whole words alike for all types
  };
  W* out;
  __device__ State start() const { return {W(1), W(1)}; }
  __device__ static W times(W a, W b) {
    if constexpr (std::is_integral_v<W>) {
      return static_cast<W>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
    } else {
      return a * b;
    }
  }
  __device__ void add(State& s, W x, std::int64_t) const { s.value = times(s.value, x); }
  __device__ void join(State& s, const State& other) const {
    s.value = times(s.value, other.value);
  }
  __device__ void finish(std::int64_t o, const State& s) const { out[o] = s.value; }
};

enum class Counted : std::uint8_t { any, all, count };

// Elements that are not zero; NaN is not.
template <class W>
struct CountInto {
  using State = std::int64_t;
  Counted kind;
  std::int64_t total;
  std::int64_t* counts;
  bool* bools;
  __device__ State start() const { return 0; }
  __device__ void add(State& s, W x, std::int64_t) const { s += x != W(0) ? 1 : 0; }
  __device__ void join(State& s, State other) const { s += other; }
  __device__ void finish(std::int64_t o, State s) const {
    if (kind == Counted::count) {
      counts[o] = s;
    } else {
      bools[o] = kind == Counted::any ? s != 0 : s == total;
    }
  }
};

template <class T, bool kMax>
struct ExtremeInto : ExtremeFold<WorkType<T>, kMax> {
  using State = typename ExtremeFold<WorkType<T>, kMax>::State;
  T* values;
  std::int64_t* indices;
  __device__ void finish(std::int64_t o, const State& s) const {
    if (values != nullptr) values[o] = convert<T>(s.value);
    if (indices != nullptr) indices[o] = s.index;
  }
};

// The dtype of WorkType.
DType work_dtype(DType dtype) {
  if (!is_floating_point(dtype)) return kInt64;
  return dtype == kFloat64 ? kFloat64 : kFloat32;
}

// Runs make(T, W*) over the input in the work type of the output, and converts the result.
template <class Make>
void fold_numbers(const Tensor& to, const Tensor& from, IntArrayRef dims, const Make& make) {
  TensorImpl& out = *to.impl();
  const DType work = work_dtype(out.meta.dtype);
  const Tensor in =
      work == work_dtype(from.impl()->meta.dtype) ? from : as_dtype(from, out.meta.dtype);
  const Tensor result = work == out.meta.dtype ? to : new_tensor(to, out.meta.sizes, work);
  const FoldShape shape = fold_shape(in.impl()->meta, dims);
  const Launch launch(in);
  visit_dtype(in.impl()->meta.dtype, [&]<class T>() {
    using W = WorkType<T>;
    fold_elements(launch, make(data_of<W>(result)), shape, data_of<const T>(in));
  });
  if (work != out.meta.dtype) copy_elements(out, *result.impl());
}

void count(const KernelContext& c, Counted kind) {
  const FoldShape shape = fold_shape(c.in.meta(0), c.attrs<ops::ReduceAttrs>().dims);
  const Launch launch(c.in[0]);
  visit_dtype(c.in.meta(0).dtype, [&]<class T>() {
    const CountInto<WorkType<T>> fold{kind, shape.reduced.numel, c.out_data<std::int64_t>(),
                                      c.out_data<bool>()};
    fold_elements(launch, fold, shape, c.in_data<T>(0));
  });
}

struct ExtremeOutputs {
  void* values;
  std::int64_t* indices;
};

template <bool kMax>
void extreme(const KernelContext& c, IntArrayRef dims, ExtremeOutputs out) {
  const FoldShape shape = fold_shape(c.in.meta(0), dims);
  const Launch launch(c.in[0]);
  visit_dtype(c.in.meta(0).dtype, [&]<class T>() {
    ExtremeInto<T, kMax> fold{};
    fold.values = static_cast<T*>(out.values);
    fold.indices = out.indices;
    fold_elements(launch, fold, shape, c.in_data<T>(0));
  });
}

Dims every_dim(const TensorMeta& x) {
  Dims dims;
  for (std::size_t d = 0; d < x.dim(); ++d) dims.push_back(static_cast<std::int64_t>(d));
  return dims;
}

Dims chosen_dims(const KernelContext& c, std::optional<std::int64_t> dim) {
  return dim && c.in.meta(0).dim() > 0 ? Dims{*dim} : every_dim(c.in.meta(0));
}

template <bool kMax>
void arg_extreme(const KernelContext& c) {
  extreme<kMax>(c, chosen_dims(c, c.attrs<ops::ArgAttrs>().dim),
                {nullptr, c.out_data<std::int64_t>()});
}

template <bool kMax>
void extreme_dim(const KernelContext& c) {
  extreme<kMax>(c, chosen_dims(c, c.attrs<ops::ExtremeDimAttrs>().dim),
                {c.out_data<char>(0), c.out_data<std::int64_t>(1)});
}

}  // namespace

FoldShape fold_shape(const TensorMeta& in, IntArrayRef dims) {
  Dims kept_sizes, kept_strides, sizes, strides;
  for (std::size_t d = 0, r = 0; d < in.dim(); ++d) {
    const bool reduced = r < dims.size() && static_cast<std::size_t>(dims[r]) == d;
    if (reduced) ++r;
    (reduced ? sizes : kept_sizes).push_back(in.sizes[d]);
    (reduced ? strides : kept_strides).push_back(in.strides[d]);
  }
  return {make_loop(kept_sizes, {kept_strides}), make_loop(sizes, {strides})};
}

bool any_true(const Tensor& x) {
  const Tensor out = new_tensor(x, {}, kBool);
  TensorMeta flat;
  flat.set_contiguous({x.impl()->meta.numel});
  const CountInto<std::int64_t> fold{Counted::any, 0, nullptr, data_of<bool>(out)};
  fold_elements(Launch(x), fold, fold_shape(flat, {0}), data_of<const bool>(x));
  return out.item<bool>();
}

void sum_into(const Tensor& out, const Tensor& in, IntArrayRef dims) {
  fold_numbers(out, in, dims, []<class W>(W* to) {
    SumInto<W> fold{};
    fold.out = to;
    fold.divisor = W(1);
    return fold;
  });
}

void sum(const KernelContext& c) { sum_into(c.out[0], c.in[0], c.attrs<ops::SumAttrs>().dims); }
void mean(const KernelContext& c) {
  const auto& dims = c.attrs<ops::SumAttrs>().dims;
  const std::int64_t n = fold_shape(c.in.meta(0), dims).reduced.numel;
  fold_numbers(c.out[0], c.in[0], dims, [n]<class W>(W* out) {
    SumInto<W> fold{};
    fold.out = out;
    fold.divisor = static_cast<W>(n);
    return fold;
  });
}
void prod(const KernelContext& c) {
  fold_numbers(c.out[0], c.in[0], c.attrs<ops::SumAttrs>().dims,
               []<class W>(W* out) { return ProductInto<W>{out}; });
}
void amax(const KernelContext& c) {
  extreme<true>(c, c.attrs<ops::ReduceAttrs>().dims, {c.out_data<char>(), nullptr});
}
void amin(const KernelContext& c) {
  extreme<false>(c, c.attrs<ops::ReduceAttrs>().dims, {c.out_data<char>(), nullptr});
}
void any(const KernelContext& c) { count(c, Counted::any); }
void all(const KernelContext& c) { count(c, Counted::all); }
void count_nonzero(const KernelContext& c) { count(c, Counted::count); }
void argmax(const KernelContext& c) { arg_extreme<true>(c); }
void argmin(const KernelContext& c) { arg_extreme<false>(c); }
void max_dim(const KernelContext& c) { extreme_dim<true>(c); }
void min_dim(const KernelContext& c) { extreme_dim<false>(c); }

}  // namespace sinter::cuda
