#include <sinter/ops/cpu/channel_layout.h>
#include <sinter/ops/cpu/norm_kernels.h>
#include <sinter/ops/norm_attrs.h>

#include <algorithm>
#include <cmath>

namespace sinter::ops::cpu {

namespace {

template <class T>
T inverse_deviation(T variance, double eps) {
  return static_cast<T>(1 / std::sqrt(static_cast<double>(variance) + eps));
}

// Per channel: weight / sqrt(variance + eps), and the bias.
template <class T>
struct Affine {
  Workspace<T> scale, shift;

  Affine(std::int64_t channels, const T* variance, double eps, const T* weight, const T* bias)
      : scale(channels), shift(channels) {
    for (std::int64_t c = 0; c < channels; ++c) {
      scale[c] = inverse_deviation(variance[c], eps) * (weight != nullptr ? weight[c] : T(1));
      shift[c] = bias != nullptr ? bias[c] : T(0);
    }
  }
};

template <class T>
void batch_norm_of(const KernelContext& c) {
  const TensorMeta& meta = c.in.meta(0);
  const Dims strides = channel_strides(meta);
  const Channels g = channels_of(meta.sizes, strides);
  T* mean = c.out_data<T>(1);
  T* variance = c.out_data<T>(2);
  if (meta.numel == 0) {
    std::fill_n(mean, g.channels, T(0));
    std::fill_n(variance, g.channels, T(0));
    return;
  }
  const DenseInput<T> x(*c.in[0].impl(), strides);
  const DenseInput<T> weight = optional_input<T>(c.in[1]), bias = optional_input<T>(c.in[2]);
  const DenseOutput<T> y(c.out[0]);
  channel_moments(g, x.data(), mean, variance);
  const Affine<T> affine(g.channels, variance, c.attrs<BatchNormAttrs>().eps, weight.data(),
                         bias.data());
  channel_affine(g, x.data(), mean, affine.scale.data(), affine.shift.data(), y.data());
  y.commit();
}

// Inputs (dy, x, weight, mean, variance); outputs (dx, dweight, dbias).
template <class T>
void batch_norm_backward_of(const KernelContext& c) {
  const TensorMeta& meta = c.in.meta(1);
  const Dims strides = channel_strides(meta);
  const Channels g = channels_of(meta.sizes, strides);
  const DenseInput<T> dy(*c.in[0].impl(), strides), x(*c.in[1].impl(), strides);
  const DenseInput<T> weight = optional_input<T>(c.in[2]);
  const DenseInput<T> mean(*c.in[3].impl()), variance(*c.in[4].impl());
  const DenseOutput<T> dx(c.out[0]), dweight(c.out[1]), dbias(c.out[2]);
  const Affine<T> affine(g.channels, variance.data(), c.attrs<BatchNormAttrs>().eps, weight.data(),
                         nullptr);
  const Workspace<T> second(g.channels);
  T* first = dbias.data();
  channel_products(g, dy.data(), x.data(), mean.data(), first, second.data());
  const Workspace<T> first_term(g.channels);
  for (std::int64_t i = 0; i < g.channels; ++i) {
    const T inverse = inverse_deviation(variance.data()[i], c.attrs<BatchNormAttrs>().eps);
    const T share = affine.scale[i] / static_cast<T>(g.per_channel());
    dweight.data()[i] = second[i] * inverse;
    first_term[i] = share * first[i];
    second[i] *= share * inverse * inverse;
  }
  if (meta.numel != 0) {
    channel_backward(g, dy.data(), x.data(), mean.data(), affine.scale.data(), first_term.data(),
                     second.data(), dx.data());
  }
  dx.commit();
  dweight.commit();
  dbias.commit();
}

// Inputs (x, weight, bias, mean, variance).
template <class T>
void batch_norm_inference_of(const KernelContext& c) {
  const TensorMeta& meta = c.in.meta(0);
  if (meta.numel == 0) return;
  const Dims strides = channel_strides(meta);
  const Channels g = channels_of(meta.sizes, strides);
  const DenseInput<T> x(*c.in[0].impl(), strides);
  const DenseInput<T> weight = optional_input<T>(c.in[1]), bias = optional_input<T>(c.in[2]);
  const DenseInput<T> mean(*c.in[3].impl()), variance(*c.in[4].impl());
  const DenseOutput<T> y(c.out[0]);
  const Affine<T> affine(g.channels, variance.data(), c.attrs<BatchNormAttrs>().eps, weight.data(),
                         bias.data());
  channel_affine(g, x.data(), mean.data(), affine.scale.data(), affine.shift.data(), y.data());
  y.commit();
}

// running = (1 - momentum) * running + momentum * factor * value
void follow(const Tensor& running, const Tensor& value, double momentum, double factor) {
  if (!running.defined()) return;
  const TensorMeta& meta = running.impl()->meta;
  const std::int64_t from_step = value.impl()->meta.numel > 1 ? value.impl()->meta.strides[0] : 1;
  visit_compute(value.dtype(), [&]<class V>() {
    const V* from = reinterpret_cast<const V*>(value.impl()->data());
    visit_dtype(meta.dtype, [&]<class T>() {
      if constexpr (!std::is_integral_v<T>) {
        using C = std::conditional_t<std::is_same_v<T, double>, double, float>;
        T* to = reinterpret_cast<T*>(running.impl()->data());
        for (std::int64_t i = 0; i < meta.numel; ++i) {
          T& old = to[i * meta.strides[0]];
          const C now = static_cast<C>(factor * static_cast<double>(from[i * from_step]));
          old = T(static_cast<C>(1 - momentum) * static_cast<C>(old) +
                  static_cast<C>(momentum) * now);
        }
      }
    });
  });
}

}  // namespace

void batch_norm(const KernelContext& c) {
  visit_compute(c.in.meta(0).dtype, [&]<class T>() { batch_norm_of<T>(c); });
}
void batch_norm_backward(const KernelContext& c) {
  visit_compute(c.in.meta(1).dtype, [&]<class T>() { batch_norm_backward_of<T>(c); });
}
void batch_norm_inference(const KernelContext& c) {
  visit_compute(c.in.meta(0).dtype, [&]<class T>() { batch_norm_inference_of<T>(c); });
}

// Inputs (running mean, running variance, mean, variance).
void batch_norm_update(const KernelContext& c) {
  const auto& attrs = c.attrs<BatchNormUpdateAttrs>();
  const auto n = static_cast<double>(attrs.count);
  follow(c.in[0], c.in[2], attrs.momentum, 1);
  follow(c.in[1], c.in[3], attrs.momentum, n / (n - 1));
}

}  // namespace sinter::ops::cpu
