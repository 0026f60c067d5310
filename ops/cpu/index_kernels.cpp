#include <sinter/core/parallel.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/cpu/blocks.h>
#include <sinter/ops/cpu/contiguous.h>
#include <sinter/ops/cpu/index_kernels.h>
#include <sinter/ops/index_attrs.h>
#include <sinter/ops/index_layout.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace sinter::ops::cpu {

namespace {

BlockPlan plan_indices(const char* op, const TensorMeta& self, const TensorRefs& in,
                       std::size_t first) {
  const IndexLayout layout = index_layout(op, self, in, first);
  std::vector<PlaceIndex> indices;
  for (const std::int64_t d : layout.indexed) {
    indices.push_back({&in[first + static_cast<std::size_t>(d)], d});
  }
  return make_block_plan(self, layout.before, layout.after,
                         find_places(op, self, layout.positions, indices));
}

// The plan of one index along one dimension.
BlockPlan plan_dim(const char* op, const TensorMeta& self, const Tensor& index, std::int64_t dim) {
  Dims before;
  Dims after;
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(self.dim()); ++d) {
    if (d != dim) (d < dim ? before : after).push_back(d);
  }
  return make_block_plan(self, before, after,
                         find_places(op, self, index.sizes(), {{&index, dim}}));
}

// Adds blocks of values (contiguous, of the dtype of self) to self.
void add_to(const BlockPlan& plan, const Tensor& self, const Tensor& blocks, const Scalar& alpha) {
  add_blocks(plan, self.dtype(), self.impl()->data(), blocks.impl()->data(), alpha);
}

}  // namespace

void index(const KernelContext& c) {
  const BlockPlan plan = plan_indices("index", c.in.meta(0), c.in, 1);
  gather_blocks(plan, c.in_data<char>(0), c.out_data<char>(), c.out[0].element_size());
}

void index_put(const KernelContext& c) {
  const Tensor& out = c.out[0];
  start_from(c.in[0], out);
  const TensorMeta& self = out.impl()->meta;
  const Dims blocks = index_layout("index_put", self, c.in, 2).result_sizes(self.sizes);
  Tensor values = to_contiguous(broadcast_view(c.in[1], blocks));
  if (!c.attrs<IndexPutAttrs>().accumulate) {
    assign_blocks(plan_indices("index_put", self, c.in, 2), c.out_data<char>(),
                  values.impl()->data(), out.element_size());
    return;
  }
  if (is_reduced_floating_point(values.dtype())) values = to_float_copy(values);
  in_full_precision(out, [&](const Tensor& target) {
    add_to(plan_indices("index_put", target.impl()->meta, c.in, 2), target, values, 1);
  });
}

void index_select(const KernelContext& c) {
  const BlockPlan plan =
      plan_dim("index_select", c.in.meta(0), c.in[1], c.attrs<IndexDimAttrs>().dim);
  gather_blocks(plan, c.in_data<char>(0), c.out_data<char>(), c.out[0].element_size());
}

void index_add(const KernelContext& c) {
  const auto& attrs = c.attrs<IndexAddAttrs>();
  start_from(c.in[0], c.out[0]);
  Tensor source = to_contiguous(c.in[2]);
  if (is_reduced_floating_point(source.dtype())) source = to_float_copy(source);
  in_full_precision(c.out[0], [&](const Tensor& target) {
    add_to(plan_dim("index_add", target.impl()->meta, c.in[1], attrs.dim), target, source,
           attrs.alpha);
  });
}

void embedding(const KernelContext& c) {
  const BlockPlan plan = plan_dim("embedding", c.in.meta(0), c.in[1], 0);
  gather_blocks(plan, c.in_data<char>(0), c.out_data<char>(), c.out[0].element_size());
}

void embedding_backward(const KernelContext& c) {
  const auto& attrs = c.attrs<EmbeddingBackwardAttrs>();
  const Tensor& out = c.out[0];
  if (out.numel() == 0) return;
  std::memset(out.impl()->data(), 0, out.nbytes());
  Tensor grad = to_contiguous(c.in[0]);
  if (is_reduced_floating_point(grad.dtype())) grad = to_float_copy(grad);
  in_full_precision(out, [&](const Tensor& target) {
    const TensorMeta& meta = target.impl()->meta;
    BlockPlan plan = plan_dim("embedding_backward", meta, c.in[1], 0);
    const std::int64_t padding = attrs.padding_idx * meta.strides[0];
    for (std::int64_t& place : plan.places) {
      if (attrs.padding_idx >= 0 && place == padding) place = -1;
    }
    add_to(plan, target, grad, 1);
  });
}

void masked_fill(const KernelContext& c) {
  const Tensor& out = c.out[0];
  start_from(c.in[0], out);
  const TensorMeta& to = out.impl()->meta;
  const Tensor mask = broadcast_view(c.in[1], to.sizes);
  Axes axes;
  for (std::size_t d = 0; d < to.dim(); ++d) {
    if (to.sizes[d] != 1) {
      axes.push_back({to.sizes[d], to.strides[d], mask.impl()->meta.strides[d]});
    }
  }
  axes.collapse();
  const auto* flags = reinterpret_cast<const std::uint8_t*>(mask.impl()->data());
  visit_dtype(to.dtype, [&]<class T>() {
    const T value = c.attrs<MaskedFillAttrs>().value.to<T>();
    const Axis inner = axes.empty() ? Axis{1, 1, 1} : axes.back();
    T* data = c.out_data<T>();
    parallel_for(0, to.numel, 32768, [&](std::int64_t begin, std::int64_t end) {
      AxesWalk walk(axes, begin);
      for (std::int64_t i = begin; i < end;) {
        const std::int64_t n = std::min(walk.run(), end - i);
        T* at = data + walk.in();
        const std::uint8_t* flag = flags + walk.out();
        for (std::int64_t k = 0; k < n; ++k) {
          T& element = at[k * inner.in];
          element = flag[k * inner.out] != 0 ? value : element;
        }
        walk.advance(n);
        i += n;
      }
    });
  });
}

namespace {

// Counts the non-zero elements of fixed chunks, then writes the positions of each chunk behind
// those of the chunks before it.
template <class T>
Tensor find_nonzero(const Tensor& x) {
  constexpr std::int64_t kChunk = 32768;
  const TensorMeta& meta = x.impl()->meta;
  const T* data = reinterpret_cast<const T*>(x.impl()->data());
  const std::int64_t chunks = (meta.numel + kChunk - 1) / kChunk;
  std::vector<std::int64_t> starts(static_cast<std::size_t>(chunks + 1), 0);
  const auto is_nonzero = [](T v) { return v != T(0); };
  parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const T* from = data + k * kChunk;
      const T* to = data + std::min(meta.numel, (k + 1) * kChunk);
      starts[static_cast<std::size_t>(k + 1)] = std::count_if(from, to, is_nonzero);
    }
  });
  for (std::size_t k = 1; k < starts.size(); ++k) starts[k] += starts[k - 1];
  const auto rank = static_cast<std::int64_t>(meta.dim());
  Tensor out = empty_tensor("nonzero", {starts.back(), rank}, kInt64);
  auto* positions = reinterpret_cast<std::int64_t*>(out.impl()->data());
  parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      std::int64_t* at = positions + starts[static_cast<std::size_t>(k)] * rank;
      for (std::int64_t i = k * kChunk; i < std::min(meta.numel, (k + 1) * kChunk); ++i) {
        if (!is_nonzero(data[i])) continue;
        std::int64_t rest = i;
        for (std::size_t d = meta.dim(); d-- > 0;) {
          at[d] = rest % meta.sizes[d];
          rest /= meta.sizes[d];
        }
        at += rank;
      }
    }
  });
  return out;
}

}  // namespace

void nonzero(const KernelContext& c) {
  const Tensor x = to_contiguous(c.in[0]);
  visit_dtype(x.dtype(), [&]<class T>() {
    using E = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;
    c.out[0] = find_nonzero<E>(x);
  });
}

}  // namespace sinter::ops::cpu
