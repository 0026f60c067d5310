#include <sinter/core/parallel.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/copy_kernels.h>
#include <sinter/ops/cpu/fill_kernels.h>
#include <sinter/ops/cpu/philox.h>
#include <sinter/ops/cpu/random_kernels.h>
#include <sinter/ops/random_attrs.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace sinter::ops::cpu {
namespace {

// A tensor of out's elements in row-major order: out itself, or one that commit() copies from.
class RowMajor {
 public:
  explicit RowMajor(const Tensor& out)
      : out_(out),
        dense_(out.impl()->meta.contiguous
                   ? out
                   : empty_tensor("random", out.impl()->meta.sizes, out.dtype())) {}
  char* data() const { return dense_.impl()->data(); }
  std::int64_t numel() const { return dense_.numel(); }
  DType dtype() const { return dense_.dtype(); }
  void commit() const {
    if (!dense_.is_same(out_)) copy_elements(*out_.impl(), *dense_.impl());
  }

 private:
  const Tensor& out_;
  Tensor dense_;
};

// The elements of in, in row-major order; `holder` keeps them where they had to be copied.
const char* row_major(const Tensor& in, Tensor& holder) {
  if (in.impl()->meta.contiguous) return in.impl()->data();
  holder = empty_tensor("random", in.impl()->meta.sizes, in.dtype());
  copy_elements(*holder.impl(), *in.impl());
  return holder.impl()->data();
}

// Calls fn(words, first element, number of elements) over the draws of n elements, per_block of
// which come from each block.
template <class F>
void for_draws(const DrawAttrs& a, std::int64_t n, std::int64_t per_block, F&& fn) {
  const std::int64_t chunk = static_cast<std::int64_t>(kDrawBlocks) * per_block;
  const std::int64_t chunks = n / chunk + (n % chunk != 0 ? 1 : 0);
  parallel_for(0, chunks, 8, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) std::uint32_t words[kDrawWords];
    for (std::int64_t i = begin; i < end; ++i) {
      draw_words({a.seed, a.offset + static_cast<std::uint64_t>(i) * kDrawBlocks}, words);
      fn(words, i * chunk, std::min(chunk, n - i * chunk));
    }
  });
}

// Fills out with to_numbers(words, numbers), computed in double for f64 and else in float.
template <class F>
void fill_floating(const Tensor& out, const DrawAttrs& a, const F& to_numbers) {
  const RowMajor target(out);
  const DType dtype = target.dtype();
  const auto bytes = static_cast<std::int64_t>(element_size(dtype));
  const auto fill = [&]<class N>(N /*type*/, std::int64_t per_block) {
    const ConvertFn convert = convert_fn(dtype_of<N>, dtype);
    for_draws(a, target.numel(), per_block,
              [&](const std::uint32_t* words, std::int64_t first, std::int64_t n) {
                alignas(64) N numbers[kDrawWords];
                to_numbers(words, numbers);
                convert(numbers, 1, target.data() + first * bytes, 1, static_cast<std::size_t>(n));
              });
  };
  if (dtype == kFloat64) {
    fill(double(), 2);
  } else {
    fill(float(), 4);
  }
  target.commit();
}

template <class T>
double below(double to, double from) {
  const auto bound = static_cast<T>(static_cast<float>(to));
  if (from >= static_cast<double>(bound)) return static_cast<double>(bound);
  T last = bound;
  // The next number toward from: one step of the bits, which order like the numbers do.
  if (static_cast<float>(last) > 0) {
    --last.bits;
  } else if (static_cast<float>(last) < 0) {
    ++last.bits;
  } else {
    last.bits = 0x8001U;
  }
  return static_cast<double>(static_cast<float>(last));
}

// [from, to) of a dtype; the upper end is left out even after rounding.
UniformRange uniform_range(DType dtype, double from, double to) {
  UniformRange range{from, to - from, to, 24};
  switch (dtype) {
    case DType::f64:
      range.bits = 53;
      range.last = std::nextafter(to, from);
      break;
    case DType::f16:
      range.bits = 11;
      range.last = below<Half>(to, from);
      break;
    case DType::bf16:
      range.bits = 8;
      range.last = below<BFloat16>(to, from);
      break;
    default:
      range.last = std::nextafter(static_cast<float>(to), static_cast<float>(from));
  }
  return range;
}

// A draw is below this with probability p, to 32 bits. p < 1: the bound of 1 has 33.
std::uint32_t threshold(double p) {
  return static_cast<std::uint32_t>(std::min(std::ceil(p * 0x1p32), 0x1p32 - 1));
}

// Drops elements of type T; f16 and bf16 by way of float, rounded once.
template <class T>
void drop_part(const std::uint32_t* words, const Drop& drop, const T* in, T* out, std::size_t n) {
  if constexpr (std::is_floating_point_v<T>) {
    drop_elements(words, drop, in, out, n);
  } else {
    float numbers[kDrawWords];
    convert_fn(dtype_of<T>, kFloat32)(in, 1, numbers, 1, n);
    drop_elements(words, drop, numbers, numbers, n);
    convert_fn(kFloat32, dtype_of<T>)(numbers, 1, out, 1, n);
  }
}

template <class T>
void bernoulli_of(const DrawAttrs& a, const T* p, T* out, std::int64_t n) {
  std::atomic<bool> valid = true;
  for_draws(a, n, 4, [&](const std::uint32_t* words, std::int64_t first, std::int64_t count) {
    bool all = true;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto probability = static_cast<double>(p[first + i]);
      all = all && probability >= 0 && probability <= 1;
      out[first + i] = T(static_cast<double>(words[i]) * 0x1p-32 < probability ? 1.0F : 0.0F);
    }
    if (!all) valid = false;
  });
  SINTER_CHECK_AS(ValueError, valid,
                  "[bernoulli] probabilities must be in [0, 1]; got one that is not");
}

struct Numbered {
  std::uint64_t key;
  std::int64_t number;
  friend bool operator<(const Numbered& a, const Numbered& b) {
    return a.key != b.key ? a.key < b.key : a.number < b.number;
  }
};

// Sorts by key, equal keys by number: in buckets of the leading bits, so many that each is short.
// Memory comes from the caching allocator, for fresh pages cost more than the sorting.
void sort_keys(std::span<const std::uint64_t> keys, Numbered* out) {
  const int bits = std::clamp(static_cast<int>(std::bit_width(keys.size())) - 3, 1, 18);
  const auto buckets = std::size_t{1} << bits;
  const auto bucket = [bits](std::uint64_t key) { return key >> (64 - bits); };
  std::vector<std::int64_t> ends(buckets + 1, 0);
  for (const std::uint64_t key : keys) ++ends[bucket(key) + 1];
  for (std::size_t b = 0; b < buckets; ++b) ends[b + 1] += ends[b];
  std::vector<std::int64_t> next(ends.begin(), ends.end() - 1);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    out[next[bucket(keys[i])]++] = {keys[i], static_cast<std::int64_t>(i)};
  }
  parallel_for(
      0, static_cast<std::int64_t>(buckets), 512, [&](std::int64_t begin, std::int64_t end) {
        for (auto b = static_cast<std::size_t>(begin); b < static_cast<std::size_t>(end); ++b) {
          std::sort(out + ends[b], out + ends[b + 1]);
        }
      });
}

std::uint64_t draw64(const std::uint32_t* words, std::int64_t i) {
  return words[2 * i] | std::uint64_t{words[2 * i + 1]} << 32;
}

}  // namespace

void uniform(const KernelContext& c) {
  const auto& a = c.attrs<UniformAttrs>();
  const UniformRange range = uniform_range(c.out[0].dtype(), a.from, a.to);
  fill_floating(c.out[0], a,
                [&](const std::uint32_t* words, auto* out) { to_uniform(words, range, out); });
}

void normal(const KernelContext& c) {
  const auto& a = c.attrs<NormalAttrs>();
  fill_floating(c.out[0], a, [&](const std::uint32_t* words, auto* out) {
    to_normal(words, a.mean, a.std, out);
  });
}

void exponential(const KernelContext& c) {
  const auto& a = c.attrs<ExponentialAttrs>();
  fill_floating(c.out[0], a, [&](const std::uint32_t* words, auto* out) {
    to_exponential(words, a.lambda, out);
  });
}

void bernoulli_fill(const KernelContext& c) {
  const auto& a = c.attrs<ProbabilityAttrs>();
  if (a.p == 1) return fill_elements(c.out[0], 1);
  const RowMajor target(c.out[0]);
  const auto bound = threshold(a.p);
  const ConvertFn convert = convert_fn(kFloat32, target.dtype());
  const auto bytes = static_cast<std::int64_t>(element_size(target.dtype()));
  for_draws(a, target.numel(), 4,
            [&](const std::uint32_t* words, std::int64_t first, std::int64_t n) {
              float numbers[kDrawWords];
              to_bernoulli(words, bound, numbers);
              convert(numbers, 1, target.data() + first * bytes, 1, static_cast<std::size_t>(n));
            });
  target.commit();
}

void random(const KernelContext& c) {
  const auto& a = c.attrs<RandintAttrs>();
  const RowMajor target(c.out[0]);
  const ConvertFn convert = convert_fn(kInt64, target.dtype());
  const auto bytes = static_cast<std::int64_t>(element_size(target.dtype()));
  const auto from = static_cast<std::uint64_t>(a.from);
  const std::uint64_t range = static_cast<std::uint64_t>(a.to) - from;
  for_draws(
      a, target.numel(), 2, [&](const std::uint32_t* words, std::int64_t first, std::int64_t n) {
        std::int64_t numbers[kDrawWords / 2];
        for (std::int64_t i = 0; i < n; ++i) {
          const auto product = static_cast<unsigned __int128>(draw64(words, i)) * range;
          numbers[i] = static_cast<std::int64_t>(from + static_cast<std::uint64_t>(product >> 64));
        }
        convert(numbers, 1, target.data() + first * bytes, 1, static_cast<std::size_t>(n));
      });
  target.commit();
}

void randperm(const KernelContext& c) {
  const auto& a = c.attrs<RandpermAttrs>();
  if (a.n == 0) return;
  const Tensor drawn = empty_tensor("randperm", {a.n}, kInt64);
  const Tensor pairs = empty_tensor("randperm", {a.n, 2}, kInt64);
  auto* keys = reinterpret_cast<std::uint64_t*>(drawn.impl()->data());
  auto* order = reinterpret_cast<Numbered*>(pairs.impl()->data());
  for_draws(a, a.n, 2, [&](const std::uint32_t* words, std::int64_t first, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) keys[first + i] = draw64(words, i);
  });
  sort_keys({keys, static_cast<std::size_t>(a.n)}, order);
  const ConvertFn convert = convert_fn(kInt64, a.dtype);
  convert(&order->number, 2, c.out[0].impl()->data(), 1, static_cast<std::size_t>(a.n));
}

void bernoulli(const KernelContext& c) {
  const auto& a = c.attrs<DrawAttrs>();
  const RowMajor target(c.out[0]);
  Tensor holder;
  const char* in = row_major(c.in[0], holder);
  visit_dtype(target.dtype(), [&]<class T>() {
    if constexpr (!std::is_integral_v<T>) {
      bernoulli_of(a, reinterpret_cast<const T*>(in), reinterpret_cast<T*>(target.data()),
                   target.numel());
    }
  });
  target.commit();
}

void dropout(const KernelContext& c) {
  const auto& a = c.attrs<DropoutAttrs>();
  if (a.p == 1) return fill_elements(c.out[0], 0);
  const RowMajor target(c.out[0]);
  Tensor holder;
  const char* in = row_major(c.in[0], holder);
  const Drop drop{threshold(a.p), 1 / (1 - a.p)};
  visit_dtype(target.dtype(), [&]<class T>() {
    if constexpr (!std::is_integral_v<T>) {
      const T* x = reinterpret_cast<const T*>(in);
      T* y = reinterpret_cast<T*>(target.data());
      for_draws(a, target.numel(), 4,
                [&](const std::uint32_t* words, std::int64_t first, std::int64_t n) {
                  drop_part(words, drop, x + first, y + first, static_cast<std::size_t>(n));
                });
    }
  });
  target.commit();
}

}  // namespace sinter::ops::cpu
