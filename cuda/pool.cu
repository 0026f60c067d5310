// Maximum pooling of planes, in any order of memory.
#include <sinter/cuda/dense.h>
#include <sinter/cuda/each.cuh>
#include <sinter/cuda/elements.cuh>
#include <sinter/cuda/kernels.h>
#include <sinter/ops/pool_attrs.h>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

// [n, c, h, w] and where its elements lie.
struct Planes {
  std::int64_t n, c, h, w;
  std::int64_t stride[4];
  __device__ std::int64_t at(std::int64_t i, std::int64_t j, std::int64_t row,
                             std::int64_t column) const {
    return i * stride[0] + j * stride[1] + row * stride[2] + column * stride[3];
  }
};

Planes planes_of(const TensorMeta& x) {
  return {x.sizes[0],
          x.sizes[1],
          x.sizes[2],
          x.sizes[3],
          {x.strides[0], x.strides[1], x.strides[2], x.strides[3]}};
}

struct Window {
  std::int64_t kernel, stride, padding, dilation;
};

// The first of the largest elements under a window; NaN beats every number.
template <class T>
struct MaxPoolEach {
  Planes in, out, places_out;
  Window rows, columns;
  const T* x;
  T* y;
  std::int64_t* places;  // or null

  __device__ void operator()(std::int64_t i) const {
    const std::int64_t column = i % out.w, row = i / out.w % out.h;
    const std::int64_t c = i / out.w / out.h % out.c, n = i / out.w / out.h / out.c;
    bool found = false;
    Wide<T> best = 0;
    std::int64_t place = 0;
    for (std::int64_t a = 0; a < rows.kernel; ++a) {
      const std::int64_t r = row * rows.stride - rows.padding + a * rows.dilation;
      if (r < 0 || r >= in.h) continue;
      for (std::int64_t b = 0; b < columns.kernel; ++b) {
        const std::int64_t k = column * columns.stride - columns.padding + b * columns.dilation;
        if (k < 0 || k >= in.w) continue;
        const Wide<T> v = widen(x[in.at(n, c, r, k)]);
        if (found && !(v > best || v != v)) continue;
        found = true;
        best = v;
        place = r * in.w + k;
      }
    }
    y[out.at(n, c, row, column)] = convert<T>(best);
    if (places != nullptr) places[places_out.at(n, c, row, column)] = place;
  }
};

// A plane's gradient: one thread adds what its outputs give, in their order.
template <class T>
struct MaxPoolBackwardPlane {
  using W = Wide<T>;
  Planes dy, places, dx;
  const T* grad;
  const std::int64_t* place;
  W* out;
  bool* bad;

  __device__ void operator()(std::int64_t i) const {
    const std::int64_t c = i % dx.c, n = i / dx.c;
    for (std::int64_t r = 0; r < dx.h; ++r) {
      for (std::int64_t k = 0; k < dx.w; ++k) out[dx.at(n, c, r, k)] = W(0);
    }
    bool wrong = false;
    for (std::int64_t r = 0; r < dy.h; ++r) {
      for (std::int64_t k = 0; k < dy.w; ++k) {
        const std::int64_t p = place[places.at(n, c, r, k)];
        if (p < 0 || p >= dx.h * dx.w) {
          wrong = true;
        } else {
          out[dx.at(n, c, p / dx.w, p % dx.w)] += widen(grad[dy.at(n, c, r, k)]);
        }
      }
    }
    bad[i] = wrong;
  }
};

}  // namespace

void max_pool(const KernelContext& c) {
  const auto& a = c.attrs<ops::MaxPoolAttrs>();
  const TensorMeta &x = c.in.meta(0), &y = c.out[0].impl()->meta;
  const bool indices = c.out.size() > 1;
  const Launch launch(c.in[0]);
  visit_floating(x.dtype, [&]<class T>() {
    const MaxPoolEach<T> each{planes_of(x),
                              planes_of(y),
                              planes_of(indices ? c.out[1].impl()->meta : y),
                              {a.kernel[0], a.stride[0], a.padding[0], a.dilation[0]},
                              {a.kernel[1], a.stride[1], a.padding[1], a.dilation[1]},
                              c.in_data<T>(0),
                              c.out_data<T>(0),
                              indices ? c.out_data<std::int64_t>(1) : nullptr};
    for_each_element(launch, y.numel, each);
  });
}

void max_pool_backward(const KernelContext& c) {
  TensorImpl& out = *c.out[0].impl();
  if (out.meta.numel == 0) return;
  const std::int64_t planes = out.meta.sizes[0] * out.meta.sizes[1];
  const Tensor bad = new_tensor(c.out[0], {planes}, kBool);
  const Launch launch(c.in[0]);
  visit_floating(out.meta.dtype, [&]<class T>() {
    using W = Wide<T>;
    const bool direct = std::is_same_v<W, T>;
    const Tensor sums = direct ? c.out[0] : new_tensor(c.out[0], out.meta.sizes, dtype_of<W>);
    const MaxPoolBackwardPlane<T> each{
        planes_of(c.in.meta(0)), planes_of(c.in.meta(1)),    planes_of(sums.impl()->meta),
        c.in_data<T>(0),         c.in_data<std::int64_t>(1), data_of<W>(sums),
        data_of<bool>(bad)};
    for_each_element(launch, planes, each);
    if (!direct) copy_elements(out, *sums.impl());
  });
  SINTER_CHECK_AS(IndexError, !any_true(bad),
                  "[max_pool2d_backward] indices must be places of a plane of ",
                  out.meta.sizes[2] * out.meta.sizes[3], " elements; got others");
}

}  // namespace sinter::cuda
