// Updates of parameters.
#include <sinter/cuda/dense.h>
#include <sinter/cuda/each.cuh>
#include <sinter/cuda/elements.cuh>
#include <sinter/cuda/kernels.h>
#include <sinter/ops/cpu/optimizer_loops.h>
#include <sinter/ops/optimizer_attrs.h>

#include <array>
#include <cmath>

namespace sinter::cuda {

namespace {

using ops::KernelContext;
using ops::cpu::AdamNumbers;
using ops::cpu::SgdNumbers;

template <class T>
struct SgdEach {
  using W = Wide<T>;
  SgdNumbers n;
  T* param;
  const T* grad;
  T* buffer;  // null without momentum
  __device__ void operator()(std::int64_t i) const {
    const W x = widen(param[i]);
    W g = widen(grad[i]);
    if (n.weight_decay != 0) g = g + W(n.weight_decay) * x;
    if (buffer != nullptr) {
      const W b = n.first ? g : W(n.momentum) * widen(buffer[i]) + W(n.one_minus_dampening) * g;
      buffer[i] = convert<T>(b);
      g = n.nesterov ? g + W(n.momentum) * b : b;
    }
    param[i] = convert<T>(x - W(n.lr) * g);
  }
};

template <class T>
struct AdamEach {
  using W = Wide<T>;
  AdamNumbers n;
  T* param;
  const T* grad;
  T *mean, *square;
  T* largest;  // null without AMSGrad
  __device__ void operator()(std::int64_t i) const {
    W x = widen(param[i]);
    W g = widen(grad[i]);
    if (n.weight_decay != 0) g = g + W(n.weight_decay) * x;
    if (n.shrink != 1) x = x * W(n.shrink);
    const W m = widen(mean[i]);
    const W m1 = m + W(n.one_minus_beta1) * (g - m);
    W v = widen(square[i]) * W(n.beta2) + W(n.one_minus_beta2) * g * g;
    mean[i] = convert<T>(m1);
    square[i] = convert<T>(v);
    if (largest != nullptr) {
      const W before = widen(largest[i]);
      v = before < v ? v : before;
      largest[i] = convert<T>(v);
    }
    const W denominator = std::sqrt(v) / W(n.root_correction2) + W(n.eps);
    param[i] = convert<T>(x - W(n.step_size) * m1 / denominator);
  }
};

// The arrays of one update in row-major memory: their own, or copies that finish() writes back.
template <std::size_t N>
class Arrays {
 public:
  explicit Arrays(const KernelContext& c) {
    for (std::size_t k = 0; k < N; ++k) {
      own_[k] = c.in[k];
      used_[k] = as_contiguous(c.in[k]);
    }
  }
  template <class T>
  T* data(std::size_t k) const {
    return data_of<T>(used_[k]);
  }
  void finish() const {
    for (std::size_t k = 0; k < N; ++k) {
      if (k == 1 || !own_[k].defined() || used_[k].is_same(own_[k])) continue;
      copy_elements(*own_[k].impl(), *used_[k].impl());
    }
  }

 private:
  std::array<Tensor, N> own_, used_;
};

}  // namespace

void sgd_update(const KernelContext& c) {
  const auto& attrs = c.attrs<ops::SgdAttrs>();
  const SgdNumbers numbers{*c.in_data<double>(3), attrs.momentum, 1 - attrs.dampening,
                           attrs.weight_decay,    attrs.nesterov, attrs.first};
  const Arrays<ops::cpu::kSgdArrays> arrays(c);
  const Launch launch(c.in[0]);
  visit_floating(c.in.meta(0).dtype, [&]<class T>() {
    T* buffer = attrs.momentum != 0 ? arrays.template data<T>(2) : nullptr;
    for_each_element(
        launch, c.in.meta(0).numel,
        SgdEach<T>{numbers, arrays.template data<T>(0), arrays.template data<T>(1), buffer});
  });
  arrays.finish();
}

void adam_update(const KernelContext& c) {
  const auto& attrs = c.attrs<ops::AdamAttrs>();
  const AdamNumbers numbers = ops::cpu::adam_numbers(
      attrs, *const_cast<std::int64_t*>(c.in_data<std::int64_t>(5)), *c.in_data<double>(6));
  const Arrays<ops::cpu::kAdamArrays> arrays(c);
  const Launch launch(c.in[0]);
  visit_floating(c.in.meta(0).dtype, [&]<class T>() {
    for_each_element(launch, c.in.meta(0).numel,
                     AdamEach<T>{numbers, arrays.template data<T>(0), arrays.template data<T>(1),
                                 arrays.template data<T>(2), arrays.template data<T>(3),
                                 arrays.template data<T>(4)});
  });
  arrays.finish();
}

}  // namespace sinter::cuda
