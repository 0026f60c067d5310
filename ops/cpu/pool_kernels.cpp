#include <sinter/ops/cpu/channel_layout.h>
#include <sinter/ops/cpu/pool_kernels.h>
#include <sinter/ops/cpu/pool_simd.h>
#include <sinter/ops/pool_attrs.h>

#include <algorithm>
#include <limits>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kGrain = 1 << 13;

// One output row's (or column's) window: input elements begin, begin + step, ... below end.
struct Window {
  std::int64_t begin, end, step;
  std::int64_t padded;  // elements, padding included
  std::int64_t taps() const { return begin < end ? (end - begin + step - 1) / step : 0; }
};

struct Windows {
  Workspace<Window> list;
  std::int64_t count = 0;
  const Window& operator[](std::int64_t i) const { return list[i]; }
};

template <class F>
Windows make_windows(std::int64_t count, F&& window) {
  Windows w{Workspace<Window>(count), count};
  for (std::int64_t i = 0; i < count; ++i) w.list[i] = window(i);
  return w;
}

// Windows along dimension d of a pooling with these attributes.
template <class Attrs>
Windows sliding(const Attrs& a, std::size_t d, std::int64_t dilation, std::int64_t in,
                std::int64_t out) {
  return make_windows(out, [&](std::int64_t i) {
    const std::int64_t start = i * a.stride[d] - a.padding[d];
    const std::int64_t stop = start + dilation * (a.kernel[d] - 1) + 1;
    std::int64_t begin = start;
    if (begin < 0) begin += (-begin + dilation - 1) / dilation * dilation;
    return Window{begin, std::min(stop, in), dilation, std::min(stop, in + a.padding[d]) - start};
  });
}

// Part i of n covers floor(i in / n) to ceil((i + 1) in / n).
Windows adaptive(std::int64_t in, std::int64_t out) {
  return make_windows(out, [&](std::int64_t i) {
    const std::int64_t begin = i * in / out;
    const std::int64_t end = ((i + 1) * in + out - 1) / out;
    return Window{begin, end, 1, end - begin};
  });
}

// Input [n, c, h, w] and output [n, c, rows, columns], in one order of memory.
struct Planes {
  std::int64_t n, c, h, w;
  Windows rows, columns;
  bool last;  // NHWC

  std::int64_t in_plane() const { return h * w; }
  std::int64_t out_plane() const { return rows.count * columns.count; }
  std::int64_t most_taps() const {
    std::int64_t r = 0, k = 0;
    for (std::int64_t i = 0; i < rows.count; ++i) r = std::max(r, rows[i].taps());
    for (std::int64_t i = 0; i < columns.count; ++i) k = std::max(k, columns[i].taps());
    return r * k;
  }
};

// Calls fn(place in the plane) for each input element under an output element, row by row.
template <class F>
void for_taps(const Planes& p, std::int64_t row, std::int64_t column, F&& fn) {
  const Window& r = p.rows[row];
  const Window& k = p.columns[column];
  for (std::int64_t i = r.begin; i < r.end; i += r.step) {
    for (std::int64_t j = k.begin; j < k.end; j += k.step) fn(i * p.w + j);
  }
}

// Calls fn(item, row, column, output pixel) for all output pixels, rows in parallel.
template <class F>
void for_pixels(const Planes& p, F&& fn) {
  const std::int64_t row_size = p.columns.count * p.c;
  const std::int64_t grain = kGrain / std::max<std::int64_t>(row_size, 1) + 1;
  parallel_for(0, p.n * p.rows.count, grain, [&](std::int64_t begin, std::int64_t end) {
    auto state = fn.begin();
    for (std::int64_t i = begin; i < end; ++i) {
      for (std::int64_t j = 0; j < p.columns.count; ++j) {
        fn(state, i / p.rows.count, i % p.rows.count, j, i * p.columns.count + j);
      }
    }
  });
}

// The taps of a pixel, gathered for the SIMD loops.
template <class T>
struct Gathered {
  Workspace<const T*> pixels;
  Workspace<std::int64_t> places;
  std::int64_t count = 0;

  explicit Gathered(std::int64_t most) : pixels(most), places(most) {}
  void gather(const Planes& p, const T* image, std::int64_t row, std::int64_t column) {
    count = 0;
    for_taps(p, row, column, [&](std::int64_t place) {
      pixels[count] = image + place * p.c;
      places[count++] = place;
    });
  }
  Taps<T> taps() const { return {pixels.data(), places.data(), count}; }
};

template <class T>
struct MaximumPixels {
  const Planes& p;
  const T* x;
  T* y;
  std::int64_t* places;

  Gathered<T> begin() const { return Gathered<T>(p.most_taps()); }
  void operator()(Gathered<T>& g, std::int64_t item, std::int64_t row, std::int64_t column,
                  std::int64_t pixel) const {
    g.gather(p, x + item * p.in_plane() * p.c, row, column);
    pool_loops<T>().maximum(p.c, g.taps(), y + pixel * p.c,
                            places != nullptr ? places + pixel * p.c : nullptr);
  }
};

template <class T, class Divisor>
struct MeanPixels {
  const Planes& p;
  const T* x;
  T* y;
  Divisor divisor;

  Gathered<T> begin() const { return Gathered<T>(p.most_taps()); }
  void operator()(Gathered<T>& g, std::int64_t item, std::int64_t row, std::int64_t column,
                  std::int64_t pixel) const {
    g.gather(p, x + item * p.in_plane() * p.c, row, column);
    if (g.count == 0) {
      std::fill_n(y + pixel * p.c, p.c, T(0));
    } else {
      pool_loops<T>().mean(p.c, g.taps(), static_cast<T>(divisor(row, column)), y + pixel * p.c);
    }
  }
};

// Calls fn(plane, row, column, output element) for all elements of NCHW outputs.
template <class F>
void for_elements(const Planes& p, F&& fn) {
  const std::int64_t grain = kGrain / std::max<std::int64_t>(p.in_plane(), 1) + 1;
  parallel_for(0, p.n * p.c, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t plane = begin; plane < end; ++plane) {
      for (std::int64_t i = 0; i < p.rows.count; ++i) {
        for (std::int64_t j = 0; j < p.columns.count; ++j) {
          fn(plane, i, j, plane * p.out_plane() + i * p.columns.count + j);
        }
      }
    }
  });
}

template <class T>
void maximum_elements(const Planes& p, const T* x, T* y, std::int64_t* places) {
  for_elements(p, [&](std::int64_t plane, std::int64_t i, std::int64_t j, std::int64_t at) {
    const T* from = x + plane * p.in_plane();
    T best = -std::numeric_limits<T>::infinity();
    std::int64_t place = p.rows[i].begin * p.w + p.columns[j].begin;
    for_taps(p, i, j, [&](std::int64_t k) {
      if (from[k] > best || from[k] != from[k]) {
        best = from[k];
        place = k;
      }
    });
    y[at] = best;
    if (places != nullptr) places[at] = place;
  });
}

template <class T, class Divisor>
void mean_elements(const Planes& p, const T* x, T* y, const Divisor& divisor) {
  for_elements(p, [&](std::int64_t plane, std::int64_t i, std::int64_t j, std::int64_t at) {
    const T* from = x + plane * p.in_plane();
    T sum = 0;
    bool any = false;
    for_taps(p, i, j, [&](std::int64_t k) {
      sum += from[k];
      any = true;
    });
    y[at] = any ? sum / static_cast<T>(divisor(i, j)) : T(0);
  });
}

// The planes of a call. Its output lies as it was made; where that fits both orders, the input's is
// taken.
Planes planes_of(const KernelContext& c, const TensorMeta& larger, Windows rows, Windows columns) {
  const TensorMeta &in = c.in.meta(0), &out = c.out[0].impl()->meta;
  const auto is_last = [](const TensorMeta& m) {
    return strides_agree(m.sizes, m.strides, channels_last_strides(m.sizes));
  };
  const auto is_rows = [](const TensorMeta& m) {
    return strides_agree(m.sizes, m.strides, contiguous_strides(m.sizes));
  };
  const bool both = is_last(out) && is_rows(out);
  const bool last = both ? is_last(in) && !is_rows(in) : is_last(out);
  return {larger.sizes[0],
          larger.sizes[1],
          larger.sizes[2],
          larger.sizes[3],
          std::move(rows),
          std::move(columns),
          last};
}

// The strides of sizes in the order of memory of a call.
Dims strides_for(const Planes& p, IntArrayRef sizes) {
  return p.last ? channels_last_strides(sizes) : contiguous_strides(sizes);
}

template <class T>
void run_maximum(const KernelContext& c, const Planes& p) {
  const DenseInput<T> x(*c.in[0].impl(), strides_for(p, c.in.meta(0).sizes));
  const DenseOutput<T> y(c.out[0]);
  std::int64_t* places = c.out.size() > 1 ? c.out_data<std::int64_t>(1) : nullptr;
  if (p.last) {
    for_pixels(p, MaximumPixels<T>{p, x.data(), y.data(), places});
  } else {
    maximum_elements(p, x.data(), y.data(), places);
  }
  y.commit();
}

template <class T, class Divisor>
void run_mean(const KernelContext& c, const Planes& p, const Divisor& divisor) {
  const DenseInput<T> x(*c.in[0].impl(), strides_for(p, c.in.meta(0).sizes));
  const DenseOutput<T> y(c.out[0]);
  if (p.last) {
    for_pixels(p, MeanPixels<T, Divisor>{p, x.data(), y.data(), divisor});
  } else {
    mean_elements(p, x.data(), y.data(), divisor);
  }
  y.commit();
}

// --- Gradients. Windows overlap, so one thread owns all pixels of some channels.

constexpr std::int64_t kChannelBlock = 64;

// Calls fn(item, first channel, channels) in parallel.
template <class F>
void for_channel_blocks(const Planes& p, F&& fn) {
  const std::int64_t width = p.last ? kChannelBlock : 1;
  const std::int64_t blocks = (p.c + width - 1) / width;
  const std::int64_t grain = kGrain / std::max<std::int64_t>(p.in_plane() * width, 1) + 1;
  parallel_for(0, p.n * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % blocks * width;
      fn(i / blocks, first, std::min(width, p.c - first));
    }
  });
}

// Places of channel c of item n in planes of `plane` elements: start + place * step.
struct Channel {
  std::int64_t start, step;
};
Channel channel_at(const Planes& p, std::int64_t n, std::int64_t c, std::int64_t plane) {
  return p.last ? Channel{n * plane * p.c + c, p.c} : Channel{(n * p.c + c) * plane, 1};
}

template <class T>
void clear(const Planes& p, T* dx, std::int64_t n, std::int64_t c, std::int64_t width) {
  const Channel at = channel_at(p, n, c, p.in_plane());
  if (!p.last) {
    std::fill_n(dx + at.start, p.in_plane(), T(0));
    return;
  }
  for (std::int64_t i = 0; i < p.in_plane(); ++i) {
    std::fill_n(dx + at.start + i * at.step, width, T(0));
  }
}

template <class T>
void scatter_maxima(const Planes& p, std::int64_t outputs, const T* dy, const std::int64_t* places,
                    T* dx) {
  for_channel_blocks(p, [&](std::int64_t n, std::int64_t c, std::int64_t width) {
    clear(p, dx, n, c, width);
    const Channel from = channel_at(p, n, c, outputs), to = channel_at(p, n, c, p.in_plane());
    for (std::int64_t i = 0; i < outputs; ++i) {
      for (std::int64_t k = 0; k < width; ++k) {
        const std::int64_t at = from.start + i * from.step + k;
        const std::int64_t place = places[at];
        SINTER_CHECK_AS(IndexError, place >= 0 && place < p.in_plane(),
                        "[max_pool2d_backward] indices must be places of a plane of ", p.in_plane(),
                        " elements; got ", place);
        dx[to.start + place * to.step + k] += dy[at];
      }
    }
  });
}

template <class T, class Divisor>
void scatter_means(const Planes& p, const T* dy, T* dx, const Divisor& divisor) {
  for_channel_blocks(p, [&](std::int64_t n, std::int64_t c, std::int64_t width) {
    clear(p, dx, n, c, width);
    const Channel from = channel_at(p, n, c, p.out_plane());
    const Channel to = channel_at(p, n, c, p.in_plane());
    for (std::int64_t i = 0; i < p.rows.count; ++i) {
      for (std::int64_t j = 0; j < p.columns.count; ++j) {
        const T* g = dy + from.start + (i * p.columns.count + j) * from.step;
        const T by = static_cast<T>(divisor(i, j));
        for_taps(p, i, j, [&](std::int64_t place) {
          T* target = dx + to.start + place * to.step;
          if (p.last) {
            pool_loops<T>().add(width, g, by, target);
          } else {
            *target += *g / by;
          }
        });
      }
    }
  });
}

template <class T, class Divisor>
void run_mean_backward(const KernelContext& c, const Planes& p, const Divisor& divisor) {
  const DenseInput<T> dy(*c.in[0].impl(), strides_for(p, c.in.meta(0).sizes));
  const DenseOutput<T> dx(c.out[0]);
  scatter_means(p, dy.data(), dx.data(), divisor);
  dx.commit();
}

// What the sum over window (i, j) is divided by.
template <class Attrs>
auto divisor_of(const Attrs& a, const Planes& p) {
  return [&a, &p](std::int64_t i, std::int64_t j) {
    if (a.divisor_override) return *a.divisor_override;
    const Window &r = p.rows[i], &k = p.columns[j];
    return a.count_include_pad ? r.padded * k.padded : r.taps() * k.taps();
  };
}

auto whole_window(const Planes& p) {
  return [&p](std::int64_t i, std::int64_t j) { return p.rows[i].taps() * p.columns[j].taps(); };
}

}  // namespace

void max_pool2d(const KernelContext& c) {
  const auto& a = c.attrs<MaxPoolAttrs>();
  const TensorMeta &x = c.in.meta(0), &y = c.out[0].impl()->meta;
  if (y.numel == 0) return;
  if (!is_floating_point(x.dtype)) return byte_max_pool2d(c);
  const Planes p = planes_of(c, x, sliding(a, 0, a.dilation[0], x.sizes[2], y.sizes[2]),
                             sliding(a, 1, a.dilation[1], x.sizes[3], y.sizes[3]));
  visit_compute(x.dtype, [&]<class T>() { run_maximum<T>(c, p); });
}

void adaptive_max_pool2d(const KernelContext& c) {
  const TensorMeta &x = c.in.meta(0), &y = c.out[0].impl()->meta;
  if (y.numel == 0) return;
  const Planes p =
      planes_of(c, x, adaptive(x.sizes[2], y.sizes[2]), adaptive(x.sizes[3], y.sizes[3]));
  visit_compute(x.dtype, [&]<class T>() { run_maximum<T>(c, p); });
}

void max_pool2d_backward(const KernelContext& c) {
  const TensorMeta &dy = c.in.meta(0), &dx = c.out[0].impl()->meta;
  if (dx.numel == 0) return;
  const Planes p = planes_of(c, dx, {}, {});
  visit_compute(dy.dtype, [&]<class T>() {
    const Dims strides = strides_for(p, dy.sizes);
    const DenseInput<T> gradient(*c.in[0].impl(), strides);
    const DenseInput<std::int64_t> places(*c.in[1].impl(), strides);
    const DenseOutput<T> out(c.out[0]);
    scatter_maxima(p, dy.sizes[2] * dy.sizes[3], gradient.data(), places.data(), out.data());
    out.commit();
  });
}

void avg_pool2d(const KernelContext& c) {
  const auto& a = c.attrs<AvgPoolAttrs>();
  const TensorMeta &x = c.in.meta(0), &y = c.out[0].impl()->meta;
  if (y.numel == 0) return;
  const Planes p = planes_of(c, x, sliding(a, 0, 1, x.sizes[2], y.sizes[2]),
                             sliding(a, 1, 1, x.sizes[3], y.sizes[3]));
  visit_compute(x.dtype, [&]<class T>() { run_mean<T>(c, p, divisor_of(a, p)); });
}

void avg_pool2d_backward(const KernelContext& c) {
  const auto& a = c.attrs<AvgPoolBackwardAttrs>();
  const TensorMeta &dy = c.in.meta(0), &dx = c.out[0].impl()->meta;
  if (dx.numel == 0) return;
  const Planes p = planes_of(c, dx, sliding(a, 0, 1, dx.sizes[2], dy.sizes[2]),
                             sliding(a, 1, 1, dx.sizes[3], dy.sizes[3]));
  visit_compute(dy.dtype, [&]<class T>() { run_mean_backward<T>(c, p, divisor_of(a, p)); });
}

void adaptive_avg_pool2d(const KernelContext& c) {
  const TensorMeta &x = c.in.meta(0), &y = c.out[0].impl()->meta;
  if (y.numel == 0) return;
  const Planes p =
      planes_of(c, x, adaptive(x.sizes[2], y.sizes[2]), adaptive(x.sizes[3], y.sizes[3]));
  visit_compute(x.dtype, [&]<class T>() { run_mean<T>(c, p, whole_window(p)); });
}

void adaptive_avg_pool2d_backward(const KernelContext& c) {
  const TensorMeta &dy = c.in.meta(0), &dx = c.out[0].impl()->meta;
  if (dx.numel == 0) return;
  const Planes p =
      planes_of(c, dx, adaptive(dx.sizes[2], dy.sizes[2]), adaptive(dx.sizes[3], dy.sizes[3]));
  visit_compute(dy.dtype, [&]<class T>() { run_mean_backward<T>(c, p, whole_window(p)); });
}

}  // namespace sinter::ops::cpu
