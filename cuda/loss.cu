// The negative log-likelihood of classes, and its gradient.
#include <sinter/cuda/dense.h>
#include <sinter/cuda/each.cuh>
#include <sinter/cuda/fold.cuh>
#include <sinter/cuda/indices.h>
#include <sinter/cuda/kernels.h>
#include <sinter/cuda/reduce.h>
#include <sinter/ops/loss_attrs.h>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

// Targets of log-probabilities [n, classes, inner]; weights of classes may be null.
struct Targets {
  const std::int64_t* target;
  const double* weights;
  std::int64_t classes, inner, ignored;

  __device__ double weight(std::int64_t t) const { return weights != nullptr ? weights[t] : 1.0; }
  // Where the log-probability of target i, which is class t, lies.
  __device__ std::int64_t place(std::int64_t i, std::int64_t t) const {
    return (i / inner * classes + t) * inner + i % inner;
  }
};

struct LossSums {
  Total<double> loss, weight;
};

template <class T>
struct LossFold {
  using State = LossSums;
  Targets targets;
  const T* x;
  T* out;
  double* total_weight;
  Reduction reduction;

  __device__ State start() const { return {{0, 0}, {0, 0}}; }
  __device__ void add(State& s, std::int64_t t, std::int64_t i) const {
    if (t == targets.ignored) return;
    const double w = targets.weight(t);
    s.loss.add(-w * static_cast<double>(widen(x[targets.place(i, t)])));
    s.weight.add(w);
  }
  __device__ void join(State& s, const State& other) const {
    s.loss.add(other.loss);
    s.weight.add(other.weight);
  }
  __device__ void finish(std::int64_t, const State& s) const {
    const double loss = s.loss.value(), weight = s.weight.value();
    *total_weight = weight;
    if (reduction == Reduction::sum) *out = convert<T>(loss);
    if (reduction == Reduction::mean) *out = convert<T>(loss / weight);
  }
};

template <class T>
struct LossEach {
  Targets targets;
  const T* x;
  T* out;
  __device__ void operator()(std::int64_t i) const {
    const std::int64_t t = targets.target[i];
    out[i] =
        t == targets.ignored
            ? convert<T>(0.0F)
            : convert<T>(-targets.weight(t) * static_cast<double>(widen(x[targets.place(i, t)])));
  }
};

// Element (n, class, inner) of the gradient.
template <class T>
struct LossGradient {
  Targets targets;
  const T* grad;
  std::int64_t grad_step;
  const double* divisor;  // null: 1
  T* out;
  __device__ void operator()(std::int64_t at) const {
    const std::int64_t inner = at % targets.inner;
    const std::int64_t c = at / targets.inner % targets.classes;
    const std::int64_t i = at / targets.inner / targets.classes * targets.inner + inner;
    const std::int64_t t = targets.target[i];
    const bool hit = t == c && t != targets.ignored;
    if (!hit) {
      out[at] = convert<T>(0.0F);
      return;
    }
    const double scale = targets.weight(t) / (divisor != nullptr ? *divisor : 1.0);
    out[at] = convert<T>(-scale * static_cast<double>(widen(grad[i * grad_step])));
  }
};

// Targets and weights in the form that kernels read, kept while they run.
struct CheckedTargets {
  Tensor target, weights;
  Targets view;

  CheckedTargets(const KernelContext& c, IntArrayRef sizes, std::int64_t ignored)
      : target(as_contiguous(c.in[1])), weights(as_contiguous(c.in[2], kFloat64)) {
    const std::int64_t classes = sizes[sizes.size() == 1 ? 0 : 1];
    std::int64_t inner = 1;
    for (std::size_t d = 2; d < sizes.size(); ++d) inner *= sizes[d];
    view = {data_of<const std::int64_t>(target), data_of<const double>(weights), classes, inner,
            ignored};
    const auto bad = first_outside(target, 0, classes, ignored);
    SINTER_CHECK_AS(IndexError, !bad, "[", c.def.name, "] a target must be a class in [0, ",
                    classes, "); got ", bad.value_or(0));
  }
  std::int64_t count() const { return target.impl()->meta.numel; }
};

}  // namespace

void nll_loss(const KernelContext& c) {
  const auto& attrs = c.attrs<ops::NllLossAttrs>();
  const Tensor x = as_contiguous(c.in[0]);
  const CheckedTargets targets(c, x.impl()->meta.sizes, attrs.ignore_index);
  const Launch launch(x);
  TensorMeta flat;
  flat.set_contiguous({targets.count()});
  visit_floating(x.impl()->meta.dtype, [&]<class T>() {
    const LossFold<T> fold{targets.view, data_of<const T>(x), c.out_data<T>(0),
                           c.out_data<double>(1), attrs.reduction};
    fold_elements(launch, fold, fold_shape(flat, {0}), targets.view.target);
    if (attrs.reduction == Reduction::none) {
      for_each_element(launch, targets.count(),
                       LossEach<T>{targets.view, data_of<const T>(x), c.out_data<T>(0)});
    }
  });
}

void nll_loss_backward(const KernelContext& c) {
  const auto& attrs = c.attrs<ops::NllLossBackwardAttrs>();
  const std::int64_t n = c.out[0].impl()->meta.numel;
  if (n == 0) return;
  const Tensor grad = as_contiguous(c.in[0]);
  const CheckedTargets targets(c, attrs.sizes, attrs.ignore_index);
  const Launch launch(grad);
  const bool mean = attrs.reduction == Reduction::mean;
  visit_floating(grad.impl()->meta.dtype, [&]<class T>() {
    for_each_element(launch, n,
                     LossGradient<T>{targets.view, data_of<const T>(grad),
                                     attrs.reduction == Reduction::none ? 1 : 0,
                                     mean ? c.in_data<double>(3) : nullptr, c.out_data<T>()});
  });
}

}  // namespace sinter::cuda
