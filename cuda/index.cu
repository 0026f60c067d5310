// Embeddings and masks.
#include <sinter/cuda/dense.h>
#include <sinter/cuda/each.cuh>
#include <sinter/cuda/elements.cuh>
#include <sinter/cuda/fold.cuh>
#include <sinter/cuda/indices.h>
#include <sinter/cuda/kernels.h>
#include <sinter/cuda/strided.h>
#include <sinter/ops/index_attrs.h>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

// The row that an index names; negative ones count from the end.
__device__ std::int64_t row_at(const std::int64_t* index, std::int64_t i, std::int64_t rows) {
  return index[i] < 0 ? index[i] + rows : index[i];
}

template <class T>
struct GatherRows {
  std::int64_t rows, width;
  const T* weight;
  const std::int64_t* index;
  T* out;
  __device__ void operator()(std::int64_t i) const {
    out[i] = weight[row_at(index, i / width, rows) * width + i % width];
  }
};

// One column of the gradient: a single thread adds its rows in their order.
template <class T>
struct ScatterColumn {
  using W = Wide<T>;
  std::int64_t rows, count, width, padding;
  const T* grad;
  const std::int64_t* index;
  W* out;
  __device__ void operator()(std::int64_t column) const {
    for (std::int64_t r = 0; r < rows; ++r) out[r * width + column] = W(0);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t r = row_at(index, i, rows);
      if (r != padding) out[r * width + column] += widen(grad[i * width + column]);
    }
  }
};

template <class T>
struct MaskedFillEach {
  StridedLoop loop;  // out, x, mask
  T* out;
  const T* x;
  const bool* mask;
  T value;
  __device__ void operator()(std::int64_t i) const {
    std::int64_t at[3];
    loop.offsets(i, at);
    out[at[0]] = mask[at[2]] ? value : x[at[1]];
  }
};

void check_rows(const KernelContext& c, const Tensor& index, std::int64_t rows) {
  const auto bad = first_outside(index, -rows, rows);
  SINTER_CHECK_AS(IndexError, !bad, "[", c.def.name, "] index ", bad.value_or(0),
                  " is out of range for dimension 0 with size ", rows);
}

}  // namespace

void embedding(const KernelContext& c) {
  const Tensor weight = as_contiguous(c.in[0]), index = as_contiguous(c.in[1]);
  const Dims& sizes = weight.impl()->meta.sizes;
  check_rows(c, index, sizes[0]);
  const Launch launch(weight);
  visit_dtype(weight.impl()->meta.dtype, [&]<class T>() {
    for_each_element(launch, c.out[0].impl()->meta.numel,
                     GatherRows<T>{sizes[0], sizes[1], data_of<const T>(weight),
                                   data_of<const std::int64_t>(index), c.out_data<T>()});
  });
}

void embedding_backward(const KernelContext& c) {
  const auto& attrs = c.attrs<ops::EmbeddingBackwardAttrs>();
  TensorImpl& out = *c.out[0].impl();
  if (out.meta.numel == 0) return;
  const Tensor grad = as_contiguous(c.in[0]), index = as_contiguous(c.in[1]);
  check_rows(c, index, attrs.num_weights);
  const Launch launch(grad);
  visit_floating(grad.impl()->meta.dtype, [&]<class T>() {
    using W = Wide<T>;
    const Tensor sums =
        std::is_same_v<W, T> ? c.out[0] : new_tensor(c.out[0], out.meta.sizes, dtype_of<W>);
    for_each_element(launch, out.meta.sizes[1],
                     ScatterColumn<T>{attrs.num_weights, index.impl()->meta.numel,
                                      out.meta.sizes[1], attrs.padding_idx, data_of<const T>(grad),
                                      data_of<const std::int64_t>(index), data_of<W>(sums)});
    if (!std::is_same_v<W, T>) copy_elements(out, *sums.impl());
  });
}

void masked_fill(const KernelContext& c) {
  const TensorImpl &x = *c.in[0].impl(), &mask = *c.in[1].impl();
  const TensorImpl& out = *c.out[0].impl();
  if (out.meta.numel == 0) return;
  const Dims sizes = out.meta.sizes;
  const StridedLoop loop = make_any_order_loop(
      sizes,
      {out.meta.strides, broadcast_strides(x.meta, sizes), broadcast_strides(mask.meta, sizes)});
  const Launch launch(c.out[0]);
  visit_dtype(out.meta.dtype, [&]<class T>() {
    for_each_element(launch, loop.numel,
                     MaskedFillEach<T>{loop, c.out_data<T>(), c.in_data<T>(0), c.in_data<bool>(1),
                                       c.attrs<ops::MaskedFillAttrs>().value.to<T>()});
  });
}

}  // namespace sinter::cuda
