#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/dense.h>
#include <sinter/ops/cpu/quantize_kernels.h>
#include <sinter/ops/cpu/quantize_simd.h>
#include <sinter/ops/quantize_attrs.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kGrain = 1 << 14;

// The scales and zero points of a call, and which elements of dense memory they belong to.
template <class T>
class Channels {
 public:
  Channels(const KernelContext& c, const std::optional<std::int64_t>& axis, IntArrayRef strides)
      : numel_(c.in.meta(0).numel), scale_(*c.in[1].impl()), count_(c.in.meta(1).numel) {
    zero_point_ = Workspace<T>(count_);
    if (c.in.defined(2)) {
      const DenseInput<std::int32_t> integers(*c.in[2].impl());
      for (std::int64_t i = 0; i < count_; ++i) zero_point_[i] = static_cast<T>(integers.data()[i]);
    } else {
      std::fill_n(zero_point_.data(), count_, T(0));
    }
    // A dimension of one element may have any stride.
    inner_ = axis && count_ > 1 ? strides[static_cast<std::size_t>(*axis)] : 0;
  }

  // Calls fn(first element, count, affine) for runs that cover all elements.
  template <class F>
  void for_runs(F&& fn) const {
    const Affine<T> all{scale_.data(), zero_point_.data(), false};
    if (inner_ == 0) {
      parallel_for(0, numel_, kGrain,
                   [&](std::int64_t begin, std::int64_t end) { fn(begin, end - begin, all); });
    } else if (inner_ == 1) {
      parallel_for(0, numel_ / count_, kGrain / count_ + 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     const Affine<T> each{all.scale, all.zero_point, true};
                     for (std::int64_t row = begin; row < end; ++row)
                       fn(row * count_, count_, each);
                   });
    } else {
      parallel_for(0, numel_ / inner_, kGrain / inner_ + 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t run = begin; run < end; ++run) {
                       const std::int64_t k = run % count_;
                       fn(run * inner_, inner_, {all.scale + k, all.zero_point + k, false});
                     }
                   });
    }
  }

 private:
  std::int64_t numel_;
  DenseInput<T> scale_;
  Workspace<T> zero_point_;
  std::int64_t count_;
  std::int64_t inner_;  // 0: one scale for all
};

template <class T>
T end_as(std::int64_t value) {
  return static_cast<T>(value);
}

template <class T, class To>
void store_integers(const T* from, std::int64_t n, To* to) {
  for (std::int64_t i = 0; i < n; ++i) {
    to[i] = static_cast<To>(static_cast<std::int32_t>(from[i]));
  }
}

template <class T, class To>
void quantize_to(const KernelContext& c) {
  const Dims& strides = c.out[0].impl()->meta.strides;
  const DenseInput<T> x(*c.in[0].impl(), strides);
  const Channels<T> channels(c, c.attrs<QuantizeAttrs>().axis, strides);
  To* to = c.out_data<To>();
  channels.for_runs([&](std::int64_t at, std::int64_t n, const Affine<T>& affine) {
    constexpr std::int64_t kBlock = 1024;
    T integers[kBlock];
    for (std::int64_t i = 0; i < n; i += kBlock) {
      const std::int64_t count = std::min(kBlock, n - i);
      Affine<T> part = affine;
      if (affine.each) part = {affine.scale + i, affine.zero_point + i, true};
      quantize_loops<T>().quantize(count, x.data() + at + i, part,
                                   static_cast<T>(std::numeric_limits<To>::min()),
                                   static_cast<T>(std::numeric_limits<To>::max()), integers);
      store_integers(integers, count, to + at + i);
    }
  });
}

template <class From>
void dequantize_from(const KernelContext& c) {
  const TensorMeta& out = c.out[0].impl()->meta;
  visit_compute(out.dtype, [&]<class T>() {
    const DenseInput<From> q(*c.in[0].impl(), out.strides);
    const Channels<T> channels(c, c.attrs<DequantizeAttrs>().axis, out.strides);
    const DenseOutput<T> y(c.out[0]);
    channels.for_runs([&](std::int64_t at, std::int64_t n, const Affine<T>& affine) {
      const From* from = q.data() + at;
      T* to = y.data() + at;
      if (affine.each) {
        for (std::int64_t i = 0; i < n; ++i) {
          to[i] = (static_cast<T>(from[i]) - affine.zero_point[i]) * affine.scale[i];
        }
      } else {
        const T scale = *affine.scale, zero = *affine.zero_point;
        for (std::int64_t i = 0; i < n; ++i) to[i] = (static_cast<T>(from[i]) - zero) * scale;
      }
    });
    y.commit();
  });
}

}  // namespace

void fake_quantize(const KernelContext& c) {
  const TensorMeta& out = c.out[0].impl()->meta;
  if (out.numel == 0) return;
  const auto& a = c.attrs<FakeQuantizeAttrs>();
  visit_compute(out.dtype, [&]<class T>() {
    const DenseInput<T> x(*c.in[0].impl(), out.strides);
    const Channels<T> channels(c, a.axis, out.strides);
    const DenseOutput<T> y(c.out[0]);
    channels.for_runs([&](std::int64_t at, std::int64_t n, const Affine<T>& affine) {
      quantize_loops<T>().fake(n, x.data() + at, affine, end_as<T>(a.quant_min),
                               end_as<T>(a.quant_max), y.data() + at);
    });
    y.commit();
  });
}

void fake_quantize_mask(const KernelContext& c) {
  const TensorMeta& out = c.out[0].impl()->meta;
  if (out.numel == 0) return;
  const auto& a = c.attrs<FakeQuantizeAttrs>();
  visit_compute(c.in.meta(0).dtype, [&]<class T>() {
    const DenseInput<T> x(*c.in[0].impl(), out.strides);
    const Channels<T> channels(c, a.axis, out.strides);
    bool* mask = c.out_data<bool>();
    channels.for_runs([&](std::int64_t at, std::int64_t n, const Affine<T>& affine) {
      quantize_loops<T>().mask(n, x.data() + at, affine, end_as<T>(a.quant_min),
                               end_as<T>(a.quant_max), mask + at);
    });
  });
}

void quantize(const KernelContext& c) {
  if (c.out[0].numel() == 0) return;
  const bool is_signed = c.attrs<QuantizeAttrs>().dtype == kInt8;
  visit_compute(c.in.meta(0).dtype, [&]<class T>() {
    if (is_signed) {
      quantize_to<T, std::int8_t>(c);
    } else {
      quantize_to<T, std::uint8_t>(c);
    }
  });
}

void dequantize(const KernelContext& c) {
  if (c.out[0].numel() == 0) return;
  switch (c.in.meta(0).dtype) {
    case DType::u8:
      return dequantize_from<std::uint8_t>(c);
    case DType::i8:
      return dequantize_from<std::int8_t>(c);
    default:
      return dequantize_from<std::int32_t>(c);
  }
}

void choose_qparams(const KernelContext& c) {
  constexpr float kLeastScale = 0x1p-23F;
  const auto& a = c.attrs<ChooseQParamsAttrs>();
  const auto quant_min = static_cast<float>(a.quant_min);
  const auto quant_max = static_cast<float>(a.quant_max);
  const DenseInput<float> lows(*c.in[0].impl()), highs(*c.in[1].impl());
  auto* scales = c.out_data<float>(0);
  auto* zero_points = c.out_data<std::int32_t>(1);
  for (std::int64_t i = 0; i < c.in.meta(0).numel; ++i) {
    float low = lows.data()[i], high = highs.data()[i];
    SINTER_CHECK_AS(ValueError, std::isfinite(low) && std::isfinite(high) && low <= high,
                    "[choose_qparams] a range must be finite and not upside down; got ", low,
                    " to ", high);
    low = std::min(low, 0.0F);
    high = std::max(high, 0.0F);
    const float reach =
        a.symmetric ? std::max(-low, high) / quant_max : (high - low) / (quant_max - quant_min);
    scales[i] = std::max(reach, kLeastScale);
    const float zero = quant_min - std::nearbyint(low / scales[i]);
    zero_points[i] =
        a.symmetric ? 0 : static_cast<std::int32_t>(std::clamp(zero, quant_min, quant_max));
  }
}

}  // namespace sinter::ops::cpu
