#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/byte_simd.h>
#include <sinter/ops/cpu/byte_weights.h>
#include <sinter/ops/cpu/conv_shape.h>
#include <sinter/ops/cpu/dense.h>
#include <sinter/ops/cpu/quantize_kernels.h>
#include <sinter/ops/quantize_attrs.h>

#include <algorithm>
#include <limits>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kPixels = 32;  // rows of the matrix product made at a time

// Bytes of an input at some dense strides, whatever their sign.
class ByteInput {
 public:
  ByteInput(const TensorImpl& x, IntArrayRef strides) : is_signed_(x.meta.dtype == kInt8) {
    data_ = reinterpret_cast<const std::uint8_t*>(x.data());
    if (strides_agree(x.meta.sizes, x.meta.strides, strides)) return;
    moved_ = Workspace<char>(x.meta.numel);
    copy_strided(moved_.data(), strides, x.data(), x.meta.strides, x.meta.sizes, 1);
    data_ = reinterpret_cast<const std::uint8_t*>(moved_.data());
  }
  const std::uint8_t* data() const { return data_; }
  bool is_signed() const { return is_signed_; }

 private:
  bool is_signed_;
  const std::uint8_t* data_;
  Workspace<char> moved_;
};

// How the sums of output channels become results.
class Results {
 public:
  template <class Attrs>
  Results(const KernelContext& c, const Attrs& a, std::int64_t outputs) {
    const DenseInput<float> scales(*c.in[2].impl());
    if (c.in.defined(3)) bias_ = DenseInput<std::int32_t>(*c.in[3].impl());
    multiplier_ = Workspace<float>(outputs);
    const bool real = a.dtype == kFloat32;
    const auto sx = static_cast<float>(a.input_scale), sy = static_cast<float>(a.output_scale);
    for (std::int64_t o = 0; o < outputs; ++o) {
      const float product = sx * scales.data()[o];
      multiplier_[o] = real ? product : product / sy;
    }
    how_.zero_point = static_cast<float>(a.output_zero_point);
    how_.low = a.dtype == kInt8 ? -128 : 0;
    how_.high = a.dtype == kInt8 ? 127 : 255;
    if (a.relu) how_.low = std::max(how_.low, how_.zero_point);
    if (real) how_.low = a.relu ? 0 : -std::numeric_limits<float>::infinity();
    kind_ = a.dtype == kInt8    ? ByteResult::i8
            : a.dtype == kUInt8 ? ByteResult::u8
                                : ByteResult::f32;
  }

  // Results of `count` channels from the first one, into row `row` of y [.., outputs].
  void store(const std::int32_t* sums, std::int64_t first, std::int64_t count, char* y) const {
    Requantize how = how_;
    how.multiplier = multiplier_.data() + first;
    if (bias_.data() != nullptr) how.bias = bias_.data() + first;
    byte_loops().requantize(count, sums, how, kind_, y + first * width());
  }
  std::int64_t width() const { return kind_ == ByteResult::f32 ? 4 : 1; }

 private:
  Requantize how_{};
  ByteResult kind_;
  DenseInput<std::int32_t> bias_;
  Workspace<float> multiplier_;
};

// A weight in row-major order.
class WeightInput {
 public:
  explicit WeightInput(const TensorImpl& w) : dense_(w) {
    if (strides_agree(w.meta.sizes, w.meta.strides, contiguous_strides(w.meta.sizes))) {
      owner_ = w.storage.get();
    }
  }
  ByteWeight view(std::int64_t groups, std::int64_t outputs, std::int64_t inputs,
                  std::int64_t taps) const {
    return {dense_.data(), owner_, groups, outputs, inputs, taps};
  }
  const std::int8_t* data() const { return dense_.data(); }

 private:
  DenseInput<std::int8_t> dense_;
  StorageImpl* owner_ = nullptr;
};

// Rows [count, 2 pairs] times the weight of a group; row r of y, all groups, begins at
// y + r * stride.
struct Product {
  const std::int16_t* rows;
  std::int64_t count;
  char* y;
  std::int64_t stride;  // in bytes
  std::int64_t group, outputs;
};

void multiply(const Product& p, const PackedByteWeight& weight, const Results& results) {
  std::int32_t sums[kByteRows * kByteColumns];
  const std::int64_t length = weight.pairs() * 2;
  for (std::int64_t b = 0; b < weight.blocks(); ++b) {
    const std::int64_t columns = std::min(kByteColumns, p.outputs - b * kByteColumns);
    for (std::int64_t r = 0; r < p.count; r += kByteRows) {
      const std::int64_t rows = std::min(kByteRows, p.count - r);
      byte_loops().multiply(p.rows + r * length, rows, length, weight.block(p.group, b),
                            weight.pairs(), sums);
      for (std::int64_t i = 0; i < rows; ++i) {
        results.store(sums + i * kByteColumns, p.group * p.outputs + b * kByteColumns, columns,
                      p.y + (r + i) * p.stride);
      }
    }
  }
}

// --- Convolution

struct Activations {
  const std::uint8_t* data;
  bool is_signed;
  std::int32_t zero_point;
};

struct Pixel {
  std::int64_t n, y, x;
};
Pixel pixel_at(const ConvShape& s, std::int64_t i) {
  const std::int64_t row = i / s.ow;
  return {row / s.oh, row % s.oh, i % s.ow};
}

void advance(const ConvShape& s, Pixel& p) {
  if (++p.x < s.ow) return;
  p.x = 0;
  if (++p.y < s.oh) return;
  p.y = 0;
  ++p.n;
}

// Calls fn(tap, pixel of x, or -1 outside) for all taps of an output pixel.
template <class F>
void for_taps(const ConvShape& s, const Pixel& p, F&& fn) {
  for (std::int64_t i = 0; i < s.kh; ++i) {
    const std::int64_t y = p.y * s.stride_h - s.pad_top + i * s.dilation_h;
    for (std::int64_t j = 0; j < s.kw; ++j) {
      const std::int64_t x = p.x * s.stride_w - s.pad_left + j * s.dilation_w;
      const bool inside = y >= 0 && y < s.h && x >= 0 && x < s.w;
      fn(i * s.kw + j, inside ? (p.n * s.h + y) * s.w + x : -1);
    }
  }
}

// The input under an output pixel, less its zero point; padding is zero.
void gather(const ConvShape& s, const Activations& x, std::int64_t group, const Pixel& p,
            std::int16_t* row) {
  const std::int64_t inputs = s.group_inputs();
  for_taps(s, p, [&](std::int64_t tap, std::int64_t place) {
    std::int16_t* to = row + tap * inputs;
    if (place < 0) {
      std::fill_n(to, inputs, std::int16_t{0});
    } else {
      byte_loops().widen(inputs, x.data + place * s.c + group * inputs, x.is_signed, x.zero_point,
                         to);
    }
  });
}

// The same where the taps of a row lie side by side: one group, no dilation along rows.
void gather_rows(const ConvShape& s, const Activations& x, const Pixel& p, std::int16_t* row) {
  const std::int64_t left = p.x * s.stride_w - s.pad_left;
  const std::int64_t begin = std::clamp<std::int64_t>(-left, 0, s.kw);
  const std::int64_t end = std::clamp<std::int64_t>(s.w - left, begin, s.kw);
  for (std::int64_t i = 0; i < s.kh; ++i, row += s.kw * s.c) {
    const std::int64_t y = p.y * s.stride_h - s.pad_top + i * s.dilation_h;
    if (y < 0 || y >= s.h || begin == end) {
      std::fill_n(row, s.kw * s.c, std::int16_t{0});
      continue;
    }
    const std::int64_t place = (p.n * s.h + y) * s.w + left + begin;
    std::fill_n(row, begin * s.c, std::int16_t{0});
    byte_loops().widen((end - begin) * s.c, x.data + place * s.c, x.is_signed, x.zero_point,
                       row + begin * s.c);
    std::fill_n(row + end * s.c, (s.kw - end) * s.c, std::int16_t{0});
  }
}

void convolve_groups(const ConvShape& s, const Activations& x, const PackedByteWeight& weight,
                     const Results& results, char* y) {
  const std::int64_t terms = s.group_inputs() * s.taps(), length = weight.pairs() * 2;
  const std::int64_t pixels = s.n * s.oh * s.ow, stride = s.o * results.width();
  const bool by_rows = s.groups == 1 && s.dilation_w == 1;
  const auto blocks = (pixels + kPixels - 1) / kPixels;
  const double work = static_cast<double>(kPixels * s.o) * static_cast<double>(terms);
  const auto grain = static_cast<std::int64_t>(static_cast<double>(1 << 18) / (work + 1)) + 1;
  parallel_for(0, blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    const Workspace<std::int16_t> rows(kPixels * length);
    for (std::int64_t i = begin * s.groups; i < end * s.groups; ++i) {
      const std::int64_t group = i % s.groups, first = i / s.groups * kPixels;
      const std::int64_t count = std::min(kPixels, pixels - first);
      Pixel pixel = pixel_at(s, first);
      for (std::int64_t k = 0; k < count; ++k, advance(s, pixel)) {
        std::int16_t* row = rows.data() + k * length;
        if (by_rows) {
          gather_rows(s, x, pixel, row);
        } else {
          gather(s, x, group, pixel, row);
        }
        if (length > terms) row[terms] = 0;
      }
      multiply({rows.data(), count, y + first * stride, stride, group, s.group_outputs()}, weight,
               results);
    }
  });
}

// One input and one output channel in each group: channels side by side.
void convolve_channels(const ConvShape& s, const Activations& x, const std::int8_t* weight,
                       const Results& results, char* y) {
  const std::int64_t taps = s.taps(), pixels = s.n * s.oh * s.ow;
  const Workspace<std::int16_t> by_tap(taps * s.c);
  for (std::int64_t c = 0; c < s.c; ++c) {
    for (std::int64_t k = 0; k < taps; ++k) by_tap[k * s.c + c] = weight[c * taps + k];
  }
  const Workspace<std::int16_t> wide(s.n * s.h * s.w * s.c);
  parallel_for(0, s.n * s.h * s.w * s.c, 1 << 15, [&](std::int64_t begin, std::int64_t end) {
    byte_loops().widen(end - begin, x.data + begin, x.is_signed, x.zero_point, wide.data() + begin);
  });
  const std::int64_t stride = s.o * results.width();
  parallel_for(0, pixels, (1 << 14) / (taps * s.c) + 1, [&](std::int64_t begin, std::int64_t end) {
    const Workspace<std::int32_t> sums(s.c);
    const Workspace<const std::int16_t*> places(taps);
    for (std::int64_t i = begin; i < end; ++i) {
      for_taps(s, pixel_at(s, i), [&](std::int64_t tap, std::int64_t place) {
        places[tap] = place < 0 ? nullptr : wide.data() + place * s.c;
      });
      byte_loops().multiply_channels(s.c, places.data(), by_tap.data(), taps, sums.data());
      results.store(sums.data(), 0, s.c, y + i * stride);
    }
  });
}

ConvShape shape_of(const ByteConvAttrs& a, IntArrayRef x, IntArrayRef weight, IntArrayRef y) {
  ConvShape s{};
  s.n = x[0], s.c = x[1], s.h = x[2], s.w = x[3];
  s.o = y[1], s.oh = y[2], s.ow = y[3];
  s.kh = weight[2], s.kw = weight[3];
  s.stride_h = a.stride[0], s.stride_w = a.stride[1];
  s.pad_top = a.padding[0], s.pad_left = a.padding[1];
  s.dilation_h = a.dilation[0], s.dilation_w = a.dilation[1];
  s.groups = a.groups;
  return s;
}

}  // namespace

void quantized_conv2d(const KernelContext& c) {
  if (c.out[0].numel() == 0) return;
  const auto& a = c.attrs<ByteConvAttrs>();
  const TensorImpl& x = *c.in[0].impl();
  const ConvShape s = shape_of(a, x.meta.sizes, c.in.meta(1).sizes, c.out[0].impl()->meta.sizes);
  const ByteInput bytes(x, channels_last_strides(x.meta.sizes));
  const Activations activations{bytes.data(), bytes.is_signed(),
                                static_cast<std::int32_t>(a.input_zero_point)};
  const WeightInput weight(*c.in[1].impl());
  const Results results(c, a, s.o);
  char* y = c.out[0].impl()->data();
  if (is_depthwise(s) && s.c > 0) {
    return convolve_channels(s, activations, weight.data(), results, y);
  }
  const auto packed =
      packed_byte_weight(weight.view(s.groups, s.group_outputs(), s.group_inputs(), s.taps()));
  convolve_groups(s, activations, *packed, results, y);
}

void quantized_linear(const KernelContext& c) {
  if (c.out[0].numel() == 0) return;
  const auto& a = c.attrs<ByteLinearAttrs>();
  const TensorImpl& x = *c.in[0].impl();
  const std::int64_t outputs = c.in.meta(1).sizes[0], inputs = c.in.meta(1).sizes[1];
  const std::int64_t count = c.out[0].numel() / outputs;
  const ByteInput bytes(x, contiguous_strides(x.meta.sizes));
  const WeightInput weight(*c.in[1].impl());
  const Results results(c, a, outputs);
  const auto packed = packed_byte_weight(weight.view(1, outputs, inputs, 1));
  const std::int64_t length = packed->pairs() * 2, stride = outputs * results.width();
  char* y = c.out[0].impl()->data();
  parallel_for(0, (count + kPixels - 1) / kPixels, 1, [&](std::int64_t begin, std::int64_t end) {
    const Workspace<std::int16_t> rows(kPixels * length);
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = block * kPixels, some = std::min(kPixels, count - first);
      for (std::int64_t i = 0; i < some; ++i) {
        std::int16_t* row = rows.data() + i * length;
        byte_loops().widen(inputs, bytes.data() + (first + i) * inputs, bytes.is_signed(),
                           static_cast<std::int32_t>(a.input_zero_point), row);
        if (length > inputs) row[inputs] = 0;
      }
      multiply({rows.data(), some, y + first * stride, stride, 0, outputs}, *packed, results);
    }
  });
}

}  // namespace sinter::ops::cpu
