#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/contiguous.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/loss_kernels.h>
#include <sinter/ops/loss_attrs.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kChunk = 4096;

// Log-probabilities [n, classes, inner] and what belongs to each of their targets.
struct Targets {
  Tensor target;
  std::vector<double> weight;  // per class
  std::int64_t classes;
  std::int64_t inner = 1;
  std::int64_t ignore_index;

  Targets(const Tensor& targets, const Tensor& weights, IntArrayRef sizes, std::int64_t ignore)
      : target(to_contiguous(targets)), ignore_index(ignore) {
    classes = sizes[sizes.size() == 1 ? 0 : 1];
    for (std::size_t d = 2; d < sizes.size(); ++d) inner *= sizes[d];
    weight.assign(static_cast<std::size_t>(classes), 1.0);
    if (weights.defined() && classes > 0) {
      const Tensor w = to_contiguous(weights);
      convert_fn(w.dtype(), kFloat64)(w.impl()->data(), 1, weight.data(), 1, weight.size());
    }
  }
  std::int64_t count() const { return target.numel(); }
  std::int64_t operator[](std::int64_t i) const {
    return reinterpret_cast<const std::int64_t*>(target.impl()->data())[i];
  }
  bool ignored(std::int64_t i) const { return (*this)[i] == ignore_index; }
  double weight_of(std::int64_t i) const { return weight[static_cast<std::size_t>((*this)[i])]; }
  // Where the log-probability of target i lies.
  std::int64_t place(std::int64_t i) const {
    return (i / inner * classes + (*this)[i]) * inner + i % inner;
  }
  void check(const char* op) const {
    for (std::int64_t i = 0; i < count(); ++i) {
      const std::int64_t t = (*this)[i];
      SINTER_CHECK_AS(IndexError, t == ignore_index || (t >= 0 && t < classes), "[", op,
                      "] a target must be a class in [0, ", classes, "); got ", t);
    }
  }
};

struct Sums {
  double loss = 0;
  double weight = 0;
};

// Sums over fixed chunks, added in order.
template <class T>
Sums sum_losses(const Targets& targets, const T* x) {
  const std::int64_t chunks = (targets.count() + kChunk - 1) / kChunk;
  std::vector<Sums> sums(static_cast<std::size_t>(chunks));
  parallel_for(0, chunks, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      Sums& s = sums[static_cast<std::size_t>(k)];
      for (std::int64_t i = k * kChunk; i < std::min(targets.count(), (k + 1) * kChunk); ++i) {
        if (targets.ignored(i)) continue;
        const double w = targets.weight_of(i);
        s.loss -= w * static_cast<double>(x[targets.place(i)]);
        s.weight += w;
      }
    }
  });
  Sums total;
  for (const Sums& s : sums) {
    total.loss += s.loss;
    total.weight += s.weight;
  }
  return total;
}

template <class F>
void visit_floating(DType dtype, F&& fn) {
  visit_dtype(dtype, [&]<class T>() {
    if constexpr (!std::is_integral_v<T>) fn.template operator()<T>();
  });
}

template <class T>
T rounded(double x) {
  if constexpr (std::is_same_v<T, double>) {
    return x;
  } else {
    return T(static_cast<float>(x));
  }
}

}  // namespace

void nll_loss(const KernelContext& c) {
  const auto& attrs = c.attrs<NllLossAttrs>();
  const Tensor x = to_contiguous(c.in[0]);
  const Targets targets(c.in[1], c.in[2], x.sizes(), attrs.ignore_index);
  targets.check("nll_loss");
  visit_floating(x.dtype(), [&]<class T>() {
    const T* at = reinterpret_cast<const T*>(x.impl()->data());
    T* out = c.out_data<T>(0);
    const Sums sums = sum_losses(targets, at);
    *c.out_data<double>(1) = sums.weight;
    if (attrs.reduction == Reduction::sum) {
      *out = rounded<T>(sums.loss);
    } else if (attrs.reduction == Reduction::mean) {
      *out = rounded<T>(sums.loss / sums.weight);
    } else {
      for (std::int64_t i = 0; i < targets.count(); ++i) {
        out[i] =
            targets.ignored(i)
                ? T(0)
                : rounded<T>(-targets.weight_of(i) * static_cast<double>(at[targets.place(i)]));
      }
    }
  });
}

void nll_loss_backward(const KernelContext& c) {
  const auto& attrs = c.attrs<NllLossBackwardAttrs>();
  const Tensor& out = c.out[0];
  if (out.numel() == 0) return;
  const Tensor grad = to_contiguous(c.in[0]);
  const Targets targets(c.in[1], c.in[2], attrs.sizes, attrs.ignore_index);
  targets.check("nll_loss_backward");
  const double divisor = attrs.reduction == Reduction::mean ? *c.in_data<double>(3) : 1;
  const std::int64_t step = attrs.reduction == Reduction::none ? 1 : 0;
  std::memset(out.impl()->data(), 0, out.nbytes());
  visit_floating(out.dtype(), [&]<class T>() {
    const T* g = reinterpret_cast<const T*>(grad.impl()->data());
    T* to = c.out_data<T>();
    parallel_for(0, targets.count(), kChunk, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        if (targets.ignored(i)) continue;
        const double scale = targets.weight_of(i) / divisor;
        to[targets.place(i)] = rounded<T>(-scale * static_cast<double>(g[i * step]));
      }
    });
  });
}

void binary_cross_entropy(const KernelContext& c) {
  const Tensor x = to_contiguous(c.in[0]);
  const Tensor target = to_contiguous(c.in[1]);
  visit_floating(x.dtype(), [&]<class T>() {
    using W = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const T* p = reinterpret_cast<const T*>(x.impl()->data());
    const T* t = reinterpret_cast<const T*>(target.impl()->data());
    T* out = c.out_data<T>();
    parallel_for(0, x.numel(), kChunk, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const W a = p[i];
        const W b = t[i];
        SINTER_CHECK_AS(ValueError, a >= 0 && a <= 1,
                        "[binary_cross_entropy] probabilities must lie in [0, 1]; got ", a);
        out[i] =
            T(-(b * std::max(std::log(a), W(-100)) + (1 - b) * std::max(std::log1p(-a), W(-100))));
      }
    });
  });
}

}  // namespace sinter::ops::cpu
