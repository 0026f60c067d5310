#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/byte_simd.h>
#include <sinter/ops/cpu/dense.h>
#include <sinter/ops/cpu/pool_kernels.h>
#include <sinter/ops/cpu/quantize_kernels.h>
#include <sinter/ops/pool_attrs.h>
#include <sinter/ops/quantize_attrs.h>

#include <algorithm>
#include <cstring>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kGrain = 1 << 14;

float low_of(DType dtype) { return dtype == kInt8 ? -128 : 0; }
float high_of(DType dtype) { return dtype == kInt8 ? 127 : 255; }

// Bytes in NHWC order; where the tensor lies so, its own.
class ByteImage {
 public:
  explicit ByteImage(const TensorImpl& x) : sizes_(x.meta.sizes), data_(x.data()) {
    const Dims strides = channels_last_strides(sizes_);
    if (strides_agree(sizes_, x.meta.strides, strides) || x.meta.numel == 0) return;
    moved_ = Workspace<char>(x.meta.numel);
    copy_strided(moved_.data(), strides, data_, x.meta.strides, sizes_, 1);
    data_ = moved_.data();
  }
  std::int64_t n() const { return sizes_[0]; }
  std::int64_t channels() const { return sizes_[1]; }
  std::int64_t h() const { return sizes_[2]; }
  std::int64_t w() const { return sizes_[3]; }
  const char* pixel(std::int64_t item, std::int64_t y, std::int64_t x) const {
    return data_ + ((item * h() + y) * w() + x) * channels();
  }

 private:
  Dims sizes_;
  const char* data_;
  Workspace<char> moved_;
};

// An output written in NHWC order and brought to where it lies.
class ByteImageOutput {
 public:
  explicit ByteImageOutput(TensorImpl& out)
      : out_(out), strides_(channels_last_strides(out.meta.sizes)), data_(out.data()) {
    if (strides_agree(out.meta.sizes, out.meta.strides, strides_)) return;
    space_ = Workspace<char>(out.meta.numel);
    data_ = space_.data();
  }
  char* data() const { return data_; }
  void commit() const {
    if (space_.data() == nullptr) return;
    copy_strided(out_.data(), out_.meta.strides, space_.data(), strides_, out_.meta.sizes, 1);
  }

 private:
  TensorImpl& out_;
  Dims strides_;
  char* data_;
  Workspace<char> space_;
};

// One output row's (or column's) window.
struct Span {
  std::int64_t begin, end, padded;
};
template <class Attrs>
Span span_of(const Attrs& a, std::size_t d, std::int64_t i, std::int64_t size) {
  const std::int64_t start = i * a.stride[d] - a.padding[d], stop = start + a.kernel[d];
  return {std::max<std::int64_t>(start, 0), std::min(stop, size),
          std::min(stop, size + a.padding[d]) - start};
}

// Calls fn(item, row, column, output pixel) in parallel.
template <class F>
void for_pixels(const Dims& out, std::int64_t work, F&& fn) {
  const std::int64_t plane = out[2] * out[3];
  parallel_for(0, out[0] * plane, kGrain / std::max<std::int64_t>(work, 1) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   fn(i / plane, i % plane / out[3], i % out[3], i);
                 }
               });
}

struct Scaling {
  float ratio;  // input scale / output scale
  std::int32_t input_zero_point;
  Requantize how;
  bool is_signed;
};
template <class Attrs>
Scaling scaling_of(const Attrs& a, DType dtype) {
  Scaling s{};
  s.ratio = static_cast<float>(a.input_scale) / static_cast<float>(a.output_scale);
  s.input_zero_point = static_cast<std::int32_t>(a.input_zero_point);
  s.how.zero_point = static_cast<float>(a.output_zero_point);
  s.how.low = low_of(dtype);
  s.how.high = high_of(dtype);
  s.is_signed = dtype == kInt8;
  return s;
}

// The mean over the pixels of a window, of which `taps` lie in the plane.
void mean_of_window(const ByteImage& x, const Scaling& s, std::int64_t item, const Span& rows,
                    const Span& columns, std::int64_t divisor, std::int32_t* sums, char* y) {
  const std::int64_t taps = (rows.end - rows.begin) * (columns.end - columns.begin);
  std::fill_n(sums, x.channels(), static_cast<std::int32_t>(-taps * s.input_zero_point));
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    for (std::int64_t j = columns.begin; j < columns.end; ++j) {
      byte_loops().add_up(x.channels(), x.pixel(item, i, j), s.is_signed, sums);
    }
  }
  byte_loops().rescale(x.channels(), sums, s.ratio / static_cast<float>(divisor), s.how,
                       s.is_signed, y);
}

}  // namespace

void quantized_add(const KernelContext& c) {
  const TensorMeta& out = c.out[0].impl()->meta;
  const auto& a = c.attrs<ByteAddAttrs>();
  const auto bytes = [&](std::size_t i, Workspace<char>& moved) -> const char* {
    const TensorImpl& x = *c.in[i].impl();
    if (strides_agree(x.meta.sizes, x.meta.strides, out.strides)) return x.data();
    moved = Workspace<char>(out.numel);
    copy_strided(moved.data(), out.strides, x.data(), x.meta.strides, out.sizes, 1);
    return moved.data();
  };
  if (out.numel == 0) return;
  Workspace<char> moved[2];
  const char* left = bytes(0, moved[0]);
  const char* right = bytes(1, moved[1]);
  const auto sy = static_cast<float>(a.output_scale);
  const auto zy = static_cast<float>(a.output_zero_point);
  ByteAdd how{static_cast<float>(a.a_scale) / sy, static_cast<float>(a.b_scale) / sy, 0,
              low_of(out.dtype), high_of(out.dtype)};
  how.offset = zy - (how.a_ratio * static_cast<float>(a.a_zero_point) +
                     how.b_ratio * static_cast<float>(a.b_zero_point));
  if (a.relu) how.low = std::max(how.low, zy);
  char* y = c.out[0].impl()->data();
  parallel_for(0, out.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
    byte_loops().add(end - begin, left + begin, right + begin, how, out.dtype == kInt8, y + begin);
  });
}

void quantized_avg_pool2d(const KernelContext& c) {
  TensorImpl& out = *c.out[0].impl();
  if (out.meta.numel == 0) return;
  const auto& a = c.attrs<ByteAvgPoolAttrs>();
  const ByteImage x(*c.in[0].impl());
  const Scaling s = scaling_of(a, out.meta.dtype);
  const ByteImageOutput y(out);
  for_pixels(out.meta.sizes, x.channels() * a.kernel[0] * a.kernel[1],
             [&](std::int64_t item, std::int64_t i, std::int64_t j, std::int64_t pixel) {
               const Span rows = span_of(a, 0, i, x.h()), columns = span_of(a, 1, j, x.w());
               const std::int64_t inside = (rows.end - rows.begin) * (columns.end - columns.begin);
               const std::int64_t divisor =
                   a.count_include_pad ? rows.padded * columns.padded : inside;
               const Workspace<std::int32_t> sums(x.channels());
               mean_of_window(x, s, item, rows, columns, divisor, sums.data(),
                              y.data() + pixel * x.channels());
             });
  y.commit();
}

void quantized_global_avg_pool2d(const KernelContext& c) {
  TensorImpl& out = *c.out[0].impl();
  if (out.meta.numel == 0) return;
  const ByteImage x(*c.in[0].impl());
  const Scaling s = scaling_of(c.attrs<ByteGlobalPoolAttrs>(), out.meta.dtype);
  const ByteImageOutput y(out);
  const Span rows{0, x.h(), x.h()}, columns{0, x.w(), x.w()};
  for_pixels(out.meta.sizes, x.channels() * x.h() * x.w(),
             [&](std::int64_t item, std::int64_t, std::int64_t, std::int64_t pixel) {
               const Workspace<std::int32_t> sums(x.channels());
               mean_of_window(x, s, item, rows, columns, x.h() * x.w(), sums.data(),
                              y.data() + pixel * x.channels());
             });
  y.commit();
}

void byte_max_pool2d(const KernelContext& c) {
  TensorImpl& out = *c.out[0].impl();
  if (out.meta.numel == 0) return;
  const auto& a = c.attrs<MaxPoolAttrs>();
  const ByteImage x(*c.in[0].impl());
  const ByteImageOutput y(out);
  const bool is_signed = out.meta.dtype == kInt8;
  const auto first_inside = [](std::int64_t start, std::int64_t step) {
    return start < 0 ? start + (-start + step - 1) / step * step : start;
  };
  for_pixels(
      out.meta.sizes, x.channels() * a.kernel[0] * a.kernel[1],
      [&](std::int64_t item, std::int64_t i, std::int64_t j, std::int64_t pixel) {
        char* to = y.data() + pixel * x.channels();
        std::memset(to, is_signed ? 0x80 : 0, static_cast<std::size_t>(x.channels()));
        const std::int64_t top = i * a.stride[0] - a.padding[0];
        const std::int64_t left = j * a.stride[1] - a.padding[1];
        const std::int64_t bottom = std::min(top + a.dilation[0] * (a.kernel[0] - 1) + 1, x.h());
        const std::int64_t right = std::min(left + a.dilation[1] * (a.kernel[1] - 1) + 1, x.w());
        for (auto r = first_inside(top, a.dilation[0]); r < bottom; r += a.dilation[0]) {
          for (auto k = first_inside(left, a.dilation[1]); k < right; k += a.dilation[1]) {
            byte_loops().maximum(x.channels(), x.pixel(item, r, k), is_signed, to);
          }
        }
      });
  y.commit();
}

}  // namespace sinter::ops::cpu
