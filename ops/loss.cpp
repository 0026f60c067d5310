#include <sinter/ops/loss.h>

#include <sinter/ops/activation.h>
#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/loss_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/index_internal.h>
#include <sinter/ops/loss_attrs.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/softmax.h>

namespace sinter {
namespace ops {

namespace {

// The sizes of the targets of log-probabilities.
Dims target_sizes(IntArrayRef sizes) {
  Dims out;
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    if (d != (sizes.size() == 1 ? 0U : 1U)) out.push_back(sizes[d]);
  }
  return out;
}

void check_targets(const InferContext& c, IntArrayRef sizes) {
  SINTER_CHECK_AS(ValueError, !sizes.empty(), "[", c.op(),
                  "] the input must be [C] or [N, C, ...]; got a 0-d tensor");
  check_index_dtype(c, 1);
  SINTER_CHECK_AS(ValueError, c.meta(1).sizes == target_sizes(sizes), "[", c.op(),
                  "] the target must have the shape of the input without its classes; got ",
                  IntArrayRef(c.meta(1).sizes), " for ", sizes);
  if (!c.in.defined(2)) return;
  const std::int64_t classes = sizes[sizes.size() == 1 ? 0 : 1];
  check_same_dtype(c, 2);
  SINTER_CHECK_AS(ValueError, c.meta(2).sizes == Dims{classes}, "[", c.op(),
                  "] weight must have one element per class; got ", IntArrayRef(c.meta(2).sizes),
                  " for ", classes, " classes");
}

void check_reduction(const InferContext& c, Reduction reduction) {
  SINTER_CHECK_AS(ValueError, reduction <= Reduction::sum, "[", c.op(),
                  "] the reduction must be none, mean or sum; got ", static_cast<int>(reduction));
}

void infer_nll_loss(InferContext& c) {
  const auto& attrs = c.attrs<NllLossAttrs>();
  check_floating(c);
  check_reduction(c, attrs.reduction);
  check_targets(c, c.meta(0).sizes);
  const bool each = attrs.reduction == Reduction::none;
  c.set(0, each ? c.meta(1).sizes : Dims(), c.meta(0).dtype);
  c.set(1, {}, kFloat64);
}
void infer_nll_loss_backward(InferContext& c) {
  const auto& attrs = c.attrs<NllLossBackwardAttrs>();
  check_floating(c);
  check_reduction(c, attrs.reduction);
  checked_numel(c.op(), attrs.sizes);
  check_targets(c, attrs.sizes);
  const bool each = attrs.reduction == Reduction::none;
  SINTER_CHECK_AS(ValueError, c.meta(0).sizes == (each ? c.meta(1).sizes : Dims()),
                  "[nll_loss_backward] the gradient must have the shape of the loss; got ",
                  IntArrayRef(c.meta(0).sizes));
  SINTER_CHECK_AS(ValueError, c.meta(3).numel == 1 && c.meta(3).dtype == kFloat64,
                  "[nll_loss_backward] the sum of weights must be one f64; got ",
                  IntArrayRef(c.meta(3).sizes), " of ", c.meta(3).dtype);
  c.set(0, attrs.sizes, c.meta(0).dtype);
}

void vjp_nll_loss(const VjpContext& c);
void vjp_nll_loss_backward(const VjpContext& c);

constexpr OpDef kNllLoss{.name = "nll_loss",
                         .arity = 3,
                         .outputs = 2,
                         .optional_inputs = 4,
                         .attrs = &attrs_type<NllLossAttrs>,
                         .infer = infer_nll_loss,
                         .kernel = {cpu::nll_loss},
                         .saves =
                             [](std::uint64_t) {
                               return Saved{6, 2};
                             },
                         .vjp = vjp_nll_loss,
                         .onnx = {"NegativeLogLikelihoodLoss", 13}};
constexpr OpDef kNllLossBackward{.name = "nll_loss_backward",
                                 .arity = 4,
                                 .optional_inputs = 4,
                                 .attrs = &attrs_type<NllLossBackwardAttrs>,
                                 .infer = infer_nll_loss_backward,
                                 .kernel = {cpu::nll_loss_backward},
                                 .saves = save_inputs<1, 2>,
                                 .vjp = vjp_nll_loss_backward,
                                 .no_onnx = "ONNX models are exported without backward ops"};

void vjp_nll_loss(const VjpContext& c) {
  const auto& attrs = c.attrs<NllLossAttrs>();
  if (!c.needs(0) || !c.grad(0).defined()) return;
  const NllLossBackwardAttrs backward{c.sizes(0), attrs.reduction, attrs.ignore_index};
  c.set(0, call(kNllLossBackward, backward, c.grad(), c.in(1), c.in(2), c.out(1)));
}
// Linear in the gradient, and the transpose of the loss.
void vjp_nll_loss_backward(const VjpContext& c) {
  const auto& attrs = c.attrs<NllLossBackwardAttrs>();
  if (!c.needs(0)) return;
  const NllLossAttrs forward{attrs.reduction, attrs.ignore_index};
  c.set(0, call_multi<2>(kNllLoss, forward, c.grad(), c.in(1), c.in(2))[0]);
}

void infer_binary_cross_entropy(InferContext& c) {
  check_floating(c);
  check_same_dtype(c, 1);
  SINTER_CHECK_AS(ValueError, c.meta(0).sizes == c.meta(1).sizes,
                  "[binary_cross_entropy] the target must have the shape of the input; got ",
                  IntArrayRef(c.meta(1).sizes), " for ", IntArrayRef(c.meta(0).sizes));
  c.set(0, c.meta(0).sizes, c.meta(0).dtype);
}
void vjp_binary_cross_entropy(const VjpContext& c) {
  const Tensor& x = c.in(0);
  if (c.needs(0)) {
    const Tensor spread = x.mul(x.neg().add(1)).clamp_min(1e-12);
    c.set(0, c.grad().mul(x.sub(c.in(1))).div(spread));
  }
  if (c.needs(1)) {
    const Tensor odds = x.neg().log1p().clamp_min(-100).sub(x.log().clamp_min(-100));
    c.set(1, c.grad().mul(odds));
  }
}
constexpr OpDef kBinaryCrossEntropy{.name = "binary_cross_entropy",
                                    .arity = 2,
                                    .infer = infer_binary_cross_entropy,
                                    .kernel = {cpu::binary_cross_entropy},
                                    .saves = save_inputs<0, 1>,
                                    .vjp = vjp_binary_cross_entropy,
                                    .no_onnx = "written as Log, Mul and Sub",
                                    .no_cuda = "CUDA kernels come later"};

}  // namespace

OpTable loss_ops() {
  static constexpr const OpDef* table[] = {&kNllLoss, &kNllLossBackward, &kBinaryCrossEntropy};
  return table;
}

}  // namespace ops

namespace {

void check_pair(const char* op, const Tensor& self, const Tensor& target) {
  ops::check_called_on(op, self);
  ops::check_called_on(op, target);
}

Tensor reduce(const Tensor& loss, Reduction reduction) {
  if (reduction == Reduction::none) return loss;
  return reduction == Reduction::mean ? loss.mean() : loss.sum();
}

Tensor weighted(const Tensor& loss, const Tensor& weight, Reduction reduction) {
  return reduce(weight.defined() ? loss.mul(weight) : loss, reduction);
}

// Weights of classes, shaped to multiply a tensor whose classes lie along dim.
Tensor along_classes(const char* op, const Tensor& weight, const Tensor& x, std::int64_t dim) {
  SINTER_CHECK_AS(ValueError, weight.dim() == 1 && weight.size(0) == x.size(dim), "[", op,
                  "] weight must have one element per class; got ", weight.sizes(), " for ",
                  x.size(dim), " classes");
  Dims sizes(static_cast<std::size_t>(x.dim()), 1);
  sizes[static_cast<std::size_t>(dim)] = x.size(dim);
  return weight.reshape(sizes);
}

Tensor cross_entropy_of_probabilities(const Tensor& log_p, const Tensor& target,
                                      const Tensor& weight, Reduction reduction,
                                      double label_smoothing) {
  const std::int64_t dim = log_p.dim() == 1 ? 0 : 1;
  const std::int64_t classes = log_p.size(dim);
  Tensor p = target;
  if (label_smoothing > 0) {
    p = p.mul(1 - label_smoothing).add(label_smoothing / static_cast<double>(classes));
  }
  Tensor loss = log_p.mul(p);
  if (weight.defined()) loss = loss.mul(along_classes("cross_entropy", weight, log_p, dim));
  if (reduction == Reduction::none) return loss.sum(dim).neg();
  const Tensor total = loss.sum().neg();
  if (reduction == Reduction::sum) return total;
  return total.div(static_cast<double>(log_p.numel()) / static_cast<double>(classes));
}

struct ClassTargets {
  const Tensor& target;
  const Tensor& weight;
  Reduction reduction;
  std::int64_t ignore_index;
};

// The cross entropy with the uniform distribution, times the number of classes.
Tensor smooth_part(const Tensor& log_p, const ClassTargets& t) {
  const std::int64_t dim = log_p.dim() == 1 ? 0 : 1;
  const Tensor scaled =
      t.weight.defined() ? log_p.mul(along_classes("cross_entropy", t.weight, log_p, dim)) : log_p;
  const Tensor each = scaled.sum(dim).neg().masked_fill(t.target.eq(Scalar(t.ignore_index)), 0);
  if (t.reduction == Reduction::none) return each;
  if (t.reduction == Reduction::sum) return each.sum();
  // The loss of log-probabilities that are all -1 is the sum of the weights that count.
  const Tensor ones = log_p.new_full({1}, -1).expand(log_p.sizes());
  return each.sum().div(nll_loss(ones, t.target, t.weight, Reduction::sum, t.ignore_index));
}

}  // namespace

Tensor nll_loss(const Tensor& self, const Tensor& target, const Tensor& weight, Reduction reduction,
                std::int64_t ignore_index) {
  check_pair("nll_loss", self, target);
  const ops::NllLossAttrs attrs{reduction, ignore_index};
  return ops::call_multi<2>(ops::kNllLoss, attrs, self, ops::as_index("nll_loss", target),
                            weight)[0];
}

Tensor cross_entropy(const Tensor& self, const Tensor& target, const Tensor& weight,
                     Reduction reduction, std::int64_t ignore_index, double label_smoothing) {
  check_pair("cross_entropy", self, target);
  SINTER_CHECK_AS(ValueError, self.dim() > 0,
                  "[cross_entropy] the input must be [C] or [N, C, ...]; got a 0-d tensor");
  SINTER_CHECK_AS(ValueError, label_smoothing >= 0 && label_smoothing <= 1,
                  "[cross_entropy] label_smoothing must lie in [0, 1]; got ", label_smoothing);
  const Tensor log_p = log_softmax(self, self.dim() == 1 ? 0 : 1);
  if (target.is_floating_point()) {
    SINTER_CHECK_AS(ValueError, target.sizes() == self.sizes(),
                    "[cross_entropy] probabilities must have the shape of the input; got ",
                    target.sizes(), " for ", self.sizes());
    SINTER_CHECK_AS(ValueError, ignore_index < 0,
                    "[cross_entropy] ignore_index is for class targets; got ", ignore_index);
    return cross_entropy_of_probabilities(log_p, target, weight, reduction, label_smoothing);
  }
  const Tensor classes = ops::as_index("cross_entropy", target);
  const Tensor loss = nll_loss(log_p, classes, weight, reduction, ignore_index);
  if (label_smoothing == 0) return loss;
  const double share = label_smoothing / static_cast<double>(self.size(self.dim() == 1 ? 0 : 1));
  return loss.mul(1 - label_smoothing)
      .add(smooth_part(log_p, {classes, weight, reduction, ignore_index}).mul(share));
}

Tensor mse_loss(const Tensor& self, const Tensor& target, Reduction reduction) {
  check_pair("mse_loss", self, target);
  return reduce(self.sub(target).square(), reduction);
}
Tensor l1_loss(const Tensor& self, const Tensor& target, Reduction reduction) {
  check_pair("l1_loss", self, target);
  return reduce(self.sub(target).abs(), reduction);
}

Tensor smooth_l1_loss(const Tensor& self, const Tensor& target, Reduction reduction, double beta) {
  check_pair("smooth_l1_loss", self, target);
  SINTER_CHECK_AS(ValueError, beta >= 0, "[smooth_l1_loss] beta must not be negative; got ", beta);
  if (beta == 0) return l1_loss(self, target, reduction);
  const Tensor distance = self.sub(target).abs();
  const Tensor near = distance.square().mul(0.5 / beta);
  return reduce(near.where(distance.lt(beta), distance.sub(0.5 * beta)), reduction);
}
Tensor huber_loss(const Tensor& self, const Tensor& target, Reduction reduction, double delta) {
  check_pair("huber_loss", self, target);
  SINTER_CHECK_AS(ValueError, delta > 0, "[huber_loss] delta must be positive; got ", delta);
  return smooth_l1_loss(self, target, reduction, delta).mul(delta);
}

Tensor binary_cross_entropy(const Tensor& self, const Tensor& target, const Tensor& weight,
                            Reduction reduction) {
  return weighted(ops::call(ops::kBinaryCrossEntropy, self, target), weight, reduction);
}

// softplus(-x) = -log(sigmoid(x)); beyond 40 the two differ by less than a double can show.
Tensor binary_cross_entropy_with_logits(const Tensor& self, const Tensor& target,
                                        const Tensor& weight, const Tensor& pos_weight,
                                        Reduction reduction) {
  check_pair("binary_cross_entropy_with_logits", self, target);
  SINTER_CHECK_AS(ValueError, target.sizes() == self.sizes(),
                  "[binary_cross_entropy_with_logits] the target must have the shape of the input; "
                  "got ",
                  target.sizes(), " for ", self.sizes());
  const Tensor rest = target.neg().add(1).mul(self);
  Tensor log_sigmoid = softplus(self.neg(), 1, 40);
  if (pos_weight.defined()) log_sigmoid = log_sigmoid.mul(pos_weight.sub(1).mul(target).add(1));
  return weighted(rest.add(log_sigmoid), weight, reduction);
}

Tensor kl_div(const Tensor& self, const Tensor& target, Reduction reduction, bool log_target) {
  check_pair("kl_div", self, target);
  if (log_target) return reduce(target.exp().mul(target.sub(self)), reduction);
  const Tensor log_t = target.masked_fill(target.eq(0), 1).log();
  return reduce(target.mul(log_t.sub(self)), reduction);
}

Tensor soft_margin_loss(const Tensor& self, const Tensor& target, Reduction reduction) {
  check_pair("soft_margin_loss", self, target);
  return reduce(softplus(target.mul(self).neg(), 1, 40), reduction);
}

}  // namespace sinter
