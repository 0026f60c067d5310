#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/matmul_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/matmul.h>
#include <sinter/ops/matmul_attrs.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/view.h>

namespace sinter {
namespace ops {
namespace {

// --- Checks

void check_operands(const InferContext& c) {
  for (std::size_t i = 1; i < c.in.size(); ++i) check_same_dtype(c, i);
  SINTER_CHECK_AS(NotImplementedError, c.meta(0).dtype != kBool, "[", c.op(),
                  "] has no meaning for bool; got ", c.meta(0).dtype);
}

void check_rank(const InferContext& c, std::size_t i, std::size_t rank) {
  SINTER_CHECK_AS(ValueError, c.meta(i).dim() == rank, "[", c.op(), "] operand ", i, " must have ",
                  rank, rank == 1 ? " dimension" : " dimensions", "; got ",
                  IntArrayRef(c.meta(i).sizes));
}

void check_inner(const InferContext& c, std::size_t a, std::size_t b, bool agree) {
  SINTER_CHECK_AS(ValueError, agree, "[", c.op(), "] inner dimensions differ; got ",
                  IntArrayRef(c.meta(a).sizes), " x ", IntArrayRef(c.meta(b).sizes));
}

// Sizes of the product of two matrices, or of two batches of them.
Dims product_sizes(const InferContext& c, std::size_t first, std::size_t rank) {
  check_rank(c, first, rank);
  check_rank(c, first + 1, rank);
  const Dims& a = c.meta(first).sizes;
  const Dims& b = c.meta(first + 1).sizes;
  check_inner(c, first, first + 1, a.back() == b[rank - 2]);
  SINTER_CHECK_AS(ValueError, rank == 2 || a[0] == b[0], "[", c.op(), "] batch sizes differ; got ",
                  IntArrayRef(a), " x ", IntArrayRef(b));
  Dims sizes = a;
  sizes.back() = b.back();
  return sizes;
}

// --- mm, bmm, mv, dot, matmul

template <std::size_t kRank>
void infer_product(InferContext& c) {
  check_operands(c);
  c.set(0, product_sizes(c, 0, kRank), c.meta(0).dtype);
}

void infer_mv(InferContext& c) {
  check_operands(c);
  check_rank(c, 0, 2);
  check_rank(c, 1, 1);
  const Dims& a = c.meta(0).sizes;
  check_inner(c, 0, 1, a[1] == c.meta(1).sizes[0]);
  c.set(0, a[0], c.meta(0).dtype);
}

void infer_dot(InferContext& c) {
  check_operands(c);
  check_rank(c, 0, 1);
  check_rank(c, 1, 1);
  check_inner(c, 0, 1, c.meta(0).numel == c.meta(1).numel);
  c.set(0, {}, c.meta(0).dtype);
}

void infer_matmul(InferContext& c) {
  check_operands(c);
  const Dims& a = c.meta(0).sizes;
  const Dims& b = c.meta(1).sizes;
  SINTER_CHECK_AS(ValueError, !a.empty() && !b.empty(),
                  "[matmul] operands must have at least 1 dimension; got ", IntArrayRef(a), " x ",
                  IntArrayRef(b));
  const std::size_t da = a.size() > 1 ? 2 : 1, db = b.size() > 1 ? 2 : 1;
  check_inner(c, 0, 1, a.back() == b[b.size() - db]);
  Dims sizes = broadcast_shapes("matmul", IntArrayRef(a).slice(0, a.size() - da),
                                IntArrayRef(b).slice(0, b.size() - db));
  if (da == 2) sizes.push_back(a[a.size() - 2]);
  if (db == 2) sizes.push_back(b.back());
  c.set(0, sizes, c.meta(0).dtype);
}

void vjp_mm(const VjpContext& c) {
  if (c.needs(0)) c.set(0, mm(c.grad(), t(c.in(1))));
  if (c.needs(1)) c.set(1, mm(t(c.in(0)), c.grad()));
}

void vjp_bmm(const VjpContext& c) {
  if (c.needs(0)) c.set(0, bmm(c.grad(), transpose(c.in(1), 1, 2)));
  if (c.needs(1)) c.set(1, bmm(transpose(c.in(0), 1, 2), c.grad()));
}

void vjp_mv(const VjpContext& c) {
  if (c.needs(0)) c.set(0, outer(c.grad(), c.in(1)));
  if (c.needs(1)) c.set(1, mv(t(c.in(0)), c.grad()));
}

void vjp_dot(const VjpContext& c) {
  if (c.needs(0)) c.set(0, c.grad() * c.in(1));
  if (c.needs(1)) c.set(1, c.grad() * c.in(0));
}

std::int64_t leading_numel(IntArrayRef sizes) {
  std::int64_t count = 1;
  for (std::size_t d = 0; d + 1 < sizes.size(); ++d) count *= sizes[d];
  return count;
}

// All but the last dimension merged into one.
Tensor as_matrix(const Tensor& x) {
  return x.dim() == 2 ? x : reshape(x, {leading_numel(x.sizes()), x.size(-1)});
}

// The gradient of the output of a matmul with the dropped dimensions put back.
Tensor whole_gradient(const VjpContext& c) {
  Tensor g = c.grad();
  if (c.sizes(1).size() == 1) g = unsqueeze(g, -1);
  if (c.sizes(0).size() == 1) g = unsqueeze(g, -2);
  return g;
}

Tensor as_operand(const Tensor& x, std::int64_t side) {
  return x.dim() == 1 ? unsqueeze(x, side) : x;
}

Tensor transposed(const Tensor& x) { return transpose(x, -2, -1); }

// Sums the gradient of an operand (with two dimensions at least) over broadcast dimensions.
Tensor operand_gradient(const Tensor& gradient, IntArrayRef sizes, bool row) {
  if (sizes.size() > 1) return sum_to_size(gradient, sizes);
  const Dims whole = row ? Dims{1, sizes[0]} : Dims{sizes[0], 1};
  return reshape(sum_to_size(gradient, whole), sizes);
}

void vjp_matmul(const VjpContext& c) {
  const IntArrayRef a = c.sizes(0), b = c.sizes(1);
  if (a.size() == 1 && b.size() == 1) return vjp_dot(c);
  const Tensor g = whole_gradient(c);
  if (c.needs(0)) {
    c.set(0, operand_gradient(matmul(g, transposed(as_operand(c.in(1), -1))), a, true));
  }
  if (!c.needs(1)) return;
  if (a.size() > 1 && b.size() <= 2) {
    // One matrix for the whole batch: its gradient is one product of all rows.
    c.set(1, reshape(mm(t(as_matrix(c.in(0))), as_matrix(g)), b));
    return;
  }
  c.set(1, operand_gradient(matmul(transposed(as_operand(c.in(0), 0)), g), b, false));
}

// --- addmm, baddbmm

void check_factor(const InferContext& c, const char* name, const Scalar& value) {
  SINTER_CHECK_AS(TypeError, is_floating_point(c.meta(0).dtype) || !value.is_floating_point(), "[",
                  c.op(), "] ", name, " must be an integer for integral tensors; got ", value);
}

template <std::size_t kRank>
void infer_addmm(InferContext& c) {
  check_operands(c);
  const Dims sizes = product_sizes(c, 1, kRank);
  const Dims& input = c.meta(0).sizes;
  const bool fits = input.size() <= kRank && broadcast_shapes(c.op(), input, sizes) == sizes;
  SINTER_CHECK_AS(ValueError, fits, "[", c.op(),
                  "] the added tensor must broadcast to the product ", IntArrayRef(sizes), "; got ",
                  IntArrayRef(input));
  check_factor(c, "beta", c.attrs<AddmmAttrs>().beta);
  check_factor(c, "alpha", c.attrs<AddmmAttrs>().alpha);
  c.set(0, sizes, c.meta(0).dtype);
}

Saved saves_addmm(std::uint64_t needed) {
  return {((needed & 2U) != 0 ? 4U : 0U) | ((needed & 4U) != 0 ? 2U : 0U), 0};
}

bool is_one(const Scalar& x) { return x.to_double() == 1; }

Tensor scaled(const Tensor& x, const Scalar& factor) { return is_one(factor) ? x : mul(x, factor); }

void vjp_addmm(const VjpContext& c) {
  const auto& attrs = c.attrs<AddmmAttrs>();
  if (c.needs(0)) c.set(0, sum_to_size(scaled(c.grad(), attrs.beta), c.sizes(0)));
  if (c.needs(1)) c.set(1, scaled(matmul(c.grad(), transposed(c.in(2))), attrs.alpha));
  if (c.needs(2)) c.set(2, scaled(matmul(transposed(c.in(1)), c.grad()), attrs.alpha));
}

// --- linear

void infer_linear(InferContext& c) {
  check_operands(c);
  const Dims& x = c.meta(0).sizes;
  const Dims& weight = c.meta(1).sizes;
  SINTER_CHECK_AS(ValueError, !x.empty() && weight.size() == 2 && x.back() == weight[1],
                  "[linear] input [..., in] and weight [out, in] must agree; got ", IntArrayRef(x),
                  " and ", IntArrayRef(weight));
  if (c.in.defined(2)) {
    SINTER_CHECK_AS(ValueError, c.meta(2).sizes == Dims{weight[0]},
                    "[linear] bias must have one element for each output ", weight[0], "; got ",
                    IntArrayRef(c.meta(2).sizes));
  }
  Dims sizes = x;
  sizes.back() = weight[0];
  c.set(0, sizes, c.meta(0).dtype);
}

void vjp_linear(const VjpContext& c) {
  const Tensor& g = c.grad();
  if (c.needs(0)) c.set(0, matmul(g, c.in(1)));
  if (!c.needs(1) && !c.needs(2)) return;
  const Tensor rows = as_matrix(g);
  if (c.needs(1)) c.set(1, mm(t(rows), as_matrix(c.in(0))));
  if (c.needs(2)) c.set(2, sum(rows, {0}));
}

constexpr OpDef kMm{.name = "mm",
                    .arity = 2,
                    .infer = infer_product<2>,
                    .kernel = {cpu::matmul},
                    .saves = save_other,
                    .vjp = vjp_mm,
                    .onnx = {"MatMul", 1}};
constexpr OpDef kBmm{.name = "bmm",
                     .arity = 2,
                     .infer = infer_product<3>,
                     .kernel = {cpu::matmul},
                     .saves = save_other,
                     .vjp = vjp_bmm,
                     .onnx = {"MatMul", 1}};
constexpr OpDef kMv{.name = "mv",
                    .arity = 2,
                    .infer = infer_mv,
                    .kernel = {cpu::matmul},
                    .saves = save_other,
                    .vjp = vjp_mv,
                    .onnx = {"MatMul", 1}};
constexpr OpDef kDot{.name = "dot",
                     .arity = 2,
                     .infer = infer_dot,
                     .kernel = {cpu::matmul},
                     .saves = save_other,
                     .vjp = vjp_dot,
                     .onnx = {"MatMul", 1}};
constexpr OpDef kMatmul{.name = "matmul",
                        .arity = 2,
                        .infer = infer_matmul,
                        .kernel = {cpu::matmul},
                        .saves = save_other,
                        .vjp = vjp_matmul,
                        .onnx = {"MatMul", 1}};
constexpr OpDef kAddmm{.name = "addmm",
                       .arity = 3,
                       .attrs = &attrs_type<AddmmAttrs>,
                       .infer = infer_addmm<2>,
                       .kernel = {cpu::addmm},
                       .saves = saves_addmm,
                       .vjp = vjp_addmm,
                       .onnx = {"Gemm", 7}};
constexpr OpDef kBaddbmm{.name = "baddbmm",
                         .arity = 3,
                         .attrs = &attrs_type<AddmmAttrs>,
                         .infer = infer_addmm<3>,
                         .kernel = {cpu::addmm},
                         .saves = saves_addmm,
                         .vjp = vjp_addmm,
                         .no_onnx = "written as MatMul, Mul and Add"};
constexpr OpDef kLinear{.name = "linear",
                        .arity = 3,
                        .optional_inputs = 4,
                        .infer = infer_linear,
                        .kernel = {cpu::linear},
                        .saves = save_other,
                        .vjp = vjp_linear,
                        .no_onnx = "written as Gemm, or as MatMul and Add above two dimensions"};

}  // namespace

OpTable matmul_ops() {
  static constexpr const OpDef* ops[] = {&kMm,     &kBmm,   &kMv,      &kDot,
                                         &kMatmul, &kAddmm, &kBaddbmm, &kLinear};
  return ops;
}

}  // namespace ops

Tensor mm(const Tensor& a, const Tensor& b) { return ops::call(ops::kMm, a, b); }
Tensor bmm(const Tensor& a, const Tensor& b) { return ops::call(ops::kBmm, a, b); }
Tensor matmul(const Tensor& a, const Tensor& b) { return ops::call(ops::kMatmul, a, b); }
Tensor mv(const Tensor& a, const Tensor& x) { return ops::call(ops::kMv, a, x); }
Tensor dot(const Tensor& a, const Tensor& b) { return ops::call(ops::kDot, a, b); }
Tensor vdot(const Tensor& a, const Tensor& b) { return dot(a, b); }

Tensor outer(const Tensor& a, const Tensor& b) {
  SINTER_CHECK_AS(ValueError, a.dim() == 1 && b.dim() == 1, "[outer] takes two vectors; got ",
                  a.sizes(), " and ", b.sizes());
  return unsqueeze(a, 1) * b;
}

Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, const Scalar& beta,
             const Scalar& alpha) {
  return ops::call(ops::kAddmm, ops::AddmmAttrs{beta, alpha}, input, a, b);
}
Tensor baddbmm(const Tensor& input, const Tensor& a, const Tensor& b, const Scalar& beta,
               const Scalar& alpha) {
  return ops::call(ops::kBaddbmm, ops::AddmmAttrs{beta, alpha}, input, a, b);
}

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  if (weight.defined() && weight.dim() == 1) {
    const Tensor product = matmul(input, weight);
    return bias.defined() ? product + bias : product;
  }
  return ops::call(ops::kLinear, input, weight, bias);
}

Tensor Tensor::mm(const Tensor& other) const { return sinter::mm(*this, other); }
Tensor Tensor::bmm(const Tensor& other) const { return sinter::bmm(*this, other); }
Tensor Tensor::matmul(const Tensor& other) const { return sinter::matmul(*this, other); }
Tensor Tensor::mv(const Tensor& vector) const { return sinter::mv(*this, vector); }
Tensor Tensor::dot(const Tensor& other) const { return sinter::dot(*this, other); }
Tensor Tensor::outer(const Tensor& other) const { return sinter::outer(*this, other); }
Tensor Tensor::addmm(const Tensor& a, const Tensor& b, const Scalar& beta,
                     const Scalar& alpha) const {
  return sinter::addmm(*this, a, b, beta, alpha);
}
Tensor Tensor::baddbmm(const Tensor& a, const Tensor& b, const Scalar& beta,
                       const Scalar& alpha) const {
  return sinter::baddbmm(*this, a, b, beta, alpha);
}

}  // namespace sinter
