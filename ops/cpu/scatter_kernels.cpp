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

// Looks for indices that are negative or not below the size along dim.
class IndexCheck {
 public:
  IndexCheck(const TensorMeta& self, const Tensor& index, std::int64_t dim)
      : at_(reinterpret_cast<const std::int64_t*>(index.impl()->data())),
        count_(index.numel()),
        dim_(dim),
        size_(self.dim() == 0 ? 1 : self.sizes[static_cast<std::size_t>(dim)]),
        first_bad_(count_) {}

  // Whether index i is in range; remembers the first one that is not.
  bool good(std::int64_t i) {
    if (at_[i] >= 0 && at_[i] < size_) [[likely]]
      return true;
    std::int64_t seen = first_bad_.load(std::memory_order_relaxed);
    while (i < seen && !first_bad_.compare_exchange_weak(seen, i)) {
    }
    return false;
  }
  // Throws IndexError naming the first bad index, if there was one.
  void finish(const char* op) const {
    const std::int64_t bad = first_bad_.load();
    if (bad == count_) return;
    fail<IndexError>("[", op, "] index ", at_[bad], " is out of range for dimension ", dim_,
                     " with size ", size_);
  }
  void check_all(const char* op) {
    parallel_for(0, count_, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) good(i);
    });
    finish(op);
  }

 private:
  const std::int64_t* at_;
  std::int64_t count_;
  std::int64_t dim_;
  std::int64_t size_;
  std::atomic<std::int64_t> first_bad_;
};

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

// Calls visit(base, i) for elements [begin, end) of the index, in order: element i belongs at base
// + index[i] * stride.
template <class Visit>
void for_each(const Places& places, std::int64_t begin, std::int64_t end, const Visit& visit) {
  AxesWalk walk(places.axes, begin);
  const std::int64_t step = places.axes.empty() ? 0 : places.axes.back().in;
  for (std::int64_t i = begin; i < end;) {
    const std::int64_t run = std::min(walk.run(), end - i);
    for (std::int64_t k = 0; k < run; ++k) {
      visit(walk.in() + k * step, i + k);
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
  const auto visit = [&](std::int64_t base, std::int64_t i) {
    move(base + places.index[i] * places.stride, i);
  };
  if (places.outer > 1 || places.inner == 1) {
    parallel_for(0, places.outer, std::max<std::int64_t>(1, kGrain / line),
                 [&](std::int64_t begin, std::int64_t end) {
                   for_each(places, begin * line, end * line, visit);
                 });
    return;
  }
  parallel_for(0, places.inner, std::max<std::int64_t>(1, kGrain / places.n),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t r = 0; r < places.n; ++r) {
                   for_each(places, r * places.inner + begin, r * places.inner + end, visit);
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
  IndexCheck(c.in.meta(0), args.index, dim).check_all(op);
  if (c.in.size() > 2) args.source = to_contiguous(corner_view(c.in[2], args.index.sizes()));
  return args;
}

}  // namespace

void gather(const KernelContext& c) {
  const std::int64_t dim = c.attrs<IndexDimAttrs>().dim;
  const Tensor index = to_contiguous(c.in[1]);
  IndexCheck check(c.in.meta(0), index, dim);
  const Places places = make_places(c.in.meta(0), index, dim);
  visit_dtype(c.out[0].dtype(), [&]<class T>() {
    const T* self = c.in_data<T>(0);
    T* out = c.out_data<T>();
    parallel_for(0, index.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      for_each(places, begin, end, [&](std::int64_t base, std::int64_t i) {
        if (check.good(i)) out[i] = self[base + places.index[i] * places.stride];
      });
    });
  });
  check.finish("gather");
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
