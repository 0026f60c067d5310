#include <sinter/ops/attention_attrs.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/registry.h>

#include <limits>

#include "reference.h"

namespace sinter::testing {

namespace {

constexpr double kLowest = -std::numeric_limits<double>::infinity();

std::vector<DType> float_types() { return {kFloat32, kFloat64, kFloat16, kBFloat16}; }

ErrorSample error(const std::string& label, std::function<void()> run, const std::string& message) {
  return {label, std::move(run), message};
}

const ops::OpDef& op_named(const char* name) { return *ops::find_op(name); }

// One item of a batch.
struct Shape {
  std::size_t batch, queries, keys, width, value_width;

  Shape(const Tensor& q, const Tensor& k, const Tensor& v)
      : batch(1),
        queries(static_cast<std::size_t>(q.size(-2))),
        keys(static_cast<std::size_t>(k.size(-2))),
        width(static_cast<std::size_t>(q.size(-1))),
        value_width(static_cast<std::size_t>(v.size(-1))) {
    for (std::int64_t d = 0; d < q.dim() - 2; ++d) batch *= static_cast<std::size_t>(q.size(d));
  }
};

// The element of a mask that broadcasts to [batch..., queries, keys].
double mask_at(const Numbers& mask, const Tensor& q, std::size_t item, std::size_t i,
               std::size_t j) {
  std::vector<std::size_t> index{j, i};
  for (std::int64_t d = q.dim() - 2; d-- > 0;) {
    index.push_back(item % static_cast<std::size_t>(q.size(d)));
    item /= static_cast<std::size_t>(q.size(d));
  }
  std::size_t place = 0, step = 1;
  for (std::size_t d = 0; d < mask.sizes.size(); ++d) {
    const auto size = static_cast<std::size_t>(mask.sizes[mask.sizes.size() - 1 - d]);
    if (size != 1) place += index[d] * step;
    step *= size;
  }
  return mask.values[place];
}

struct Setting {
  double scale = 1;
  bool causal = false;
};

// Scores of one query, with what may not be seen at -infinity.
std::vector<double> score_row(const Tensors& in, const Setting& setting, std::size_t item,
                              std::size_t i) {
  const Shape s(in[0], in[1], in[2]);
  const Numbers q(in[0]), k(in[1]);
  const bool masked = in.size() > 3 && in[3].defined();
  const Numbers mask = masked ? Numbers(in[3]) : Numbers();
  std::vector<double> row(s.keys);
  for (std::size_t j = 0; j < s.keys; ++j) {
    double score = 0;
    for (std::size_t e = 0; e < s.width; ++e) {
      score += q.values[(item * s.queries + i) * s.width + e] *
               k.values[(item * s.keys + j) * s.width + e];
    }
    row[j] = score * setting.scale;
    if (setting.causal && j > i) row[j] = kLowest;
    if (!masked) continue;
    const double m = mask_at(mask, in[0], item, i, j);
    row[j] = in[3].dtype() == kBool ? (m != 0 ? row[j] : kLowest) : row[j] + m;
  }
  return row;
}

// Probabilities, and the logsumexp (infinity where nothing is seen).
double normalize(std::vector<double>& row) {
  double most = kLowest, sum = 0;
  for (const double s : row) most = std::max(most, s);
  if (most == kLowest) {
    std::fill(row.begin(), row.end(), 0.0);
    return -kLowest;
  }
  for (double& s : row) sum += s = std::exp(s - most);
  for (double& s : row) s /= sum;
  return most + std::log(sum);
}

Tensors attend(const Tensors& in, const Setting& setting) {
  const Shape s(in[0], in[1], in[2]);
  const Numbers v(in[2]);
  std::vector<std::int64_t> sizes = in[0].sizes().vec();
  std::vector<std::int64_t> rows = sizes;
  rows.pop_back();
  sizes.back() = in[2].size(-1);
  Numbers out(sizes), sums(rows);
  for (std::size_t item = 0; item < s.batch; ++item) {
    for (std::size_t i = 0; i < s.queries; ++i) {
      std::vector<double> p = score_row(in, setting, item, i);
      sums.values[item * s.queries + i] = normalize(p);
      for (std::size_t j = 0; j < s.keys; ++j) {
        for (std::size_t e = 0; e < s.value_width; ++e) {
          out.values[(item * s.queries + i) * s.value_width + e] +=
              p[j] * v.values[(item * s.keys + j) * s.value_width + e];
        }
      }
    }
  }
  return {out.tensor(), sums.tensor()};
}

// dq, dk, dv by the chain rule.
Tensors attend_backward(const Tensor& gradient, const Tensors& in, const Setting& setting) {
  const Shape s(in[0], in[1], in[2]);
  const Numbers g(gradient), q(in[0]), k(in[1]), v(in[2]);
  Numbers dq(q.sizes), dk(k.sizes), dv(v.sizes);
  for (std::size_t item = 0; item < s.batch; ++item) {
    for (std::size_t i = 0; i < s.queries; ++i) {
      std::vector<double> p = score_row(in, setting, item, i), dp(s.keys);
      normalize(p);
      double delta = 0;
      for (std::size_t j = 0; j < s.keys; ++j) {
        for (std::size_t e = 0; e < s.value_width; ++e) {
          const double d = g.values[(item * s.queries + i) * s.value_width + e];
          dp[j] += d * v.values[(item * s.keys + j) * s.value_width + e];
          dv.values[(item * s.keys + j) * s.value_width + e] += p[j] * d;
        }
        delta += dp[j] * p[j];
      }
      for (std::size_t j = 0; j < s.keys; ++j) {
        const double ds = p[j] * (dp[j] - delta) * setting.scale;
        for (std::size_t e = 0; e < s.width; ++e) {
          dq.values[(item * s.queries + i) * s.width + e] +=
              ds * k.values[(item * s.keys + j) * s.width + e];
          dk.values[(item * s.keys + j) * s.width + e] +=
              ds * q.values[(item * s.queries + i) * s.width + e];
        }
      }
    }
  }
  return {dq.tensor(), dk.tensor(), dv.tensor()};
}

Tensors queries(IntArrayRef q, IntArrayRef k, IntArrayRef v) {
  return {sample_values(q, 1) * 2, sample_values(k, 2) * 2, sample_values(v, 3)};
}

Tensor some_bools(IntArrayRef sizes) { return sample_values(sizes, 4) > -0.3; }

Sample attention(const std::string& label, const Tensors& inputs, bool causal = false,
                 std::optional<double> scale = std::nullopt, bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = inputs;
  s.inputs.resize(4);
  s.run = [=](const Tensors& in) {
    return Tensors{scaled_dot_product_attention(in[0], in[1], in[2], in[3], 0.0, causal, scale)};
  };
  s.reference = [=](const Tensors& in) {
    const double width = static_cast<double>(in[0].size(-1));
    return Tensors{attend(in, {scale.value_or(1 / std::sqrt(width)), causal})[0]};
  };
  s.gradcheck = gradcheck;
  return s;
}

Tensors with_mask(Tensors inputs, const Tensor& mask) {
  inputs.push_back(mask);
  return inputs;
}

std::vector<Sample> forward_samples() {
  const Tensors small = queries({2, 2, 3, 4}, {2, 2, 5, 4}, {2, 2, 5, 2});
  std::vector<Sample> s{
      attention("heads", small),
      attention("no batch", queries({3, 4}, {5, 4}, {5, 2})),
      attention("causal", queries({2, 4, 3}, {2, 4, 3}, {2, 4, 3}), true),
      attention("causal, more keys than queries", queries({1, 2, 3}, {1, 4, 3}, {1, 4, 2}), true),
      attention("causal, more queries than keys", queries({1, 4, 3}, {1, 2, 3}, {1, 2, 2}), true),
      attention("a bool mask", with_mask(small, some_bools({3, 5}))),
      attention("a mask per item", with_mask(small, some_bools({2, 1, 3, 5}))),
      attention("a floating mask", with_mask(small, sample_values({2, 3, 5}, 5))),
      attention("its own scale", small, false, 0.3),
      attention("one key", queries({2, 3, 4}, {2, 1, 4}, {2, 1, 2})),
      attention("an empty batch", queries({0, 3, 4}, {0, 5, 4}, {0, 5, 2})),
      attention("no queries", queries({2, 0, 4}, {2, 5, 4}, {2, 5, 2})),
      attention("no keys", queries({2, 3, 4}, {2, 0, 4}, {2, 0, 2})),
      attention("several blocks", queries({2, 150, 24}, {2, 290, 24}, {2, 290, 33}), false, {},
                false),
      attention("several blocks, causal", queries({3, 200, 16}, {3, 200, 16}, {3, 200, 16}), true,
                {}, false),
      attention("large scores",
                {queries({2, 3, 4}, {2, 5, 4}, {2, 5, 2})[0] * 100, sample_values({2, 5, 4}, 2),
                 sample_values({2, 5, 2}, 3)},
                false, {}, false),
  };
  Tensor blind = some_bools({3, 5}).clone();
  blind[1].fill_(false);
  s.push_back(attention("a row that sees nothing", with_mask(small, blind)));
  Sample rows = attention("logsumexp too", small);
  rows.run = [](const Tensors& in) {
    const auto out =
        ops::call_multi<2>(op_named("scaled_dot_product_attention"),
                           ops::AttentionAttrs{0.5, false}, in[0], in[1], in[2], in[3]);
    return Tensors{out[0], out[1]};
  };
  rows.reference = [](const Tensors& in) { return attend(in, {0.5, false}); };
  s.push_back(rows);
  return s;
}

OpSamples attention_op_samples() {
  OpSamples op{"scaled_dot_product_attention", float_types(), forward_samples, {}};
  op.errors = [] {
    const Tensor q = sample_values({2, 3, 4}), k = sample_values({2, 5, 4});
    const Tensor v = sample_values({2, 5, 2});
    const auto run = [](const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& mask = {},
                        double dropout = 0, bool causal = false) {
      scaled_dot_product_attention(a, b, c, mask, dropout, causal);
    };
    return std::vector<ErrorSample>{
        error(
            "rank", [=] { run(q[0][0], k, v); },
            "query, key and value must have at least 2 dimensions; got [4], [2, 5, 4] and [2, 5, "
            "2]"),
        error(
            "widths", [=] { run(q, v, v); },
            "query [..., L, E], key [..., S, E] and value [..., S, V] must agree; got [2, 3, 4], "
            "[2, 5, 2] and [2, 5, 2]"),
        error(
            "keys and values", [=] { run(q, k, q); }, "must agree"),
        error(
            "batches",
            [=] {
              run(q, sample_values({3, 5, 4}), v);
            },
            "[scaled_dot_product_attention] shapes do not broadcast; got [2] and [3]"),
        error(
            "dtypes", [=] { run(q, k.to(kFloat32), v); },
            "query, key and value must have one dtype; got f64, f32 and f64"),
        error(
            "integers", [=] { run(q.to(kInt32), k.to(kInt32), v.to(kInt32)); },
            "works on floating point tensors; got i32"),
        error(
            "mask dtype",
            [=] {
              run(q, k, v, sinter::ones({3, 5}, kInt32));
            },
            "the mask must be bool or of the query's dtype f64; got i32"),
        error(
            "mask sizes",
            [=] {
              run(q, k, v, sinter::ones({5, 2, 3, 5}, kBool));
            },
            "the mask must broadcast to the scores [2, 3, 5]; got [5, 2, 3, 5]"),
        error(
            "mask and causal",
            [=] {
              run(q, k, v, some_bools({3, 5}), 0, true);
            },
            "is_causal excludes a mask; got both"),
        error(
            "mask, causal and dropout",
            [=] {
              run(q, k, v, some_bools({3, 5}), 0.5, true);
            },
            "is_causal excludes a mask; got both"),
        error(
            "dropout", [=] { run(q, k, v, {}, 1.5); },
            "dropout_p must be between 0 and 1; got 1.5"),
    };
  };
  op.tolerance = 2e-5;
  return op;
}

OpSamples attention_backward_samples() {
  OpSamples op{"scaled_dot_product_attention_backward", float_types(), {}, {}};
  const auto sample = [](const std::string& label, const Tensors& inputs, bool causal = false,
                         bool gradcheck = true) {
    Sample s;
    s.label = label;
    s.inputs = inputs;
    s.inputs.resize(4);
    Dims sizes = inputs[0].sizes();
    sizes.back() = inputs[2].size(-1);
    s.inputs.push_back(sample_values(sizes, 6));
    s.run = [=](const Tensors& in) {
      const ops::AttentionAttrs attrs{0.4, causal};
      const auto forward = ops::call_multi<2>(op_named("scaled_dot_product_attention"), attrs,
                                              in[0], in[1], in[2], in[3]);
      const auto out =
          ops::call_multi<3>(op_named("scaled_dot_product_attention_backward"), attrs, in[4], in[0],
                             in[1], in[2], in[3], forward[0], forward[1]);
      return Tensors{out[0], out[1], out[2]};
    };
    s.reference = [=](const Tensors& in) {
      return attend_backward(in[4], {in[0], in[1], in[2], in[3]}, {0.4, causal});
    };
    s.gradcheck = gradcheck;
    return s;
  };
  op.samples = [sample] {
    const Tensors small = queries({2, 2, 2, 3}, {2, 2, 3, 3}, {2, 2, 3, 2});
    Tensor blind = some_bools({2, 3}).clone();
    blind[1].fill_(false);
    return std::vector<Sample>{
        sample("heads", small),
        sample("causal", queries({1, 3, 2}, {1, 3, 2}, {1, 3, 2}), true),
        sample("a mask with a row that sees nothing", with_mask(small, blind)),
        sample("a floating mask", with_mask(small, sample_values({1, 3}, 5))),
        sample("no batch", queries({3, 2}, {2, 2}, {2, 3})),
        sample("no keys", queries({1, 2, 3}, {1, 0, 3}, {1, 0, 2})),
        sample("several blocks", queries({2, 150, 24}, {2, 290, 24}, {2, 290, 33}), false, false),
        sample("many items, causal", queries({17, 70, 9}, {17, 70, 9}, {17, 70, 9}), true, false),
    };
  };
  op.errors = [] {
    return std::vector<ErrorSample>{error(
        "sizes",
        [] {
          const Tensors in = queries({1, 2, 3}, {1, 4, 3}, {1, 4, 2});
          const Tensor out = sample_values({1, 2, 2});
          ops::call_multi<3>(op_named("scaled_dot_product_attention_backward"),
                             ops::AttentionAttrs{}, out[0], in[0], in[1], in[2], Tensor(), out,
                             sample_values({1, 2}));
        },
        "gradient and result must have sizes [1, 2, 2] and dtype f64; got [2, 2] and [1, 2, 2]")};
  };
  op.tolerance = 1e-4;
  return op;
}

}  // namespace

std::vector<OpSamples> attention_samples() {
  return {attention_op_samples(), attention_backward_samples()};
}

}  // namespace sinter::testing
