#include <sinter/core/parallel.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/cpu/blocks.h>
#include <sinter/ops/cpu/contiguous.h>
#include <sinter/ops/cpu/convert.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kGrain = 16384;

// Adds index * stride to each place. Returns the first position with an index out of range, or n.
std::int64_t add_index(const Tensor& index, std::int64_t size, std::int64_t stride,
                       std::vector<std::int64_t>& places) {
  const auto n = static_cast<std::int64_t>(places.size());
  const auto* at = reinterpret_cast<const std::int64_t*>(index.impl()->data());
  std::atomic<std::int64_t> first_bad{n};
  parallel_for(0, n, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p) {
      const std::int64_t i = at[p] < 0 ? at[p] + size : at[p];
      if (i < 0 || i >= size) {
        std::int64_t seen = first_bad.load(std::memory_order_relaxed);
        while (p < seen && !first_bad.compare_exchange_weak(seen, p)) {
        }
        return;
      }
      places[static_cast<std::size_t>(p)] += i * stride;
    }
  });
  return first_bad.load();
}

// Moves of one element, or of n contiguous ones, between a place and a block.
template <class T>
struct Gather {
  void operator()(const T* place, T* block) const { *block = *place; }
  void run(const T* place, T* block, std::int64_t n) const {
    std::memcpy(block, place, static_cast<std::size_t>(n) * sizeof(T));
  }
};
template <class T>
struct Assign {
  void operator()(T* place, const T* block) const { *place = *block; }
  void run(T* place, const T* block, std::int64_t n) const {
    std::memcpy(place, block, static_cast<std::size_t>(n) * sizeof(T));
  }
};
template <class T>
struct Add {
  T alpha;
  void operator()(T* place, const T* block) const {
    if constexpr (std::is_same_v<T, bool>) {
      *place = *place || (alpha && *block);
    } else if constexpr (std::is_integral_v<T>) {
      using U = std::uint64_t;
      *place =
          static_cast<T>(static_cast<U>(*place) + static_cast<U>(alpha) * static_cast<U>(*block));
    } else {
      *place += alpha * *block;
    }
  }
  void run(T* place, const T* block, std::int64_t n) const {
    for (std::int64_t i = 0; i < n; ++i) (*this)(place + i, block + i);
  }
};

template <class Move, class Place, class Block>
void move_block(const Axes& after, Place* place, Block* block, const Move& move) {
  if (after.empty()) return move(place, block);
  const Axis& inner = after.back();
  const bool contiguous = inner.in == 1 && inner.out == 1;
  const std::int64_t total = after.count();
  AxesWalk walk(after);
  for (std::int64_t done = 0; done < total; done += inner.size, walk.advance(inner.size)) {
    Place* to = place + walk.in();
    Block* from = block + walk.out();
    if (contiguous) {
      move.run(to, from, inner.size);
    } else {
      for (std::int64_t i = 0; i < inner.size; ++i) move(to + i * inner.in, from + i * inner.out);
    }
  }
}

template <class T>
void gather_typed(const BlockPlan& plan, const T* self, T* blocks) {
  const auto places = static_cast<std::int64_t>(plan.places.size());
  const std::int64_t block = plan.after.count();
  const Gather<T> move;
  parallel_for(0, plan.before.count() * places, std::max<std::int64_t>(1, kGrain / block),
               [&](std::int64_t begin, std::int64_t end) {
                 AxesWalk walk(plan.before, begin / places);
                 for (std::int64_t i = begin; i < end;) {
                   const std::int64_t p0 = i % places;
                   const std::int64_t n = std::min(places - p0, end - i);
                   for (std::int64_t p = p0; p < p0 + n; ++p) {
                     move_block(plan.after,
                                self + walk.in() + plan.places[static_cast<std::size_t>(p)],
                                blocks + walk.out() + p * plan.place_stride, move);
                   }
                   i += n;
                   if (i < end) walk.advance(1);
                 }
               });
}

// In the order of the places for each element that is written: threads share the elements out, not
// the places, so the result does not depend on their number.
template <class T, class Move>
void scatter_typed(const BlockPlan& plan, T* self, const T* blocks, const Move& move) {
  const auto places = static_cast<std::int64_t>(plan.places.size());
  const std::int64_t outer = plan.before.count();
  if (places == 0 || outer == 0 || plan.after.count() == 0) return;
  const std::int64_t top = *std::max_element(plan.places.begin(), plan.places.end());
  const std::int64_t work = outer * places * plan.after.count();
  const std::int64_t parts = work < 2 * kGrain ? 1 : get_num_threads();
  const std::int64_t width = top / parts + 1;
  parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t low = begin * width;
    const std::int64_t high = end * width;
    AxesWalk walk(plan.before);
    for (std::int64_t b = 0; b < outer; ++b) {
      for (std::int64_t p = 0; p < places; ++p) {
        const std::int64_t place = plan.places[static_cast<std::size_t>(p)];
        if (place < low || place >= high) continue;
        move_block(plan.after, self + walk.in() + place,
                   blocks + walk.out() + p * plan.place_stride, move);
      }
      if (b + 1 < outer) walk.advance(1);
    }
  });
}

template <class F>
void visit_width(std::size_t bytes, F&& fn) {
  if (bytes == 1) return fn.template operator()<std::uint8_t>();
  if (bytes == 2) return fn.template operator()<std::uint16_t>();
  if (bytes == 4) return fn.template operator()<std::uint32_t>();
  fn.template operator()<std::uint64_t>();
}

}  // namespace

std::vector<std::int64_t> find_places(const char* op, const TensorMeta& self, IntArrayRef positions,
                                      const std::vector<PlaceIndex>& indices) {
  std::vector<std::int64_t> places(static_cast<std::size_t>(checked_numel(op, positions)), 0);
  const auto n = static_cast<std::int64_t>(places.size());
  for (const PlaceIndex& place : indices) {
    const auto d = static_cast<std::size_t>(place.dim);
    // A 0-d tensor counts as one element in one dimension.
    const std::int64_t size = self.dim() == 0 ? 1 : self.sizes[d];
    const std::int64_t stride = self.dim() == 0 ? 0 : self.strides[d];
    const Tensor index = to_contiguous(broadcast_view(*place.index, positions));
    const std::int64_t bad = add_index(index, size, stride, places);
    if (bad < n) {
      fail<IndexError>("[", op, "] index ",
                       reinterpret_cast<const std::int64_t*>(index.impl()->data())[bad],
                       " is out of range for dimension ", place.dim, " with size ", size);
    }
  }
  return places;
}

BlockPlan make_block_plan(const TensorMeta& self, IntArrayRef before, IntArrayRef after,
                          std::vector<std::int64_t> places) {
  BlockPlan plan;
  plan.places = std::move(places);
  std::int64_t stride = 1;
  const auto lay = [&](IntArrayRef dims, Axes& axes) {
    Axis list[kMaxDims];
    for (std::size_t i = dims.size(); i-- > 0;) {
      const auto d = static_cast<std::size_t>(dims[i]);
      list[i] = {self.sizes[d], self.strides[d], stride};
      stride *= self.sizes[d];
    }
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (list[i].size != 1) axes.push_back(list[i]);
    }
    axes.collapse();
  };
  lay(after, plan.after);
  plan.place_stride = stride;
  stride *= static_cast<std::int64_t>(plan.places.size());
  lay(before, plan.before);
  return plan;
}

void gather_blocks(const BlockPlan& plan, const char* self, char* blocks,
                   std::size_t element_bytes) {
  if (plan.places.empty() || plan.before.count() == 0 || plan.after.count() == 0) return;
  visit_width(element_bytes, [&]<class T>() {
    gather_typed(plan, reinterpret_cast<const T*>(self), reinterpret_cast<T*>(blocks));
  });
}

void assign_blocks(const BlockPlan& plan, char* self, const char* blocks,
                   std::size_t element_bytes) {
  visit_width(element_bytes, [&]<class T>() {
    scatter_typed(plan, reinterpret_cast<T*>(self), reinterpret_cast<const T*>(blocks),
                  Assign<T>{});
  });
}

void add_blocks(const BlockPlan& plan, DType dtype, char* self, const char* blocks,
                const Scalar& alpha) {
  visit_dtype(dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, Half> && !std::is_same_v<T, BFloat16>) {
      scatter_typed(plan, reinterpret_cast<T*>(self), reinterpret_cast<const T*>(blocks),
                    Add<T>{alpha.to<T>()});
    }
  });
}

void start_from(const Tensor& self, const Tensor& out) {
  if (!self.is_same(out)) copy_into(self, out);
}

Tensor to_float_copy(const Tensor& x) {
  const Tensor from = to_contiguous(x);
  Tensor wide = empty_tensor("convert", from.sizes(), kFloat32);
  convert_fn(from.dtype(), kFloat32)(from.impl()->data(), 1, wide.impl()->data(), 1,
                                     static_cast<std::size_t>(wide.numel()));
  return wide;
}

void round_back(const Tensor& from, const Tensor& to) {
  const Tensor rounded = empty_tensor("convert", to.sizes(), to.dtype());
  convert_fn(kFloat32, to.dtype())(from.impl()->data(), 1, rounded.impl()->data(), 1,
                                   static_cast<std::size_t>(to.numel()));
  copy_into(rounded, to);
}

}  // namespace sinter::ops::cpu
