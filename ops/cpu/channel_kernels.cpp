#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/channel_kernels.h>
#include <sinter/ops/cpu/channel_simd.h>
#include <sinter/ops/cpu/workspace.h>

#include <algorithm>

namespace sinter::ops::cpu {

namespace {

// Elements of one channel that are summed in T before they go into a double total.
constexpr std::int64_t kBlockRows = 128;
constexpr std::int64_t kBlockRun = 4096;
constexpr std::int64_t kGrain = 1 << 14;  // elements worth a thread

// The blocks over which a sum is cut. Block b covers rows [first(b), first(b) + count(b)): of all
// channels with NHWC, of the run of channel c of item n else (block = (n, segment)).
struct Blocks {
  std::int64_t length, segments, count;

  explicit Blocks(const Channels& g) {
    const std::int64_t whole = g.last ? g.per_channel() : g.inner;
    length = g.last ? kBlockRows : kBlockRun;
    segments = (whole + length - 1) / length;
    count = g.last ? segments : g.outer * segments;
  }
};

template <class T>
struct SumArguments {
  ChannelSum kind;
  const T* x;
  const T* dy;
  const T* origin;  // per channel; for moments, of the whole sum
};

// Each block's totals: first and second of [block][channel].
template <class T>
struct BlockSums {
  Workspace<T> first, second;
};

template <class T>
std::int64_t run_start(const Channels& g, const Blocks& blocks, std::int64_t block,
                       std::int64_t c) {
  const std::int64_t n = block / blocks.segments, segment = block % blocks.segments;
  return (n * g.channels + c) * g.inner + segment * blocks.length;
}

template <class T>
BlockSums<T> sum_blocks(const Channels& g, const Blocks& blocks, const SumArguments<T>& a) {
  const std::int64_t size = checked_mul("batch_norm", blocks.count, g.channels);
  BlockSums<T> sums{Workspace<T>(size),
                    a.kind == ChannelSum::plain ? Workspace<T>() : Workspace<T>(size)};
  const auto& loops = channel_loops<T>();
  const auto put = [&](std::int64_t at) {
    return sums.second.data() != nullptr ? sums.second.data() + at : nullptr;
  };
  if (g.last) {
    const std::int64_t grain = kGrain / std::max<std::int64_t>(blocks.length * g.channels, 1) + 1;
    parallel_for(0, blocks.count, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) {
        const std::int64_t row = b * blocks.length, at = row * g.channels;
        const std::int64_t rows = std::min(blocks.length, g.per_channel() - row);
        loops.sum_rows(a.kind,
                       {a.x + at, a.dy != nullptr ? a.dy + at : nullptr,
                        a.kind == ChannelSum::moments ? a.x + at : a.origin, rows, g.channels},
                       sums.first.data() + b * g.channels, put(b * g.channels));
      }
    });
    return sums;
  }
  const std::int64_t grain = kGrain / std::max<std::int64_t>(g.inner * g.channels, 1) + 1;
  parallel_for(0, blocks.count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t start = b % blocks.segments * blocks.length;
      for (std::int64_t c = 0; c < g.channels; ++c) {
        const std::int64_t at = run_start<T>(g, blocks, b, c);
        const T* origin = a.kind == ChannelSum::moments ? a.x + at : a.origin + c;
        loops.sum_run(a.kind,
                      {a.x + at, a.dy != nullptr ? a.dy + at : nullptr, origin,
                       std::min(blocks.length, g.inner - start), 1},
                      sums.first.data() + b * g.channels + c, put(b * g.channels + c));
      }
    }
  });
  return sums;
}

// Moments of several blocks joined (Chan, Golub, LeVeque: "Updating formulae and a pairwise
// algorithm for computing sample variances", 1979).
struct Moments {
  double count = 0, mean = 0, squares = 0;

  void join(double n, double other_mean, double other_squares) {
    const double total = count + n, distance = other_mean - mean;
    mean += distance * n / total;
    squares += other_squares + distance * distance * count * n / total;
    count = total;
  }
};

template <class T>
T origin_of(const Channels& g, const Blocks& blocks, const T* x, std::int64_t b, std::int64_t c) {
  return g.last ? x[b * blocks.length * g.channels + c] : x[run_start<T>(g, blocks, b, c)];
}

std::int64_t rows_of(const Channels& g, const Blocks& blocks, std::int64_t b) {
  const std::int64_t whole = g.last ? g.per_channel() : g.inner;
  const std::int64_t segment = g.last ? b : b % blocks.segments;
  return std::min(blocks.length, whole - segment * blocks.length);
}

template <class F>
void for_channels(const Channels& g, const Blocks& blocks, F&& fn) {
  const std::int64_t grain = kGrain / std::max<std::int64_t>(blocks.count, 1) + 1;
  parallel_for(0, g.channels, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) fn(c);
  });
}

template <class T>
T total_of(const Channels& g, const Blocks& blocks, const Workspace<T>& sums, std::int64_t c) {
  double total = 0;
  for (std::int64_t b = 0; b < blocks.count; ++b) total += sums[b * g.channels + c];
  return static_cast<T>(total);
}

// Calls row(offset) for each row of channels (NHWC), run(offset, channel) for each run of one.
template <class Row, class Run>
void for_pieces(const Channels& g, Row&& row, Run&& run) {
  if (g.last) {
    const std::int64_t grain = kGrain / std::max<std::int64_t>(g.channels, 1) + 1;
    return parallel_for(0, g.per_channel(), grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) row(r * g.channels);
    });
  }
  const std::int64_t grain = kGrain / std::max<std::int64_t>(g.inner, 1) + 1;
  parallel_for(0, g.outer * g.channels, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) run(i * g.inner, i % g.channels);
  });
}

}  // namespace

template <class T>
void channel_moments(const Channels& g, const T* x, T* mean, T* variance) {
  const Blocks blocks(g);
  const BlockSums<T> sums = sum_blocks<T>(g, blocks, {ChannelSum::moments, x, nullptr, nullptr});
  for_channels(g, blocks, [&](std::int64_t c) {
    Moments all;
    for (std::int64_t b = 0; b < blocks.count; ++b) {
      const auto n = static_cast<double>(rows_of(g, blocks, b));
      const double first = sums.first[b * g.channels + c];
      const double second = sums.second[b * g.channels + c];
      const double shift = first / n;
      const double origin = origin_of(g, blocks, x, b, c);
      all.join(n, origin + shift, std::max(second - first * shift, 0.0));
      if (second != second) all.squares = second;  // max() would hide a NaN
    }
    mean[c] = static_cast<T>(all.mean);
    variance[c] = static_cast<T>(all.squares / all.count);
  });
}

template <class T>
void channel_sums(const Channels& g, const T* x, T* total) {
  const Blocks blocks(g);
  const BlockSums<T> sums = sum_blocks<T>(g, blocks, {ChannelSum::plain, x, nullptr, nullptr});
  for_channels(g, blocks, [&](std::int64_t c) { total[c] = total_of(g, blocks, sums.first, c); });
}

template <class T>
void channel_products(const Channels& g, const T* dy, const T* x, const T* mean, T* first,
                      T* second) {
  const Blocks blocks(g);
  const BlockSums<T> sums = sum_blocks<T>(g, blocks, {ChannelSum::products, x, dy, mean});
  for_channels(g, blocks, [&](std::int64_t c) {
    first[c] = total_of(g, blocks, sums.first, c);
    second[c] = total_of(g, blocks, sums.second, c);
  });
}

template <class T>
void channel_affine(const Channels& g, const T* x, const T* mean, const T* scale, const T* shift,
                    T* y) {
  const auto& loops = channel_loops<T>();
  for_pieces(
      g, [&](std::int64_t at) { loops.affine_row(g.channels, x + at, mean, scale, shift, y + at); },
      [&](std::int64_t at, std::int64_t c) {
        loops.affine_run(g.inner, x + at, mean[c], scale[c], shift[c], y + at);
      });
}

template <class T>
void channel_backward(const Channels& g, const T* dy, const T* x, const T* mean, const T* scale,
                      const T* first, const T* second, T* dx) {
  const auto& loops = channel_loops<T>();
  for_pieces(
      g,
      [&](std::int64_t at) {
        loops.backward_row(g.channels, {dy + at, x + at, mean, scale, first, second}, dx + at);
      },
      [&](std::int64_t at, std::int64_t c) {
        loops.backward_run(g.inner, {dy + at, x + at, mean + c, scale + c, first + c, second + c},
                           dx + at);
      });
}

#define SINTER_INSTANTIATE(T)                                                                \
  template void channel_moments(const Channels&, const T*, T*, T*);                          \
  template void channel_sums(const Channels&, const T*, T*);                                 \
  template void channel_products(const Channels&, const T*, const T*, const T*, T*, T*);     \
  template void channel_affine(const Channels&, const T*, const T*, const T*, const T*, T*); \
  template void channel_backward(const Channels&, const T*, const T*, const T*, const T*,    \
                                 const T*, const T*, T*)
SINTER_INSTANTIATE(float);
SINTER_INSTANTIATE(double);
#undef SINTER_INSTANTIATE

}  // namespace sinter::ops::cpu
