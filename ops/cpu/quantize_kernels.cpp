#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/dense.h>
#include <sinter/ops/cpu/quantize_kernels.h>
#include <sinter/ops/cpu/quantize_simd.h>
#include <sinter/ops/quantize_attrs.h>

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

}  // namespace sinter::ops::cpu
