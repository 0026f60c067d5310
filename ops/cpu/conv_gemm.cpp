#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/conv_shape.h>
#include <sinter/ops/cpu/gemm.h>
#include <sinter/ops/cpu/workspace.h>

#include <algorithm>

namespace sinter::ops::cpu {

namespace {

// Output pixels that one product covers.
constexpr std::int64_t kPixels = 96;

std::int64_t pixels(const ConvShape& s) { return s.oh * s.ow; }
std::int64_t blocks_per_image(const ConvShape& s) { return (pixels(s) + kPixels - 1) / kPixels; }
std::int64_t depth(const ConvShape& s) { return s.taps() * s.group_inputs(); }

// Threads are worth their start for about this many multiply-adds each.
std::int64_t grain(const ConvShape& s, std::int64_t pieces) {
  constexpr double kWork = 1 << 16;
  const double piece = s.work() / static_cast<double>(std::max<std::int64_t>(pieces, 1));
  return piece >= kWork ? 1 : static_cast<std::int64_t>(kWork / std::max(piece, 1.0)) + 1;
}

// A run of output pixels of one image, for one group.
struct Tile {
  std::int64_t image, first, count, group;
};

Tile tile_at(const ConvShape& s, std::int64_t block, std::int64_t group) {
  const std::int64_t per_image = blocks_per_image(s);
  const std::int64_t first = block % per_image * kPixels;
  return {block / per_image, first, std::min(kPixels, pixels(s) - first), group};
}

// Calls fn(row of columns, tap, address of the pixel's group channels in x, or null in the
// padding).
template <class T, class F>
void for_taps(const ConvShape& s, const Tile& tile, T* x, F&& fn) {
  T* image = x + tile.image * s.h * s.w * s.c + tile.group * s.group_inputs();
  for (std::int64_t p = 0; p < tile.count; ++p) {
    const std::int64_t top = (tile.first + p) / s.ow * s.stride_h - s.pad_top;
    const std::int64_t left = (tile.first + p) % s.ow * s.stride_w - s.pad_left;
    for (std::int64_t i = 0; i < s.kh; ++i) {
      const std::int64_t row = top + i * s.dilation_h;
      for (std::int64_t j = 0; j < s.kw; ++j) {
        const std::int64_t column = left + j * s.dilation_w;
        const bool inside = row >= 0 && row < s.h && column >= 0 && column < s.w;
        fn(p, i * s.kw + j, inside ? image + (row * s.w + column) * s.c : nullptr);
      }
    }
  }
}

// The pixels under output pixel p where the taps of a kernel row lie side by side: a run per row.
template <class T>
void gather_runs(const ConvShape& s, const Tile& tile, const T* x, std::int64_t p, T* to) {
  const std::int64_t top = (tile.first + p) / s.ow * s.stride_h - s.pad_top;
  const std::int64_t left = (tile.first + p) % s.ow * s.stride_w - s.pad_left;
  const std::int64_t begin = std::clamp<std::int64_t>(-left, 0, s.kw);
  const std::int64_t end = std::clamp<std::int64_t>(s.w - left, begin, s.kw);
  for (std::int64_t i = 0; i < s.kh; ++i, to += s.kw * s.c) {
    const std::int64_t row = top + i * s.dilation_h;
    if (row < 0 || row >= s.h) {
      std::fill_n(to, s.kw * s.c, T(0));
      continue;
    }
    const T* from = x + ((tile.image * s.h + row) * s.w + left) * s.c;
    std::fill(to, to + begin * s.c, T(0));
    std::copy(from + begin * s.c, from + end * s.c, to + begin * s.c);
    std::fill(to + end * s.c, to + s.kw * s.c, T(0));
  }
}

// The pixels under each output pixel, one row each: [count, taps, group inputs].
template <class T>
void gather_columns(const ConvShape& s, const Tile& tile, const T* x, T* columns) {
  if (s.groups == 1 && s.dilation_w == 1) {
    for (std::int64_t p = 0; p < tile.count; ++p) {
      gather_runs(s, tile, x, p, columns + p * depth(s));
    }
    return;
  }
  const std::int64_t width = s.group_inputs();
  for_taps(s, tile, x, [&](std::int64_t p, std::int64_t tap, const T* pixel) {
    T* to = columns + p * depth(s) + tap * width;
    if (pixel != nullptr) {
      std::copy_n(pixel, width, to);
    } else {
      std::fill_n(to, width, T(0));
    }
  });
}

template <class T>
void scatter_columns(const ConvShape& s, const Tile& tile, const T* columns, T* dx) {
  const std::int64_t width = s.group_inputs();
  for_taps(s, tile, dx, [&](std::int64_t p, std::int64_t tap, T* pixel) {
    if (pixel == nullptr) return;
    const T* from = columns + p * depth(s) + tap * width;
    for (std::int64_t c = 0; c < width; ++c) pixel[c] += from[c];
  });
}

// A 1x1 convolution whose columns are x itself.
bool is_pointwise(const ConvShape& s) {
  return s.taps() == 1 && s.stride_h == 1 && s.stride_w == 1 && s.pad_top == 0 && s.pad_left == 0 &&
         s.oh == s.h && s.ow == s.w;
}

// Weights with the channels last, as columns have them: [o, taps, group inputs].
template <class T>
Workspace<T> channels_last_weight(const ConvShape& s, const T* weight) {
  Workspace<T> packed(s.weight_numel());
  const std::int64_t width = s.group_inputs(), taps = s.taps();
  for (std::int64_t o = 0; o < s.o; ++o) {
    for (std::int64_t c = 0; c < width; ++c) {
      for (std::int64_t t = 0; t < taps; ++t) {
        packed[(o * taps + t) * width + c] = weight[(o * width + c) * taps + t];
      }
    }
  }
  return packed;
}

// The packed weight of one group as a matrix [group outputs, depth].
template <class T>
MatrixRef<T> group_weight(const ConvShape& s, const T* packed, std::int64_t group) {
  return {packed + group * s.group_outputs() * depth(s), depth(s), 1};
}

template <class T>
T* output_pixel(const ConvShape& s, const Tile& tile, T* y) {
  return y + (tile.image * pixels(s) + tile.first) * s.o + tile.group * s.group_outputs();
}

// The columns of a tile: x itself for a pointwise convolution, else gathered.
template <class T>
MatrixRef<T> columns_of(const ConvShape& s, const Tile& tile, const T* x,
                        const Workspace<T>& space) {
  if (is_pointwise(s)) {
    const std::int64_t at = tile.image * pixels(s) + tile.first;
    return {x + at * s.c + tile.group * s.group_inputs(), s.c, 1};
  }
  gather_columns(s, tile, x, space.data());
  return {space.data(), depth(s), 1};
}

std::int64_t columns_numel(const ConvShape& s) {
  return is_pointwise(s) ? 0 : checked_mul("convolution", kPixels, depth(s));
}

template <class T>
void add_bias(const ConvShape& s, const T* bias, T* dx) {
  parallel_for(0, s.n * s.h * s.w, (1 << 14) / std::max<std::int64_t>(s.c, 1) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t p = begin; p < end; ++p) {
                   for (std::int64_t c = 0; c < s.c; ++c) dx[p * s.c + c] += bias[c];
                 }
               });
}

}  // namespace

template <class T>
void gemm_convolution(const ConvShape& s, const T* x, const T* weight, const T* bias, T* y) {
  if (is_depthwise(s)) return depthwise_convolution(s, x, weight, bias, y);
  const Workspace<T> packed = channels_last_weight(s, weight);
  if (is_pointwise(s) && s.groups == 1) {
    Gemm<T> g{s.n * pixels(s), s.o, s.c, {x, s.c, 1}, {packed.data(), 1, s.c}, y, s.o};
    g.bias = bias;
    return gemm(g);
  }
  const std::int64_t blocks = s.n * blocks_per_image(s);
  parallel_for(0, blocks, grain(s, blocks), [&](std::int64_t begin, std::int64_t end) {
    const Workspace<T> space(columns_numel(s));
    for (std::int64_t block = begin; block < end; ++block) {
      for (std::int64_t group = 0; group < s.groups; ++group) {
        const Tile tile = tile_at(s, block, group);
        Gemm<T> g{tile.count,
                  s.group_outputs(),
                  depth(s),
                  columns_of(s, tile, x, space),
                  group_weight(s, packed.data(), group).t(),
                  output_pixel(s, tile, y),
                  s.o};
        g.bias = bias != nullptr ? bias + group * s.group_outputs() : nullptr;
        gemm_serial(g);
      }
    }
  });
}

template <class T>
void gemm_convolution_data(const ConvShape& s, const T* dy, const T* weight, const T* bias, T* dx) {
  if (is_depthwise(s)) return depthwise_convolution_data(s, dy, weight, bias, dx);
  const Workspace<T> packed = channels_last_weight(s, weight);
  const std::int64_t image = s.h * s.w * s.c;
  // Pixels that overlapping windows share are added up in order: an image is one thread's.
  parallel_for(0, s.n, grain(s, s.n), [&](std::int64_t begin, std::int64_t end) {
    const Workspace<T> columns(checked_mul("convolution", kPixels, depth(s)));
    for (std::int64_t n = begin; n < end; ++n) {
      std::fill_n(dx + n * image, image, T(0));
      for (std::int64_t block = 0; block < blocks_per_image(s); ++block) {
        for (std::int64_t group = 0; group < s.groups; ++group) {
          const Tile tile = tile_at(s, n * blocks_per_image(s) + block, group);
          gemm_serial(Gemm<T>{tile.count,
                              depth(s),
                              s.group_outputs(),
                              {output_pixel(s, tile, dy), s.o, 1},
                              group_weight(s, packed.data(), group),
                              columns.data(),
                              depth(s)});
          scatter_columns(s, tile, columns.data(), dx);
        }
      }
    }
  });
  if (bias != nullptr) add_bias(s, bias, dx);
}

template <class T>
void gemm_convolution_weight(const ConvShape& s, const T* x, const T* dy, T* dweight) {
  if (is_depthwise(s)) return depthwise_convolution_weight(s, x, dy, dweight);
  const std::int64_t blocks = s.n * blocks_per_image(s);
  const std::int64_t parts = std::clamp<std::int64_t>(blocks, 1, 16);
  const std::int64_t size = s.weight_numel();
  const Workspace<T> sums(checked_mul("convolution", parts, size));
  parallel_for(0, parts, grain(s, parts), [&](std::int64_t begin, std::int64_t end) {
    const Workspace<T> space(columns_numel(s));
    for (std::int64_t part = begin; part < end; ++part) {
      T* sum = sums.data() + part * size;
      std::fill_n(sum, size, T(0));
      for (std::int64_t block = blocks * part / parts; block < blocks * (part + 1) / parts;
           ++block) {
        for (std::int64_t group = 0; group < s.groups; ++group) {
          const Tile tile = tile_at(s, block, group);
          Gemm<T> g{s.group_outputs(),
                    depth(s),
                    tile.count,
                    {output_pixel(s, tile, dy), 1, s.o},
                    columns_of(s, tile, x, space),
                    sum + group * s.group_outputs() * depth(s),
                    depth(s)};
          g.accumulate = true;
          gemm_serial(g);
        }
      }
    }
  });
  const std::int64_t width = s.group_inputs(), taps = s.taps();
  for (std::int64_t i = 0; i < size; ++i) {
    T total = 0;
    for (std::int64_t part = 0; part < parts; ++part) total += sums[part * size + i];
    const std::int64_t c = i % width, t = i / width % taps, o = i / (width * taps);
    dweight[(o * width + c) * taps + t] = total;
  }
}

#define SINTER_INSTANTIATE(T)                                                              \
  template void gemm_convolution(const ConvShape&, const T*, const T*, const T*, T*);      \
  template void gemm_convolution_data(const ConvShape&, const T*, const T*, const T*, T*); \
  template void gemm_convolution_weight(const ConvShape&, const T*, const T*, T*)
SINTER_INSTANTIATE(float);
SINTER_INSTANTIATE(double);
#undef SINTER_INSTANTIATE

}  // namespace sinter::ops::cpu
