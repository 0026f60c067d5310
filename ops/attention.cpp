#include <sinter/ops/attention.h>
#include <sinter/ops/attention_attrs.h>
#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/attention_kernels.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/index.h>
#include <sinter/ops/matmul.h>
#include <sinter/ops/norm_internal.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/random.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/softmax.h>
#include <sinter/ops/view.h>

#include <array>
#include <cmath>
#include <limits>

namespace sinter {
namespace ops {
namespace {

IntArrayRef batch_of(IntArrayRef sizes) { return sizes.slice(0, sizes.size() - 2); }

// Query, key and value from input `first` on, then the mask.
void check_inputs(const InferContext& c, std::size_t first) {
  const TensorMeta &q = c.meta(first), &k = c.meta(first + 1), &v = c.meta(first + 2);
  SINTER_CHECK_AS(NotImplementedError, is_floating_point(q.dtype), "[", c.op(),
                  "] works on floating point tensors; got ", q.dtype);
  SINTER_CHECK_AS(TypeError, k.dtype == q.dtype && v.dtype == q.dtype, "[", c.op(),
                  "] query, key and value must have one dtype; got ", q.dtype, ", ", k.dtype,
                  " and ", v.dtype);
  const std::size_t rank = q.dim();
  const bool fits = rank >= 2 && k.dim() == rank && v.dim() == rank &&
                    batch_of(q.sizes).equals(batch_of(k.sizes)) &&
                    batch_of(q.sizes).equals(batch_of(v.sizes)) &&
                    q.sizes.back() == k.sizes.back() && k.sizes[rank - 2] == v.sizes[rank - 2];
  SINTER_CHECK_AS(ValueError, fits, "[", c.op(),
                  "] query [..., L, E], key [..., S, E] and value [..., S, V] must agree; got ",
                  IntArrayRef(q.sizes), ", ", IntArrayRef(k.sizes), " and ", IntArrayRef(v.sizes));
  if (!c.in.defined(first + 3)) return;
  const TensorMeta& mask = c.meta(first + 3);
  SINTER_CHECK_AS(TypeError, mask.dtype == kBool || mask.dtype == q.dtype, "[", c.op(),
                  "] the mask must be bool or of the query's dtype ", q.dtype, "; got ",
                  mask.dtype);
  SINTER_CHECK_AS(ValueError, !c.attrs<AttentionAttrs>().is_causal, "[", c.op(),
                  "] is_causal excludes a mask; got both");
  Dims scores = q.sizes;
  scores.back() = k.sizes[rank - 2];
  const bool broadcasts =
      mask.dim() <= rank && broadcast_shapes(c.op(), mask.sizes, scores) == scores;
  SINTER_CHECK_AS(ValueError, broadcasts, "[", c.op(), "] the mask must broadcast to the scores ",
                  IntArrayRef(scores), "; got ", IntArrayRef(mask.sizes));
}

Dims result_sizes(const InferContext& c, std::size_t first) {
  Dims sizes = c.meta(first).sizes;
  sizes.back() = c.meta(first + 2).sizes.back();
  return sizes;
}

Dims row_sizes(const InferContext& c, std::size_t first) {
  const IntArrayRef q = c.meta(first).sizes;
  return q.slice(0, q.size() - 1);
}

void infer_attention(InferContext& c) {
  check_inputs(c, 0);
  c.set(0, result_sizes(c, 0), c.meta(0).dtype);
  c.set(1, row_sizes(c, 0), statistics_dtype(c.meta(0).dtype));
}

void infer_attention_backward(InferContext& c) {
  check_inputs(c, 1);
  const DType dtype = c.meta(1).dtype;
  const Dims result = result_sizes(c, 1);
  const bool fits = c.meta(0).sizes == result && c.meta(5).sizes == result &&
                    c.meta(6).sizes == row_sizes(c, 1) && c.meta(0).dtype == dtype &&
                    c.meta(5).dtype == dtype && c.meta(6).dtype == statistics_dtype(dtype);
  SINTER_CHECK_AS(ValueError, fits, "[", c.op(), "] gradient and result must have sizes ",
                  IntArrayRef(result), " and dtype ", dtype, "; got ", IntArrayRef(c.meta(0).sizes),
                  " and ", IntArrayRef(c.meta(5).sizes));
  for (std::size_t i = 0; i < 3; ++i) c.set(i, c.meta(i + 1).sizes, dtype);
}

Tensor transposed(const Tensor& x) { return transpose(x, -2, -1); }

// The probabilities as a whole matrix; rows that may look nowhere are zero.
Tensor probabilities(const AttentionAttrs& attrs, const Tensor& q, const Tensor& k,
                     const Tensor& mask) {
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  Tensor scores = matmul(q, transposed(k)) * attrs.scale;
  if (attrs.is_causal) {
    const Tensor seen =
        tril(ones({q.size(-2), k.size(-2)}, TensorOptions(kBool).device(q.device())));
    scores = masked_fill(scores, logical_not(seen), kLowest);
  }
  if (!mask.defined()) return softmax(scores, -1);
  scores = mask.dtype() == kBool ? masked_fill(scores, logical_not(mask), kLowest) : scores + mask;
  if (scores.size(-1) == 0) return softmax(scores, -1);
  const Tensor blind = amax(scores, {-1}, true) == kLowest;
  return masked_fill(softmax(masked_fill(scores, blind, 0), -1), blind, 0);
}

Tensor row_sum(const Tensor& x) { return sum(x, {-1}, true); }

// The gradient of the scores: P * (dP - rowsum(dP * P)).
Tensor score_gradient(const Tensor& p, const Tensor& dp) { return p * (dp - row_sum(dp * p)); }

Saved saves_attention(std::uint64_t) { return {0b1111, 0b11}; }

std::array<Tensor, 3> backward_of(const VjpContext& c);

void vjp_attention(const VjpContext& c) {
  if (!c.grad().defined() && !c.grad(1).defined()) return;
  const auto& attrs = c.attrs<AttentionAttrs>();
  const Tensor &q = c.in(0), &k = c.in(1), &v = c.in(2), &mask = c.in(3);
  if (!c.grad(1).defined() && !c.needs(3)) {
    const std::array<Tensor, 3> gradients = backward_of(c);
    for (std::size_t i = 0; i < 3; ++i) {
      if (c.needs(i)) c.set(i, gradients[i]);
    }
    return;
  }
  // The gradient of a mask, or through the logsumexp, asks for the scores as a whole.
  const Tensor p = probabilities(attrs, q, k, mask);
  Tensor ds;
  if (c.grad().defined()) {
    ds = score_gradient(p, matmul(c.grad(), transposed(v)));
    if (c.needs(2)) c.set(2, matmul(transposed(p), c.grad()));
  }
  if (c.grad(1).defined()) {
    const Tensor through_rows = p * unsqueeze(c.grad(1), -1).to(p.dtype());
    ds = ds.defined() ? ds + through_rows : through_rows;
  }
  if (c.needs(0)) c.set(0, matmul(ds, k) * attrs.scale);
  if (c.needs(1)) c.set(1, matmul(transposed(ds), q) * attrs.scale);
  if (c.needs(3)) c.set(3, sum_to_size(ds, c.sizes(3)));
}

// a + b where either may be undefined.
Tensor sum_of(const Tensor& a, const Tensor& b) {
  if (!a.defined()) return b;
  return b.defined() ? a + b : a;
}

// The first gradients as functions of gradient, query, key and value (the result and the logsumexp
// follow from them): dV = P^T G, dP = G V^T, dS = P * (dP - rowsum(dP * P)), dQ = scale dS K,
// dK = scale dS^T Q. With cotangents a, b, e of dQ, dK, dV.
void vjp_attention_backward(const VjpContext& c) {
  const auto& attrs = c.attrs<AttentionAttrs>();
  const Tensor &g = c.in(0), &q = c.in(1), &k = c.in(2), &v = c.in(3);
  const Tensor &a = c.grad(0), &b = c.grad(1), &e = c.grad(2);
  const Tensor p = probabilities(attrs, q, k, c.in(4));
  const Tensor dp = matmul(g, transposed(v));
  const Tensor delta = row_sum(dp * p);
  const Tensor ds = p * (dp - delta);
  Tensor along_ds, along_p, dq, dk, dg, dv;
  if (a.defined()) {
    along_ds = matmul(a, transposed(k)) * attrs.scale;
    dk = matmul(transposed(ds), a) * attrs.scale;
  }
  if (b.defined()) {
    along_ds = sum_of(along_ds, matmul(q, transposed(b)) * attrs.scale);
    dq = matmul(ds, b) * attrs.scale;
  }
  if (along_ds.defined()) {
    const Tensor weight = row_sum(along_ds * p);
    const Tensor along_dp = p * (along_ds - weight);
    along_p = along_ds * (dp - delta) - weight * dp;
    dg = matmul(along_dp, v);
    dv = matmul(transposed(along_dp), g);
  }
  if (e.defined()) {
    along_p = sum_of(along_p, matmul(g, transposed(e)));
    dg = sum_of(dg, matmul(p, e));
  }
  if (along_p.defined()) {
    const Tensor along_scores = score_gradient(p, along_p);
    dq = sum_of(dq, matmul(along_scores, k) * attrs.scale);
    dk = sum_of(dk, matmul(transposed(along_scores), q) * attrs.scale);
    if (c.needs(4)) c.set(4, sum_to_size(along_scores, c.sizes(4)));
  }
  const std::array<const Tensor*, 4> results{&dg, &dq, &dk, &dv};
  for (std::size_t i = 0; i < 4; ++i) {
    if (c.needs(i) && results[i]->defined()) c.set(i, *results[i]);
  }
}

constexpr OpDef kAttention{.name = "scaled_dot_product_attention",
                           .arity = 4,
                           .outputs = 2,
                           .optional_inputs = 0b1000,
                           .attrs = &attrs_type<AttentionAttrs>,
                           .infer = infer_attention,
                           .kernel = {cpu::attention},
                           .saves = saves_attention,
                           .vjp = vjp_attention,
                           .no_onnx = "written as MatMul, Mul, Add, Softmax and MatMul"};
constexpr OpDef kAttentionBackward{.name = "scaled_dot_product_attention_backward",
                                   .arity = 7,
                                   .outputs = 3,
                                   .optional_inputs = 0b10000,
                                   .attrs = &attrs_type<AttentionAttrs>,
                                   .infer = infer_attention_backward,
                                   .kernel = {cpu::attention_backward},
                                   .saves = save_inputs<0, 1, 2, 3, 4>,
                                   .vjp = vjp_attention_backward,
                                   .no_onnx = "gradients are not exported"};

std::array<Tensor, 3> backward_of(const VjpContext& c) {
  return call_multi<3>(kAttentionBackward, c.attrs<AttentionAttrs>(), c.grad(), c.in(0), c.in(1),
                       c.in(2), c.in(3), c.out(0), c.out(1));
}

// Leading dimensions broadcast, without copies.
Tensor with_batch(const Tensor& x, IntArrayRef batch) {
  if (batch_of(x.sizes()).equals(batch)) return x;
  Dims sizes = batch;
  sizes.push_back(x.size(-2));
  sizes.push_back(x.size(-1));
  return expand(x, sizes);
}

void check_public(const Tensor& q, const Tensor& k, const Tensor& v, double dropout_p) {
  constexpr const char* kName = "[scaled_dot_product_attention] ";
  SINTER_CHECK_AS(ValueError, q.dim() >= 2 && k.dim() >= 2 && v.dim() >= 2, kName,
                  "query, key and value must have at least 2 dimensions; got ", q.sizes(), ", ",
                  k.sizes(), " and ", v.sizes());
  SINTER_CHECK_AS(ValueError, dropout_p >= 0 && dropout_p <= 1, kName,
                  "dropout_p must be between 0 and 1; got ", dropout_p);
}

}  // namespace

OpTable attention_ops() {
  static constexpr const OpDef* ops[] = {&kAttention, &kAttentionBackward};
  return ops;
}

}  // namespace ops

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const Tensor& attn_mask, double dropout_p, bool is_causal,
                                    std::optional<double> scale) {
  using namespace ops;
  check_public(query, key, value, dropout_p);
  constexpr const char* kName = "scaled_dot_product_attention";
  Dims batch = broadcast_shapes(kName, batch_of(query.sizes()), batch_of(key.sizes()));
  batch = broadcast_shapes(kName, batch, batch_of(value.sizes()));
  const Tensor q = with_batch(query, batch), k = with_batch(key, batch),
               v = with_batch(value, batch);
  const auto width = static_cast<double>(std::max<std::int64_t>(q.size(-1), 1));
  const AttentionAttrs attrs{scale.value_or(1 / std::sqrt(width)), is_causal};
  if (dropout_p == 0) return call_multi<2>(kAttention, attrs, q, k, v, attn_mask)[0];
  SINTER_CHECK_AS(ValueError, !is_causal || !attn_mask.defined(),
                  "[scaled_dot_product_attention] is_causal excludes a mask; got both");
  return matmul(dropout(probabilities(attrs, q, k, attn_mask), dropout_p, true), v);
}

}  // namespace sinter
