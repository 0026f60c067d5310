#include <sinter/ops/copy.h>
#include <sinter/ops/cpu/random_kernels.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/creation_attrs.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/random.h>
#include <sinter/ops/random_attrs.h>
#include <sinter/ops/registry.h>

#include <cmath>
#include <limits>

namespace sinter {
namespace ops {
namespace {

// Blocks that n draws of 32 or 64 bits take.
std::uint64_t blocks_of(std::int64_t n, bool wide) {
  const std::uint64_t per_block = wide ? 2 : 4;
  return (static_cast<std::uint64_t>(n) + per_block - 1) / per_block;
}

void reserve(DrawAttrs& attrs, std::int64_t n, bool wide, std::optional<Generator>& generator) {
  attrs.blocks = blocks_of(n, wide);
  const PhiloxState state = (generator ? *generator : default_generator()).reserve(attrs.blocks);
  attrs.seed = state.seed;
  attrs.offset = state.offset;
}

void require_floating(const InferContext& c, DType dtype) {
  SINTER_CHECK_AS(NotImplementedError, is_floating_point(dtype), "[", c.op(),
                  "] is for floating dtypes; got ", dtype);
}

// The output of an op that makes a tensor, or replaces the elements of one.
DType set_random(const InferContext& c, const RandomAttrs& a) {
  SINTER_CHECK_AS(ValueError, c.in.size() <= 1, "[", c.op(), "] takes at most one tensor; got ",
                  c.in.size());
  if (c.in.size() == 0) {
    c.set(0, a.sizes, a.dtype);
    return a.dtype;
  }
  const TensorMeta& x = c.meta(0);
  c.set_like(0, x.sizes, x.dtype, x);
  return x.dtype;
}

void infer_uniform(InferContext& c) {
  const auto& a = c.attrs<UniformAttrs>();
  require_floating(c, set_random(c, a));
  SINTER_CHECK_AS(ValueError, a.from <= a.to && std::isfinite(a.to - a.from),
                  "[uniform] needs from <= to, both finite; got ", a.from, " and ", a.to);
}

void check_deviation(double std) {
  SINTER_CHECK_AS(ValueError, std >= 0, "[normal] the deviation must not be negative; got ", std);
}

void infer_normal(InferContext& c) {
  const auto& a = c.attrs<NormalAttrs>();
  require_floating(c, set_random(c, a));
  check_deviation(a.std);
}

void infer_exponential(InferContext& c) {
  const auto& a = c.attrs<ExponentialAttrs>();
  require_floating(c, set_random(c, a));
  SINTER_CHECK_AS(ValueError, a.lambda > 0, "[exponential] lambda must be positive; got ",
                  a.lambda);
}

void check_probability(const char* op, double p) {
  SINTER_CHECK_AS(ValueError, p >= 0 && p <= 1, "[", op, "] p must be in [0, 1]; got ", p);
}

void infer_bernoulli_fill(InferContext& c) {
  const auto& a = c.attrs<ProbabilityAttrs>();
  set_random(c, a);
  check_probability("bernoulli", a.p);
}

// Floating dtypes hold every integer up to 2^digits.
bool holds(DType dtype, std::int64_t value) {
  switch (dtype) {
    case DType::f64:
      return std::abs(value) <= std::int64_t{1} << 53;
    case DType::f32:
      return std::abs(value) <= 1 << 24;
    case DType::f16:
      return std::abs(value) <= 1 << 11;
    case DType::bf16:
      return std::abs(value) <= 1 << 8;
    case DType::boolean:
      return value == 0 || value == 1;
    default:
      return visit_dtype(dtype, [&]<class T>() {
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
          return std::in_range<T>(value);
        } else {
          return false;
        }
      });
  }
}

void infer_randint(InferContext& c) {
  const auto& a = c.attrs<RandintAttrs>();
  const DType dtype = set_random(c, a);
  SINTER_CHECK_AS(ValueError, a.from < a.to, "[random] needs from < to; got ", a.from, " and ",
                  a.to);
  const std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
  const bool fits =
      (dtype == kInt64 || a.from != smallest) && holds(dtype, a.from) && holds(dtype, a.to - 1);
  SINTER_CHECK_AS(ValueError, fits, "[random] the dtype must hold every number; got ", a.from,
                  " to ", a.to, " for ", dtype);
}

void infer_randperm(InferContext& c) {
  const auto& a = c.attrs<RandpermAttrs>();
  SINTER_CHECK_AS(ValueError, a.n >= 0, "[randperm] n must not be negative; got ", a.n);
  SINTER_CHECK_AS(ValueError, a.n == 0 || holds(a.dtype, a.n - 1),
                  "[randperm] the dtype must hold every number; got ", a.n, " for ", a.dtype);
  c.set(0, {a.n}, a.dtype);
}

void infer_bernoulli(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  require_floating(c, x.dtype);
  c.set_like(0, x.sizes, x.dtype, x);
}

void infer_dropout(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  require_floating(c, x.dtype);
  check_probability("dropout", c.attrs<DropoutAttrs>().p);
  c.set_like(0, x.sizes, x.dtype, x);
}

// The old elements are gone, so nothing depends on them.
void vjp_replaced(const VjpContext& c) {
  if (c.needs(0)) c.set(0, zeros_like(c.grad()));
}

extern const OpDef kDropout;

// The same draws keep the same elements.
void vjp_dropout(const VjpContext& c) {
  if (c.needs(0)) c.set(0, call(kDropout, c.attrs<DropoutAttrs>(), c.grad()));
}

// An op that makes a tensor of random numbers, or replaces the elements of one.
template <class Attrs>
constexpr OpDef filler(const char* name, void (*infer)(InferContext&), Kernel kernel,
                       OnnxName onnx) {
  return {.name = name,
          .arity = -1,
          .attrs = &attrs_type<Attrs>,
          .infer = infer,
          .kernel = {kernel},
          .place = device_of<Attrs>,
          .in_place = true,
          .draw = draw_of<Attrs>,
          .vjp = vjp_replaced,
          .onnx = onnx,
          .no_onnx = onnx.type == nullptr ? "ONNX has no such distribution" : nullptr,
          .no_cuda = "CUDA kernels come later"};
}

constexpr OpDef kUniform =
    filler<UniformAttrs>("uniform", infer_uniform, cpu::uniform, {"RandomUniform", 1});
constexpr OpDef kNormal =
    filler<NormalAttrs>("normal", infer_normal, cpu::normal, {"RandomNormal", 1});
constexpr OpDef kExponential =
    filler<ExponentialAttrs>("exponential", infer_exponential, cpu::exponential, {});
constexpr OpDef kBernoulliFill =
    filler<ProbabilityAttrs>("bernoulli_fill", infer_bernoulli_fill, cpu::bernoulli_fill, {});
constexpr OpDef kRandom = filler<RandintAttrs>("random", infer_randint, cpu::random, {});
constexpr OpDef kRandperm{.name = "randperm",
                          .arity = 0,
                          .attrs = &attrs_type<RandpermAttrs>,
                          .infer = infer_randperm,
                          .kernel = {cpu::randperm},
                          .place = device_of<RandpermAttrs>,
                          .draw = draw_of<RandpermAttrs>,
                          .no_vjp = "it has no inputs",
                          .no_onnx = "ONNX has no permutations",
                          .no_cuda = "CUDA kernels come later"};
constexpr OpDef kBernoulli{.name = "bernoulli",
                           .attrs = &attrs_type<DrawAttrs>,
                           .infer = infer_bernoulli,
                           .kernel = {cpu::bernoulli},
                           .draw = draw_of<DrawAttrs>,
                           .no_vjp = "its result is a choice",
                           .onnx = {"Bernoulli", 15},
                           .no_cuda = "CUDA kernels come later"};
constexpr OpDef kDropout{.name = "dropout",
                         .attrs = &attrs_type<DropoutAttrs>,
                         .infer = infer_dropout,
                         .kernel = {cpu::dropout},
                         .in_place = true,
                         .draw = draw_of<DropoutAttrs>,
                         .vjp = vjp_dropout,
                         .onnx = {"Dropout", 12},
                         .no_cuda = "CUDA kernels come later"};

bool is_wide(DType dtype) { return dtype == kFloat64; }

// What the making of a tensor and the replacing of its elements have in common: A's own attributes
// are filled in by the caller.
struct Target {
  IntArrayRef sizes;
  DType dtype;
  Device device;
  explicit Target(const Tensor& x) : sizes(x.sizes()), dtype(x.dtype()), device(x.device()) {}
  Target(IntArrayRef new_sizes, const TensorOptions& options)
      : sizes(new_sizes), dtype(options.dtype()), device(options.device()) {}
};

void aim(RandomAttrs& attrs, const Target& target, bool wide, std::optional<Generator>& generator) {
  attrs.sizes = target.sizes;
  attrs.dtype = target.dtype;
  attrs.device = target.device;
  reserve(attrs, checked_numel("random", target.sizes), wide, generator);
}

Tensor with_grad(Tensor x, const TensorOptions& options) {
  if (options.requires_grad()) x.set_requires_grad(true);
  return x;
}

bool drops(double p, bool train) {
  check_probability("dropout", p);
  return train && p != 0;
}

DropoutAttrs dropout_attrs(const Tensor& x, double p) {
  DropoutAttrs attrs;
  attrs.p = p;
  std::optional<Generator> generator;
  reserve(attrs, x.numel(), false, generator);
  return attrs;
}

}  // namespace

OpTable random_ops() {
  static constexpr const OpDef* kOps[] = {&kUniform, &kNormal,   &kExponential, &kBernoulliFill,
                                          &kRandom,  &kRandperm, &kBernoulli,   &kDropout};
  return kOps;
}

}  // namespace ops

using namespace ops;

Tensor rand(IntArrayRef sizes, std::optional<Generator> generator, const TensorOptions& options) {
  UniformAttrs attrs;
  aim(attrs, {sizes, options}, is_wide(options.dtype()), generator);
  return with_grad(call(kUniform, attrs), options);
}
Tensor rand(IntArrayRef sizes, const TensorOptions& options) {
  return rand(sizes, std::nullopt, options);
}

Tensor normal(double mean, double std, IntArrayRef sizes, std::optional<Generator> generator,
              const TensorOptions& options) {
  NormalAttrs attrs;
  attrs.mean = mean;
  attrs.std = std;
  aim(attrs, {sizes, options}, is_wide(options.dtype()), generator);
  return with_grad(call(kNormal, attrs), options);
}
Tensor randn(IntArrayRef sizes, std::optional<Generator> generator, const TensorOptions& options) {
  return normal(0, 1, sizes, std::move(generator), options);
}
Tensor randn(IntArrayRef sizes, const TensorOptions& options) {
  return normal(0, 1, sizes, std::nullopt, options);
}

Tensor normal(const Tensor& mean, double std, std::optional<Generator> generator) {
  check_deviation(std);
  return mean + std * randn(mean.sizes(), std::move(generator), mean.options());
}
Tensor normal(double mean, const Tensor& std, std::optional<Generator> generator) {
  return mean + std * randn(std.sizes(), std::move(generator), std.options());
}
Tensor normal(const Tensor& mean, const Tensor& std, std::optional<Generator> generator) {
  const Dims sizes = broadcast_shapes("normal", mean.sizes(), std.sizes());
  return mean + std * randn(sizes, std::move(generator), mean.options());
}

Tensor randint(std::int64_t low, std::int64_t high, IntArrayRef sizes,
               std::optional<Generator> generator, TensorOptions options) {
  if (!options.has_dtype()) options = options.dtype(kInt64);
  RandintAttrs attrs;
  attrs.from = low;
  attrs.to = high;
  aim(attrs, {sizes, options}, true, generator);
  return with_grad(call(kRandom, attrs), options);
}
Tensor randint(std::int64_t low, std::int64_t high, IntArrayRef sizes, TensorOptions options) {
  return randint(low, high, sizes, std::nullopt, options);
}
Tensor randint(std::int64_t high, IntArrayRef sizes, TensorOptions options) {
  return randint(0, high, sizes, std::nullopt, options);
}

Tensor randperm(std::int64_t n, std::optional<Generator> generator, TensorOptions options) {
  if (!options.has_dtype()) options = options.dtype(kInt64);
  SINTER_CHECK_AS(ValueError, n >= 0, "[randperm] n must not be negative; got ", n);
  RandpermAttrs attrs;
  attrs.n = n;
  attrs.dtype = options.dtype();
  attrs.device = options.device();
  reserve(attrs, n, true, generator);
  return with_grad(call(kRandperm, attrs), options);
}
Tensor randperm(std::int64_t n, TensorOptions options) {
  return randperm(n, std::nullopt, options);
}

Tensor rand_like(const Tensor& x, const TensorOptions& options) {
  return with_grad(empty_like(x, options.requires_grad(false)).uniform_(), options);
}
Tensor randn_like(const Tensor& x, const TensorOptions& options) {
  return with_grad(empty_like(x, options.requires_grad(false)).normal_(), options);
}
Tensor randint_like(const Tensor& x, std::int64_t low, std::int64_t high,
                    const TensorOptions& options) {
  return with_grad(empty_like(x, options.requires_grad(false)).random_(low, high), options);
}
Tensor randint_like(const Tensor& x, std::int64_t high, const TensorOptions& options) {
  return randint_like(x, 0, high, options);
}

Tensor bernoulli(const Tensor& x, std::optional<Generator> generator) {
  DrawAttrs attrs;
  reserve(attrs, x.numel(), false, generator);
  return call(kBernoulli, attrs, x);
}
Tensor bernoulli(const Tensor& x, double p, std::optional<Generator> generator) {
  return empty_like(x).bernoulli_(p, std::move(generator));
}

Tensor dropout(const Tensor& x, double p, bool train) {
  return drops(p, train) ? call(kDropout, dropout_attrs(x, p), x) : x;
}
Tensor& dropout_(Tensor& x, double p, bool train) {
  return drops(p, train) ? call_in_place(kDropout, dropout_attrs(x, p), x) : x;
}
Tensor feature_dropout(const Tensor& x, double p, bool train) {
  SINTER_CHECK_AS(ValueError, x.dim() >= 2, "[feature_dropout] takes at least 2 dimensions; got ",
                  x.sizes());
  check_probability("feature_dropout", p);
  if (!train || p == 0) return x;
  Dims sizes(x.sizes().size(), 1);
  sizes[0] = x.sizes()[0];
  sizes[1] = x.sizes()[1];
  return x * dropout(ones(sizes, x.options()), p, train);
}

Tensor& Tensor::uniform_(double from, double to, std::optional<Generator> generator) {
  UniformAttrs attrs;
  attrs.from = from;
  attrs.to = to;
  aim(attrs, Target(*this), is_wide(dtype()), generator);
  return call_in_place(kUniform, attrs, *this);
}
Tensor& Tensor::normal_(double mean, double std, std::optional<Generator> generator) {
  NormalAttrs attrs;
  attrs.mean = mean;
  attrs.std = std;
  aim(attrs, Target(*this), is_wide(dtype()), generator);
  return call_in_place(kNormal, attrs, *this);
}
Tensor& Tensor::exponential_(double lambda, std::optional<Generator> generator) {
  ExponentialAttrs attrs;
  attrs.lambda = lambda;
  aim(attrs, Target(*this), is_wide(dtype()), generator);
  return call_in_place(kExponential, attrs, *this);
}
Tensor& Tensor::bernoulli_(double p, std::optional<Generator> generator) {
  ProbabilityAttrs attrs;
  attrs.p = p;
  aim(attrs, Target(*this), false, generator);
  return call_in_place(kBernoulliFill, attrs, *this);
}
Tensor& Tensor::random_(std::int64_t from, std::int64_t to, std::optional<Generator> generator) {
  RandintAttrs attrs;
  attrs.from = from;
  attrs.to = to;
  aim(attrs, Target(*this), true, generator);
  return call_in_place(kRandom, attrs, *this);
}
Tensor Tensor::bernoulli(std::optional<Generator> generator) const {
  return sinter::bernoulli(*this, std::move(generator));
}

}  // namespace sinter
