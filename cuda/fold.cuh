// Folding many elements into one: within a group of threads, and over a tensor's dimensions.
#pragma once
#include <sinter/cuda/elements.cuh>
#include <sinter/cuda/launch.h>
#include <sinter/cuda/strided.h>

#include <cstring>

namespace sinter::cuda {

// A fold F is a struct of values with
//   State                                    trivially copyable, of 4-byte words
//   __device__ State start() const           of no elements
//   __device__ void add(State&, W x, std::int64_t i) const      element i of those folded
//   __device__ void join(State&, const State& other) const      in any order
// and, for fold_elements, __device__ void finish(std::int64_t out, const State&) const.

inline constexpr unsigned kWarp = 32;
inline constexpr unsigned kEveryLane = 0xffffffffU;
inline constexpr unsigned kWarps = kBlock / kWarp;

template <class S>
__device__ S shuffle_down(const S& s, unsigned delta) {
  constexpr std::size_t kWords = sizeof(S) / 4;
  static_assert(sizeof(S) % 4 == 0);
  unsigned words[kWords];
  memcpy(words, &s, sizeof(S));
  for (std::size_t k = 0; k < kWords; ++k) {
    words[k] = __shfl_down_sync(kEveryLane, words[k], delta);
  }
  S out;
  memcpy(&out, words, sizeof(S));
  return out;
}

// Joins the states of the threads along x (one warp, or the whole block) into that of the first.
// Every thread of the block calls it.
template <class F>
__device__ void fold_group(const F& fold, typename F::State& state) {
  using State = typename F::State;
  for (unsigned delta = kWarp / 2; delta > 0; delta /= 2) {
    fold.join(state, shuffle_down(state, delta));
  }
  if (blockDim.x <= kWarp) return;
  __shared__ alignas(State) unsigned char memory[kWarps * sizeof(State)];
  State* parts = reinterpret_cast<State*>(memory);
  const unsigned warp = threadIdx.x / kWarp;
  if (threadIdx.x % kWarp == 0) parts[warp] = state;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (unsigned w = 1; w < blockDim.x / kWarp; ++w) fold.join(state, parts[w]);
  }
  __syncthreads();
}

// The same for a block along x, with the result in every thread.
template <class F>
__device__ typename F::State fold_block(const F& fold, typename F::State state) {
  using State = typename F::State;
  fold_group(fold, state);
  __shared__ alignas(State) unsigned char memory[sizeof(State)];
  State* whole = reinterpret_cast<State*>(memory);
  if (threadIdx.x == 0) *whole = state;
  __syncthreads();
  state = *whole;
  __syncthreads();
  return state;
}

// Which elements of the input fold into which output: output o is the fold of the elements at
// kept.offset(o) + reduced.offset(i).
struct FoldShape {
  StridedLoop kept;
  StridedLoop reduced;
};

// Every group of threads along x folds one output after another.
template <class F, class T>
__global__ void fold_kernel(const F fold, const FoldShape shape, const T* in) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.y;
  std::int64_t out = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  for (; out < shape.kept.numel; out += step) {
    const T* base = in + shape.kept.offset(out);
    typename F::State state = fold.start();
    for (std::int64_t i = threadIdx.x; i < shape.reduced.numel; i += blockDim.x) {
      fold.add(state, static_cast<WorkType<T>>(widen(base[shape.reduced.offset(i)])), i);
    }
    fold_group(fold, state);
    if (threadIdx.x == 0) fold.finish(out, state);
  }
}

// A warp folds an output of few elements, a block one of many.
template <class F, class T>
void fold_elements(const Launch& launch, const F& fold, const FoldShape& shape, const T* in) {
  const std::int64_t outputs = shape.kept.numel;
  if (outputs == 0) return;
  constexpr std::int64_t kFew = 1024;
  const bool warp = shape.reduced.numel <= kFew;
  const dim3 block = warp ? dim3(kWarp, kWarps) : dim3(kBlock, 1);
  const unsigned grid = blocks_for(outputs, block.y);
  fold_kernel<<<grid, block, 0, launch.stream()>>>(fold, shape, in);
  check_launch();
}

// A sum that carries what rounding left out (Neumaier, 1974).
template <class W>
struct Total {
  W sum;
  W rest;

  __device__ void add(W x) {
    const W whole = sum + x;
    if constexpr (std::is_floating_point_v<W>) {
      const bool finite = whole - whole == W(0);
      const W lost =
          (sum < 0 ? -sum : sum) >= (x < 0 ? -x : x) ? (sum - whole) + x : (x - whole) + sum;
      if (finite) rest += lost;
    }
    sum = whole;
  }
  __device__ void add(const Total& other) {
    add(other.sum);
    rest += other.rest;
  }
  __device__ W value() const { return sum + rest; }
};
// Integers wrap around.
template <>
struct Total<std::int64_t> {
  std::uint64_t sum;
  std::uint64_t rest;
  __device__ void add(std::int64_t x) { sum += static_cast<std::uint64_t>(x); }
  __device__ void add(const Total& other) { sum += other.sum; }
  __device__ std::int64_t value() const { return static_cast<std::int64_t>(sum); }
};

template <class W>
struct SumFold {
  using State = Total<W>;
  __device__ State start() const { return {0, 0}; }
  __device__ void add(State& s, W x, std::int64_t) const { s.add(x); }
  __device__ void join(State& s, const State& other) const { s.add(other); }
};

// The largest (or smallest) element, and the first place where it is. NaN beats every number.
template <class W, bool kMax>
struct ExtremeFold {
  struct State {
    W value;
    std::int64_t index;  // -1: no element yet
  };
  __device__ State start() const { return {W(0), -1}; }
  __device__ void add(State& s, W x, std::int64_t i) const { join(s, {x, i}); }
  __device__ void join(State& s, const State& other) const {
    if (other.index < 0) return;
    if (s.index < 0 || beats(other, s)) s = other;
  }
  __device__ static bool beats(const State& a, const State& b) {
    const bool a_nan = a.value != a.value;
    const bool b_nan = b.value != b.value;
    if (a_nan != b_nan) return a_nan;
    if (!a_nan && a.value != b.value) return kMax ? a.value > b.value : a.value < b.value;
    return a.index < b.index;
  }
};

}  // namespace sinter::cuda
