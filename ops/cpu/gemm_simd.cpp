#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/gemm_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <sinter/ops/cpu/gemm_kernels.h>
#include <sinter/ops/cpu/lanes-inl.h>
#include <sinter/ops/cpu/workspace.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::cpu::gemm_impl::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using namespace lanes::HWY_NAMESPACE;

// 32 registers allow a taller block than 16.
constexpr int kRows = HWY_TARGET == HWY_AVX3 ? 12 : 6;
template <class T>
constexpr std::int64_t kColumns = 2 * kLanes<T>;

// Block sizes: a panel of b fits L1, a block of a fits L2.
constexpr std::int64_t kDepth = 256;
constexpr std::int64_t kRowBlock = 16 * kRows;
constexpr std::int64_t kColumnBlock = 1024;

// How a finished block is put into c.
template <class T>
struct Finish {
  T alpha;
  bool accumulate;
  const T* bias;  // of the block's first column
};

template <class T>
struct Block {
  std::int64_t depth;
  const T* a;
  std::int64_t a_row, a_col;
  const T* b;
  std::int64_t b_row;
  T* c;
  std::int64_t c_row;
};

template <class T>
HWY_INLINE Vec<T> finished(Vec<T> sum, T* c, const T* bias, const Finish<T>& f) {
  const Tag<T> d;
  Vec<T> v = hn::Mul(sum, hn::Set(d, f.alpha));
  if (f.accumulate) {
    v = hn::Add(hn::LoadU(d, c), v);
  } else if (bias != nullptr) {
    v = hn::Add(v, hn::LoadU(d, bias));
  }
  return v;
}

// The block of c of sizeof...(I) rows and two vectors, all in registers.
template <class T, bool kPackedA, std::size_t... I>
HWY_INLINE void multiply_block(const Block<T>& x, const Finish<T>& f, std::index_sequence<I...>) {
  const Tag<T> d;
  constexpr std::int64_t kL = kLanes<T>;
  constexpr std::int64_t kR = sizeof...(I);
  Vec<T> left[] = {((void)I, hn::Zero(d))...};
  Vec<T> right[] = {((void)I, hn::Zero(d))...};
  const T* a = x.a;
  const T* b = x.b;
  for (std::int64_t p = 0; p < x.depth; ++p) {
    const Vec<T> b0 = hn::LoadU(d, b);
    const Vec<T> b1 = hn::LoadU(d, b + kL);
    const auto step = [&](auto row) HWY_ATTR {
      constexpr std::int64_t i = row;
      const Vec<T> v = hn::Set(d, kPackedA ? a[i] : a[i * x.a_row]);
      left[i] = hn::MulAdd(v, b0, left[i]);
      right[i] = hn::MulAdd(v, b1, right[i]);
    };
    (step(std::integral_constant<std::int64_t, I>()), ...);
    a += kPackedA ? kR : x.a_col;
    b += x.b_row;
  }
  const T* bias_right = f.bias != nullptr ? f.bias + kL : nullptr;
  const auto put = [&](auto row) HWY_ATTR {
    constexpr std::int64_t i = row;
    T* c = x.c + i * x.c_row;
    hn::StoreU(finished(left[i], c, f.bias, f), d, c);
    hn::StoreU(finished(right[i], c + kL, bias_right, f), d, c + kL);
  };
  (put(std::integral_constant<std::int64_t, I>()), ...);
}

template <class T, bool kPackedA, int kR>
void block_of_rows(const Block<T>& x, const Finish<T>& f) {
  multiply_block<T, kPackedA>(x, f, std::make_index_sequence<kR>());
}

template <class T>
using BlockFn = void (*)(const Block<T>&, const Finish<T>&);

template <class T, bool kPackedA, std::size_t... I>
constexpr std::array<BlockFn<T>, kRows + 1> block_table(std::index_sequence<I...>) {
  return {nullptr, block_of_rows<T, kPackedA, static_cast<int>(I) + 1>...};
}
template <class T, bool kPackedA>
constexpr auto kBlockTable = block_table<T, kPackedA>(std::make_index_sequence<kRows>());

// A block with fewer columns than two vectors goes through a full one.
template <class T>
void narrow_block(BlockFn<T> fn, Block<T> x, const Finish<T>& f, std::int64_t rows,
                  std::int64_t columns) {
  HWY_ALIGN T tile[kRows * kColumns<T>];
  T* const c = std::exchange(x.c, tile);
  const std::int64_t c_row = std::exchange(x.c_row, kColumns<T>);
  fn(x, {f.alpha, false, nullptr});
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      T& to = c[i * c_row + j];
      const T value = tile[i * kColumns<T> + j];
      if (f.accumulate) {
        to += value;
      } else {
        to = f.bias != nullptr ? value + f.bias[j] : value;
      }
    }
  }
}

#if HWY_TARGET != HWY_SCALAR
// Four rows of b^T of four elements each, turned into four rows of b.
HWY_INLINE void transpose_4x4(const float* from, std::int64_t step, float* to,
                              std::int64_t to_row) {
  const hn::FixedTag<float, 4> d;
  const hn::Repartition<double, decltype(d)> pair;
  const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + step);
  const auto r2 = hn::LoadU(d, from + 2 * step), r3 = hn::LoadU(d, from + 3 * step);
  const auto lo01 = hn::BitCast(pair, hn::InterleaveLower(d, r0, r1));
  const auto hi01 = hn::BitCast(pair, hn::InterleaveUpper(d, r0, r1));
  const auto lo23 = hn::BitCast(pair, hn::InterleaveLower(d, r2, r3));
  const auto hi23 = hn::BitCast(pair, hn::InterleaveUpper(d, r2, r3));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pair, lo01, lo23)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pair, lo01, lo23)), d, to + to_row);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pair, hi01, hi23)), d, to + 2 * to_row);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pair, hi01, hi23)), d, to + 3 * to_row);
}
#endif

// One panel: `depth` rows of kWidth numbers, of which the first `width` come from x; the others are
// zero.
template <class T, std::int64_t kWidth>
void pack_panel(MatrixRef<T> x, std::int64_t depth, std::int64_t width, T* to) {
  if (x.col == 1 && width == kWidth) {
    for (std::int64_t p = 0; p < depth; ++p) {
      std::memcpy(to + p * kWidth, x.data + p * x.row, sizeof(T) * kWidth);
    }
    return;
  }
  std::int64_t done = 0;  // rows
#if HWY_TARGET != HWY_SCALAR
  if constexpr (std::is_same_v<T, float> && kWidth % 4 == 0) {
    if (x.row == 1 && width == kWidth) {
      for (; done + 4 <= depth; done += 4) {
        for (std::int64_t j = 0; j < kWidth; j += 4) {
          transpose_4x4(x.data + done + j * x.col, x.col, to + done * kWidth + j, kWidth);
        }
      }
    }
  }
#endif
  for (std::int64_t p = done; p < depth; ++p) {
    T* row = to + p * kWidth;
    for (std::int64_t j = 0; j < width; ++j) row[j] = x.data[p * x.row + j * x.col];
    for (std::int64_t j = width; j < kWidth; ++j) row[j] = 0;
  }
}

// A panel of rows of a: depth columns of `rows` numbers.
template <class T>
void pack_rows(MatrixRef<T> a, std::int64_t rows, std::int64_t depth, T* to) {
  if (rows == kRows) return pack_panel<T, kRows>(a.t(), depth, kRows, to);
  for (std::int64_t p = 0; p < depth; ++p) {
    for (std::int64_t i = 0; i < rows; ++i) to[p * rows + i] = a.data[i * a.row + p * a.col];
  }
}

// Panels of a block of b: where each starts and how far its rows are apart.
template <class T>
struct Panels {
  T* packed;    // all panels, or (direct) only the last, narrow one
  bool direct;  // full panels are read from b itself
};

template <class T>
struct Driver {
  const Gemm<T>& g;
  bool pack_a;
  bool direct_b;
  Workspace<T> a_space;
  Workspace<T> b_space;

  explicit Driver(const Gemm<T>& gemm) : g(gemm) {
    const std::int64_t depth = std::min(g.k, kDepth);
    const std::int64_t columns = std::min(g.n, kColumnBlock);
    const bool small = g.m <= 4 * kRows || depth * columns <= 4096;
    direct_b = g.b.col == 1 && small;
    pack_a = g.m > kRows && g.n > 8 * kColumns<T> && (g.a.col != 1 || g.n > 16 * kColumns<T>);
    const std::int64_t panels = (columns + kColumns<T> - 1) / kColumns<T>;
    b_space = Workspace<T>(depth * kColumns<T> * (direct_b ? 1 : panels));
    if (pack_a) a_space = Workspace<T>(depth * std::min(g.m, kRowBlock));
  }

  void run() {
    for (std::int64_t j = 0; j < g.n; j += kColumnBlock) {
      const std::int64_t columns = std::min(kColumnBlock, g.n - j);
      for (std::int64_t p = 0; p < g.k; p += kDepth) {
        column_block(j, columns, p, std::min(kDepth, g.k - p));
      }
    }
  }

  void column_block(std::int64_t j, std::int64_t columns, std::int64_t p, std::int64_t depth) {
    const MatrixRef<T> b = g.b.at(p, j);
    const std::int64_t full = columns / kColumns<T>;
    for (std::int64_t panel = direct_b ? full : 0; panel * kColumns<T> < columns; ++panel) {
      const std::int64_t first = panel * kColumns<T>;
      pack_panel<T, kColumns<T>>(b.at(0, first), depth, std::min(kColumns<T>, columns - first),
                                 b_space.data() + (direct_b ? 0 : panel * depth * kColumns<T>));
    }
    for (std::int64_t i = 0; i < g.m; i += kRowBlock) {
      row_block(i, std::min(kRowBlock, g.m - i), j, columns, p, depth);
    }
  }

  void row_block(std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns,
                 std::int64_t p, std::int64_t depth) {
    const MatrixRef<T> a = g.a.at(i, p);
    if (pack_a) {
      for (std::int64_t r = 0; r < rows; r += kRows) {
        pack_rows(a.at(r, 0), std::min<std::int64_t>(kRows, rows - r), depth,
                  a_space.data() + r * depth);
      }
    }
    const Finish<T> finish{g.alpha, g.accumulate || p != 0, nullptr};
    for (std::int64_t s = 0; s < columns; s += kColumns<T>) {
      Finish<T> f = finish;
      if (g.bias != nullptr && !f.accumulate) f.bias = g.bias + j + s;
      const std::int64_t width = std::min(kColumns<T>, columns - s);
      const bool direct = direct_b && width == kColumns<T>;
      Block<T> x{};
      x.depth = depth;
      x.b = direct ? g.b.at(p, j + s).data : b_space.data() + (direct_b ? 0 : s * depth);
      x.b_row = direct ? g.b.row : kColumns<T>;
      x.c_row = g.c_row;
      for (std::int64_t r = 0; r < rows; r += kRows) {
        const std::int64_t height = std::min<std::int64_t>(kRows, rows - r);
        x.a = pack_a ? a_space.data() + r * depth : a.at(r, 0).data;
        x.a_row = a.row;
        x.a_col = a.col;
        x.c = g.c + (i + r) * g.c_row + j + s;
        const auto which = static_cast<std::size_t>(height);
        const BlockFn<T> fn = pack_a ? kBlockTable<T, true>[which] : kBlockTable<T, false>[which];
        if (width == kColumns<T>) {
          fn(x, f);
        } else {
          narrow_block(fn, x, f, height, width);
        }
      }
    }
  }
};

template <class T>
void panels(const Gemm<T>& g) {
  Driver<T>(g).run();
}

template <class T>
void put(const Gemv<T>& g, std::int64_t i, T sum) {
  T& y = g.y[i * g.y_step];
  sum *= g.alpha;
  if (g.accumulate) {
    y += sum;
  } else {
    y = g.bias != nullptr ? sum + g.bias[i * g.bias_step] : sum;
  }
}

// Dot products of kR rows with x. Every row is summed alike, whatever kR is.
template <class T, int kR>
HWY_INLINE void dot_rows(const Gemv<T>& g, std::int64_t i) {
  const Tag<T> d;
  constexpr std::int64_t kL = kLanes<T>;
  const T* rows[kR];
  Vec<T> even[kR], odd[kR];
  for (int r = 0; r < kR; ++r) {
    rows[r] = g.a.data + (i + r) * g.a.row;
    even[r] = odd[r] = hn::Zero(d);
  }
  std::int64_t p = 0;
  for (; p + 2 * kL <= g.k; p += 2 * kL) {
    const Vec<T> x0 = hn::LoadU(d, g.x + p);
    const Vec<T> x1 = hn::LoadU(d, g.x + p + kL);
#pragma GCC unroll 4
    for (int r = 0; r < kR; ++r) {
      even[r] = hn::MulAdd(hn::LoadU(d, rows[r] + p), x0, even[r]);
      odd[r] = hn::MulAdd(hn::LoadU(d, rows[r] + p + kL), x1, odd[r]);
    }
  }
  for (; p < g.k; p += kL) {
    const std::int64_t count = std::min(kL, g.k - p);
    const Vec<T> x = load(g.x + p, count);
#pragma GCC unroll 4
    for (int r = 0; r < kR; ++r) even[r] = hn::MulAdd(load(rows[r] + p, count), x, even[r]);
  }
  for (int r = 0; r < kR; ++r) {
    put(g, i + r, hn::GetLane(hn::SumOfLanes(d, hn::Add(even[r], odd[r]))));
  }
}

// Columns of a are contiguous: kV vectors of y at a time gather multiples of them.
template <class T, int kV>
HWY_INLINE void sum_columns(const Gemv<T>& g, std::int64_t i, std::int64_t count) {
  const Tag<T> d;
  constexpr std::int64_t kL = kLanes<T>;
  Vec<T> sum[kV];
  for (int v = 0; v < kV; ++v) sum[v] = hn::Zero(d);
  const T* a = g.a.data + i;
  for (std::int64_t p = 0; p < g.k; ++p, a += g.a.col) {
    const Vec<T> x = hn::Set(d, g.x[p]);
    if (count == kV * kL) {
#pragma GCC unroll 8
      for (int v = 0; v < kV; ++v) sum[v] = hn::MulAdd(hn::LoadU(d, a + v * kL), x, sum[v]);
    } else {
      sum[0] = hn::MulAdd(load(a, count), x, sum[0]);
    }
  }
  HWY_ALIGN T lanes[kV * kL];
  for (int v = 0; v < kV; ++v) hn::Store(sum[v], d, lanes + v * kL);
  for (std::int64_t r = 0; r < count; ++r) put(g, i + r, lanes[r]);
}

template <class T>
void gemv(const Gemv<T>& g) {
  constexpr std::int64_t kL = kLanes<T>;
  std::int64_t i = 0;
  if (g.a.col == 1) {
    for (; i + 4 <= g.m; i += 4) dot_rows<T, 4>(g, i);
    for (; i < g.m; ++i) dot_rows<T, 1>(g, i);
    return;
  }
  for (; i + 8 * kL <= g.m; i += 8 * kL) sum_columns<T, 8>(g, i, 8 * kL);
  for (; i < g.m; i += kL) sum_columns<T, 1>(g, i, std::min(kL, g.m - i));
}

const GemmKernels<float>* float_kernels() {
  static constexpr GemmKernels<float> kernels{panels<float>, gemv<float>, kRows, kColumns<float>};
  return &kernels;
}
const GemmKernels<double>* double_kernels() {
  static constexpr GemmKernels<double> kernels{panels<double>, gemv<double>, kRows,
                                               kColumns<double>};
  return &kernels;
}

}  // namespace sinter::ops::cpu::gemm_impl::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops::cpu {
namespace gemm_impl {
HWY_EXPORT(float_kernels);
HWY_EXPORT(double_kernels);
const GemmKernels<float>* best_float() { return HWY_DYNAMIC_DISPATCH(float_kernels)(); }
const GemmKernels<double>* best_double() { return HWY_DYNAMIC_DISPATCH(double_kernels)(); }
}  // namespace gemm_impl

template <>
const GemmKernels<float>& gemm_kernels<float>() {
  static const GemmKernels<float>& kernels = *gemm_impl::best_float();
  return kernels;
}
template <>
const GemmKernels<double>& gemm_kernels<double>() {
  static const GemmKernels<double>& kernels = *gemm_impl::best_double();
  return kernels;
}

}  // namespace sinter::ops::cpu
#endif
