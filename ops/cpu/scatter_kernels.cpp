#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/blocks.h>
#include <sinter/ops/cpu/contiguous.h>
#include <sinter/ops/cpu/index_kernels.h>
#include <sinter/ops/index_attrs.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <vector>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kGrain = 16384;

// Element i of the index, in its order, belongs to element place(i) of the indexed tensor: the same
// position but for dim, where the index says which. The index is seen as [outer, n, inner].
struct Places {
  Axes axes;  // of the index; `in`: strides in the indexed tensor, 0 along dim; `out`: in the index
  const std::int64_t* index;
  std::int64_t stride;  // of the indexed tensor along dim
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t inner = 1;
};

// Throws IndexError for the first index that is negative or not below the size along dim.
void check_indices(const char* op, const TensorMeta& self, const Tensor& index, std::int64_t dim) {
  const std::int64_t size = self.dim() == 0 ? 1 : self.sizes[static_cast<std::size_t>(dim)];
  const auto* at = reinterpret_cast<const std::int64_t*>(index.impl()->data());
  const std::int64_t n = index.numel();
  std::atomic<std::int64_t> first_bad{n};
  parallel_for(0, n, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      if (at[i] >= 0 && at[i] < size) continue;
      std::int64_t seen = first_bad.load(std::memory_order_relaxed);
      while (i < seen && !first_bad.compare_exchange_weak(seen, i)) {
      }
      return;
    }
  });
  const std::int64_t bad = first_bad.load();
  if (bad < n) {
    fail<IndexError>("[", op, "] index ", at[bad], " is out of range for dimension ", dim,
                     " with size ", size);
  }
}

// index must be contiguous.
Places make_places(const TensorMeta& self, const Tensor& index, std::int64_t dim) {
  Places places{{}, reinterpret_cast<const std::int64_t*>(index.impl()->data()), 0};
  const TensorMeta& meta = index.impl()->meta;
  for (std::size_t d = 0; d < meta.dim(); ++d) {
    const auto k = static_cast<std::int64_t>(d);
    places.axes.push_back({meta.sizes[d], k == dim ? 0 : self.strides[d], meta.strides[d]});
    if (k == dim) places.stride = self.strides[d];
    (k < dim ? places.outer : k == dim ? places.n : places.inner) *= meta.sizes[d];
  }
  return places;
}

// Calls move(place, i) for elements [begin, end) of the index, in order.
template <class Move>
void for_places(const Places& places, std::int64_t begin, std::int64_t end, const Move& move) {
  AxesWalk walk(places.axes, begin);
  const std::int64_t step = places.axes.empty() ? 0 : places.axes.back().in;
  for (std::int64_t i = begin; i < end;) {
    const std::int64_t run = std::min(walk.run(), end - i);
    for (std::int64_t k = 0; k < run; ++k) {
      move(walk.in() + k * step + places.index[i + k] * places.stride, i + k);
    }
    i += run;
    if (i < end) walk.advance(run);
  }
}

// Calls move(place, i) in the order of the index for every element that is written: threads share
// out positions off dim, which never meet.
template <class Move>
void for_places_in_order(const Places& places, const Move& move) {
  const std::int64_t count = places.outer * places.n * places.inner;
  if (count == 0) return;
  const std::int64_t line = places.n * places.inner;
  if (places.outer > 1 || places.inner == 1) {
    parallel_for(0, places.outer, std::max<std::int64_t>(1, kGrain / line),
                 [&](std::int64_t begin, std::int64_t end) {
                   for_places(places, begin * line, end * line, move);
                 });
    return;
  }
  parallel_for(0, places.inner, std::max<std::int64_t>(1, kGrain / places.n),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t r = 0; r < places.n; ++r) {
                   for_places(places, r * places.inner + begin, r * places.inner + end, move);
                 }
               });
}

template <class T>
T plus(T a, T b) {
  if constexpr (std::is_same_v<T, bool>) {
    return a || b;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  } else {
    return a + b;
  }
}

// The index of a scatter, and its source cut to the shape of the index, both contiguous.
struct ScatterArgs {
  Tensor index;
  Tensor source;
};
ScatterArgs scatter_args(const KernelContext& c, const char* op, std::int64_t dim) {
  ScatterArgs args{to_contiguous(c.in[1]), {}};
  check_indices(op, c.in.meta(0), args.index, dim);
  if (c.in.size() > 2) args.source = to_contiguous(corner_view(c.in[2], args.index.sizes()));
  return args;
}

}  // namespace

void gather(const KernelContext& c) {
  const std::int64_t dim = c.attrs<IndexDimAttrs>().dim;
  const Tensor index = to_contiguous(c.in[1]);
  check_indices("gather", c.in.meta(0), index, dim);
  const Places places = make_places(c.in.meta(0), index, dim);
  visit_dtype(c.out[0].dtype(), [&]<class T>() {
    const T* self = c.in_data<T>(0);
    T* out = c.out_data<T>();
    parallel_for(0, index.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      for_places(places, begin, end,
                 [&](std::int64_t place, std::int64_t i) { out[i] = self[place]; });
    });
  });
}

void scatter(const KernelContext& c) {
  const std::int64_t dim = c.attrs<IndexDimAttrs>().dim;
  const ScatterArgs args = scatter_args(c, "scatter", dim);
  start_from(c.in[0], c.out[0]);
  const Places places = make_places(c.out[0].impl()->meta, args.index, dim);
  visit_dtype(c.out[0].dtype(), [&]<class T>() {
    T* out = c.out_data<T>();
    const T* source = reinterpret_cast<const T*>(args.source.impl()->data());
    for_places_in_order(places,
                        [&](std::int64_t place, std::int64_t i) { out[place] = source[i]; });
  });
}

void scatter_value(const KernelContext& c) {
  const auto& attrs = c.attrs<ScatterValueAttrs>();
  const ScatterArgs args = scatter_args(c, "scatter", attrs.dim);
  start_from(c.in[0], c.out[0]);
  const Places places = make_places(c.out[0].impl()->meta, args.index, attrs.dim);
  visit_dtype(c.out[0].dtype(), [&]<class T>() {
    T* out = c.out_data<T>();
    const T value = attrs.value.to<T>();
    for_places_in_order(places, [&](std::int64_t place, std::int64_t) { out[place] = value; });
  });
}

void scatter_add(const KernelContext& c) {
  const std::int64_t dim = c.attrs<IndexDimAttrs>().dim;
  ScatterArgs args = scatter_args(c, "scatter_add", dim);
  start_from(c.in[0], c.out[0]);
  if (is_reduced_floating_point(args.source.dtype())) args.source = to_float_copy(args.source);
  in_full_precision(c.out[0], [&](const Tensor& target) {
    const Places places = make_places(target.impl()->meta, args.index, dim);
    visit_dtype(target.dtype(), [&]<class T>() {
      T* out = reinterpret_cast<T*>(target.impl()->data());
      const T* source = reinterpret_cast<const T*>(args.source.impl()->data());
      for_places_in_order(places, [&](std::int64_t place, std::int64_t i) {
        out[place] = plus(out[place], source[i]);
      });
    });
  });
}

}  // namespace sinter::ops::cpu
