#include <sinter/ops/dispatch.h>
#include <sinter/ops/norm_attrs.h>
#include <sinter/ops/registry.h>

#include <limits>

#include "reference.h"

namespace sinter::testing {

namespace {

std::vector<DType> float_types() { return {kFloat32, kFloat64, kFloat16, kBFloat16}; }

ErrorSample error(const std::string& label, std::function<void()> run, const std::string& message) {
  return {label, std::move(run), message};
}

const ops::OpDef& op_named(const char* name) { return *ops::find_op(name); }

// Which set of numbers is normalised together, and which parameter applies, for each element.
struct Partition {
  std::function<std::size_t(std::size_t)> group;
  std::function<std::size_t(std::size_t)> parameter;
  std::size_t groups;
};

std::size_t product(IntArrayRef sizes, std::size_t begin, std::size_t end) {
  std::size_t count = 1;
  for (std::size_t d = begin; d < end; ++d) count *= static_cast<std::size_t>(sizes[d]);
  return count;
}

Partition by_channel(IntArrayRef sizes) {
  const std::size_t inner = product(sizes, 2, sizes.size());
  const auto channels = static_cast<std::size_t>(sizes[1]);
  const auto channel = [=](std::size_t i) { return i / inner % channels; };
  return {channel, channel, channels};
}

Partition by_rows(IntArrayRef sizes, std::size_t normalized) {
  const std::size_t width = product(sizes, sizes.size() - normalized, sizes.size());
  return {[=](std::size_t i) { return i / width; }, [=](std::size_t i) { return i % width; },
          product(sizes, 0, sizes.size() - normalized)};
}

Partition by_groups(IntArrayRef sizes, std::int64_t groups) {
  const std::size_t inner = product(sizes, 2, sizes.size());
  const auto channels = static_cast<std::size_t>(sizes[1]);
  const std::size_t size = inner * channels / static_cast<std::size_t>(groups);
  return {[=](std::size_t i) { return i / size; },
          [=](std::size_t i) { return i / inner % channels; },
          static_cast<std::size_t>(sizes[0] * groups)};
}

struct Moments {
  std::vector<double> mean, variance;
};

Moments moments(const Numbers& x, const Partition& p, bool centred = true) {
  Moments m{std::vector<double>(p.groups), std::vector<double>(p.groups)};
  std::vector<double> counts(p.groups);
  for (std::size_t i = 0; i < x.numel(); ++i) {
    m.mean[p.group(i)] += centred ? x.values[i] : 0;
    counts[p.group(i)] += 1;
  }
  for (std::size_t g = 0; g < p.groups; ++g) m.mean[g] /= std::max(counts[g], 1.0);
  for (std::size_t i = 0; i < x.numel(); ++i) {
    const double distance = x.values[i] - m.mean[p.group(i)];
    m.variance[p.group(i)] += distance * distance / counts[p.group(i)];
  }
  return m;
}

Tensor normalized(const Tensor& input, const Tensor& weight, const Tensor& bias, const Moments& m,
                  const Partition& p, double eps) {
  Numbers y(input);
  const Numbers w = weight.defined() ? Numbers(weight) : Numbers();
  const Numbers b = bias.defined() ? Numbers(bias) : Numbers();
  for (std::size_t i = 0; i < y.numel(); ++i) {
    const std::size_t g = p.group(i), k = p.parameter(i);
    double v = (y.values[i] - m.mean[g]) / std::sqrt(m.variance[g] + eps);
    if (weight.defined()) v *= w.values[k];
    if (bias.defined()) v += b.values[k];
    y.values[i] = v;
  }
  return y.tensor();
}

// dx, dweight, dbias by the chain rule, one element at a time.
Tensors gradients(const Tensor& gradient, const Tensor& input, const Tensor& weight,
                  const Partition& p, double eps, bool centred = true) {
  const Numbers dy(gradient), x(input);
  const Numbers w = weight.defined() ? Numbers(weight) : Numbers();
  const Moments m = moments(x, p, centred);
  std::vector<double> counts(p.groups), sums(p.groups), products(p.groups);
  const auto scaled = [&](std::size_t i) {
    return dy.values[i] * (weight.defined() ? w.values[p.parameter(i)] : 1);
  };
  const auto normal = [&](std::size_t i) {
    const std::size_t g = p.group(i);
    return (x.values[i] - m.mean[g]) / std::sqrt(m.variance[g] + eps);
  };
  for (std::size_t i = 0; i < x.numel(); ++i) {
    counts[p.group(i)] += 1;
    sums[p.group(i)] += centred ? scaled(i) : 0;
    products[p.group(i)] += scaled(i) * normal(i);
  }
  Numbers dx(x.sizes);
  std::size_t parameters = 0;
  for (std::size_t i = 0; i < x.numel(); ++i) parameters = std::max(parameters, p.parameter(i) + 1);
  Numbers dw({static_cast<std::int64_t>(parameters)}), db(dw.sizes);
  for (std::size_t i = 0; i < x.numel(); ++i) {
    const std::size_t g = p.group(i);
    dx.values[i] = (scaled(i) - sums[g] / counts[g] - normal(i) * products[g] / counts[g]) /
                   std::sqrt(m.variance[g] + eps);
    dw.values[p.parameter(i)] += dy.values[i] * normal(i);
    db.values[p.parameter(i)] += dy.values[i];
  }
  return {dx.tensor(), dw.tensor(), db.tensor()};
}

// Values whose mean is far from zero beside their spread.
Tensor shifted_values(IntArrayRef sizes, int seed) { return sample_values(sizes, seed) * 2 + 3; }

// --- batch_norm

Sample training(const std::string& label, IntArrayRef x, bool affine, bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = {shifted_values(x, 1), affine ? sample_values({x[1]}, 2) : Tensor(),
              affine ? sample_values({x[1]}, 3) : Tensor()};
  s.run = [](const Tensors& in) {
    return Tensors{batch_norm(in[0], in[1], in[2], {}, {}, true, 0.1, 1e-3)};
  };
  s.reference = [](const Tensors& in) {
    const Partition p = by_channel(in[0].sizes());
    return Tensors{normalized(in[0], in[1], in[2], moments(Numbers(in[0]), p), p, 1e-3)};
  };
  s.gradcheck = gradcheck;
  return s;
}

OpSamples batch_norm_samples() {
  OpSamples op{"batch_norm", float_types(), {}, {}};
  op.samples = [] {
    std::vector<Sample> s{
        training("images", {2, 3, 3, 2}, true),
        training("no parameters", {2, 3, 2, 2}, false),
        training("two dimensions", {5, 3}, true),
        training("sequences", {2, 3, 4}, true),
        training("volumes", {2, 2, 2, 2, 2}, true),
        training("one channel", {3, 1, 2, 2}, true),
        training("an empty batch", {0, 3, 2, 2}, true),
        training("many channels", {5, 43, 9, 7}, true, false),
        training("large planes", {2, 2, 80, 80}, true, false),
    };
    Sample statistics = training("mean and variance too", {2, 3, 2, 2}, true);
    statistics.run = [](const Tensors& in) {
      const auto out = ops::call_multi<3>(op_named("batch_norm"), ops::BatchNormAttrs{1e-3}, in[0],
                                          in[1], in[2]);
      return Tensors{out[0], out[1], out[2]};
    };
    statistics.reference = [](const Tensors& in) {
      const Partition p = by_channel(in[0].sizes());
      const Moments m = moments(Numbers(in[0]), p);
      Numbers mean({3}), variance({3});
      mean.values = m.mean;
      variance.values = m.variance;
      return Tensors{normalized(in[0], in[1], in[2], m, p, 1e-3), mean.tensor(), variance.tensor()};
    };
    s.push_back(statistics);
    return s;
  };
  op.errors = [] {
    const Tensor x = sample_values({2, 3, 2, 2});
    return std::vector<ErrorSample>{
        error(
            "rank", [=] { batch_norm(x[0][0][0], {}, {}, {}, {}, true); },
            "[batch_norm] input must have at least 2 dimensions; got [2]"),
        error(
            "weight", [=] { batch_norm(x, sample_values({2}), {}, {}, {}, true); },
            "[batch_norm] weight must have one element per channel 3; got [2]"),
        error(
            "bias", [=] { batch_norm(x, {}, sample_values({2}), {}, {}, true); },
            "[batch_norm] bias must have one element per channel 3; got [2]"),
        error(
            "integers", [=] { batch_norm(x.to(kInt32), {}, {}, {}, {}, true); },
            "[batch_norm] works on floating point tensors; got i32"),
        error(
            "dtype", [=] { batch_norm(x, sample_values({3}).to(kFloat32), {}, {}, {}, true); },
            "[batch_norm] parameters must have the dtype of the input, or f32 beside f16 and "
            "bf16; got f32 for an input of f64"),
        error(
            "one value",
            [=] {
              batch_norm(x.slice(0, 0, 1).slice(2, 0, 1).slice(3, 0, 1), {}, {}, {}, {}, true);
            },
            "[batch_norm] training needs more than one value per channel; got input [1, 3, 1, 1]"),
    };
  };
  op.tolerance = 2e-5;
  return op;
}

Sample batch_backward(const std::string& label, IntArrayRef x, bool affine, bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = {sample_values(x, 4), shifted_values(x, 1),
              affine ? sample_values({x[1]}, 2) : Tensor()};
  // Mean and variance are functions of x, as in a backward pass.
  s.run = [](const Tensors& in) {
    const auto forward = ops::call_multi<3>(op_named("batch_norm"), ops::BatchNormAttrs{1e-3},
                                            in[1], Tensor(), Tensor());
    const auto out = ops::call_multi<3>(op_named("batch_norm_backward"), ops::BatchNormAttrs{1e-3},
                                        in[0], in[1], in[2], forward[1], forward[2]);
    return Tensors{out[0], out[1], out[2]};
  };
  s.reference = [](const Tensors& in) {
    return gradients(in[0], in[1], in[2], by_channel(in[1].sizes()), 1e-3);
  };
  s.gradcheck = gradcheck;
  return s;
}

OpSamples batch_norm_backward_samples() {
  OpSamples op{"batch_norm_backward", float_types(), {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        batch_backward("images", {2, 3, 2, 2}, true),
        batch_backward("no weight", {2, 2, 3, 2}, false),
        batch_backward("two dimensions", {5, 3}, true),
        batch_backward("sequences", {2, 3, 4}, true),
        batch_backward("one channel", {3, 1, 2, 2}, true),
        batch_backward("many channels", {4, 37, 6, 5}, true, false),
    };
  };
  op.errors = [] {
    const Tensor x = sample_values({2, 3, 2, 2}), c = sample_values({3});
    const auto call = [](const Tensor& dy, const Tensor& in, const Tensor& mean) {
      ops::call_multi<3>(op_named("batch_norm_backward"), ops::BatchNormAttrs{}, dy, in, Tensor(),
                         mean, sample_values({3}));
    };
    return std::vector<ErrorSample>{
        error(
            "gradient", [=] { call(x[0], x, c); },
            "[batch_norm_backward] the gradient must have the sizes of the input [2, 3, 2, 2]; got "
            "[3, 2, 2]"),
        error(
            "mean", [=] { call(x, x, sample_values({2})); },
            "[batch_norm_backward] mean must have one element per channel 3; got [2]"),
        error(
            "dtype of the mean", [=] { call(x, x, c.to(kInt64)); },
            "[batch_norm_backward] statistics must be floating point; got i64"),
    };
  };
  op.tolerance = 1e-4;
  return op;
}

Sample evaluation(const std::string& label, IntArrayRef x, bool affine, bool gradcheck = true) {
  Sample s = training(label, x, affine, gradcheck);
  s.inputs.push_back(sample_values({x[1]}, 5));
  s.inputs.push_back(sample_values({x[1]}, 6) + 2);
  s.run = [](const Tensors& in) {
    return Tensors{batch_norm(in[0], in[1], in[2], in[3], in[4], false, 0.1, 1e-3)};
  };
  s.reference = [](const Tensors& in) {
    const Moments m{to_doubles(in[3]), to_doubles(in[4])};
    return Tensors{normalized(in[0], in[1], in[2], m, by_channel(in[0].sizes()), 1e-3)};
  };
  return s;
}

OpSamples batch_norm_inference_samples() {
  OpSamples op{"batch_norm_inference", float_types(), {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        evaluation("images", {2, 3, 2, 2}, true),
        evaluation("no parameters", {2, 3, 2, 2}, false),
        evaluation("two dimensions", {4, 3}, true),
        evaluation("one value", {1, 3, 1, 1}, true),
        evaluation("an empty batch", {0, 3, 2, 2}, true),
        evaluation("many channels", {2, 35, 5, 9}, true, false),
    };
  };
  op.errors = [] {
    const Tensor x = sample_values({2, 3, 2, 2});
    return std::vector<ErrorSample>{
        error(
            "variance",
            [=] { batch_norm(x, {}, {}, sample_values({3}), sample_values({2}), false); },
            "[batch_norm_inference] variance must have one element per channel 3; got [2]"),
        error(
            "mean", [=] { batch_norm(x, {}, {}, sample_values({4}), sample_values({3}), false); },
            "[batch_norm_inference] mean must have one element per channel 3; got [4]"),
    };
  };
  return op;
}

OpSamples batch_norm_update_samples() {
  OpSamples op{"batch_norm_update", float_types(), {}, {}};
  const auto sample = [](const std::string& label, IntArrayRef x, double momentum, bool mean,
                         bool variance) {
    Sample s;
    s.label = label;
    s.inputs = {shifted_values(x, 1), sample_values({x[1]}, 2), sample_values({x[1]}, 3) + 2};
    s.run = [=](const Tensors& in) {
      const Tensor m = in[1].clone(), v = in[2].clone();
      batch_norm(in[0], {}, {}, mean ? m : Tensor(), variance ? v : Tensor(), true, momentum);
      return Tensors{m, v};
    };
    s.reference = [=](const Tensors& in) {
      const Numbers values(in[0]);
      const Moments batch = moments(values, by_channel(in[0].sizes()));
      Numbers m(in[1]), v(in[2]);
      const double n = static_cast<double>(values.numel() / m.numel());
      for (std::size_t c = 0; c < m.numel() && n > 0; ++c) {
        if (mean) m.values[c] += momentum * (batch.mean[c] - m.values[c]);
        if (variance) v.values[c] += momentum * (batch.variance[c] * n / (n - 1) - v.values[c]);
      }
      return Tensors{m.tensor(), v.tensor()};
    };
    return s;
  };
  op.samples = [sample] {
    return std::vector<Sample>{
        sample("images", {2, 3, 2, 2}, 0.1, true, true),
        sample("the batch alone counts", {2, 3, 2, 2}, 1, true, true),
        sample("only the mean", {4, 3}, 0.3, true, false),
        sample("only the variance", {4, 3}, 0.3, false, true),
        sample("an empty batch changes nothing", {0, 3, 2, 2}, 0.1, true, true),
    };
  };
  op.errors = [] {
    return std::vector<ErrorSample>{
        error(
            "sizes",
            [] {
              batch_norm(sample_values({2, 3}), {}, {}, sample_values({2}), {}, true);
            },
            "[batch_norm_update] running statistics must have the sizes of the batch's [3]; got "
            "[2]"),
        error(
            "dtype",
            [] {
              batch_norm(sample_values({2, 3}), {}, {}, sample_integers({3}, kInt64), {}, true);
            },
            "[batch_norm_update] statistics must be floating point; got i64 and f64"),
    };
  };
  op.tolerance = 1e-5;
  return op;
}

// --- layer_norm and rms_norm

Dims tail(IntArrayRef sizes, std::size_t count) {
  return Dims(sizes.slice(sizes.size() - count, count));
}

Sample rows(const std::string& label, IntArrayRef x, std::size_t normalized_dims, bool affine,
            bool gradcheck = true) {
  Sample s;
  s.label = label;
  const Dims shape = tail(x, normalized_dims);
  s.inputs = {shifted_values(x, 1), affine ? sample_values(shape, 2) : Tensor(),
              affine ? sample_values(shape, 3) : Tensor()};
  s.run = [=](const Tensors& in) { return Tensors{layer_norm(in[0], shape, in[1], in[2], 1e-3)}; };
  s.reference = [=](const Tensors& in) {
    const Partition p = by_rows(in[0].sizes(), normalized_dims);
    return Tensors{normalized(in[0], in[1], in[2], moments(Numbers(in[0]), p), p, 1e-3)};
  };
  s.gradcheck = gradcheck;
  return s;
}

OpSamples layer_norm_samples() {
  OpSamples op{"layer_norm", float_types(), {}, {}};
  op.samples = [] {
    std::vector<Sample> s{
        rows("the last dimension", {3, 5}, 1, true),
        rows("two dimensions", {2, 3, 4}, 2, true),
        rows("everything", {2, 3}, 2, true),
        rows("no parameters", {2, 2, 4}, 1, false),
        rows("no rows", {0, 4}, 1, true),
        rows("one row", {6}, 1, true),
        rows("long rows", {3, 9000}, 1, true, false),
        rows("many rows", {150, 33}, 1, true, false),
    };
    Sample weight_only = rows("no bias", {2, 4}, 1, true);
    weight_only.inputs[2] = Tensor();
    s.push_back(weight_only);
    return s;
  };
  op.errors = [] {
    const Tensor x = sample_values({2, 3, 4});
    return std::vector<ErrorSample>{
        error(
            "shape", [=] { layer_norm(x, {3}); },
            "[layer_norm] input must end with the normalized shape [3]; got [2, 3, 4]"),
        error(
            "no shape", [=] { layer_norm(x, IntArrayRef()); },
            "[layer_norm] input must end with the normalized shape []; got [2, 3, 4]"),
        error(
            "weight",
            [=] {
              layer_norm(x, {3, 4}, sample_values({4}));
            },
            "[layer_norm] weight must have the normalized shape [3, 4]; got [4]"),
        error(
            "bias", [=] { layer_norm(x, {4}, {}, sample_values({3})); },
            "[layer_norm] bias must have the normalized shape [4]; got [3]"),
        error(
            "integers", [=] { layer_norm(x.to(kInt64), {4}); },
            "[layer_norm] works on floating point tensors; got i64"),
    };
  };
  op.tolerance = 2e-5;
  return op;
}

Sample rows_backward(const std::string& label, IntArrayRef x, std::size_t normalized_dims,
                     bool affine, bool gradcheck = true) {
  Sample s;
  s.label = label;
  const Dims shape = tail(x, normalized_dims);
  s.inputs = {sample_values(x, 4), shifted_values(x, 1),
              affine ? sample_values(shape, 2) : Tensor()};
  s.run = [=](const Tensors& in) {
    const ops::LayerNormAttrs attrs{shape, 1e-3};
    const auto forward =
        ops::call_multi<3>(op_named("layer_norm"), attrs, in[1], Tensor(), Tensor());
    const auto out = ops::call_multi<3>(op_named("layer_norm_backward"), attrs, in[0], in[1], in[2],
                                        forward[1], forward[2]);
    return Tensors{out[0], out[1], out[2]};
  };
  s.reference = [=](const Tensors& in) {
    Tensors out = gradients(in[0], in[1], in[2], by_rows(in[1].sizes(), normalized_dims), 1e-3);
    out[1] = out[1].view(shape);
    out[2] = out[2].view(shape);
    return out;
  };
  s.gradcheck = gradcheck;
  return s;
}

OpSamples layer_norm_backward_samples() {
  OpSamples op{"layer_norm_backward", float_types(), {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        rows_backward("the last dimension", {3, 5}, 1, true),
        rows_backward("two dimensions", {2, 3, 2}, 2, true),
        rows_backward("no weight", {2, 2, 3}, 1, false),
        rows_backward("one row", {5}, 1, true),
        rows_backward("several blocks of rows", {150, 21}, 1, true, false),
    };
  };
  op.errors = [] {
    const Tensor x = sample_values({2, 4}), m = sample_values({2, 1});
    const auto call = [=](const Tensor& dy, const Tensor& mean) {
      ops::call_multi<3>(op_named("layer_norm_backward"), ops::LayerNormAttrs{{4}, 1e-5}, dy, x,
                         Tensor(), mean, m);
    };
    return std::vector<ErrorSample>{
        error(
            "gradient", [=] { call(x[0], m); },
            "[layer_norm_backward] the gradient must have the sizes of the input [2, 4]; got [4]"),
        error(
            "mean", [=] { call(x, m[0]); },
            "[layer_norm_backward] statistics must be floating point of sizes [2, 1]; got f64 of "
            "[1]"),
    };
  };
  op.tolerance = 1e-4;
  return op;
}

Sample root_rows(const std::string& label, IntArrayRef x, std::size_t normalized_dims, bool affine,
                 bool gradcheck = true) {
  Sample s = rows(label, x, normalized_dims, affine, gradcheck);
  s.inputs.pop_back();
  const Dims shape = tail(x, normalized_dims);
  s.run = [=](const Tensors& in) { return Tensors{rms_norm(in[0], shape, in[1], 1e-3)}; };
  s.reference = [=](const Tensors& in) {
    const Partition p = by_rows(in[0].sizes(), normalized_dims);
    return Tensors{normalized(in[0], in[1], {}, moments(Numbers(in[0]), p, false), p, 1e-3)};
  };
  return s;
}

OpSamples rms_norm_samples() {
  OpSamples op{"rms_norm", float_types(), {}, {}};
  op.samples = [] {
    std::vector<Sample> s{
        root_rows("the last dimension", {3, 5}, 1, true),
        root_rows("two dimensions", {2, 3, 2}, 2, true),
        root_rows("no weight", {2, 4}, 1, false),
        root_rows("no rows", {0, 4}, 1, true),
        root_rows("many rows", {90, 65}, 1, true, false),
    };
    Sample own_eps = root_rows("eps of the dtype", {3, 5}, 1, true);
    own_eps.run = [](const Tensors& in) { return Tensors{rms_norm(in[0], {5}, in[1])}; };
    own_eps.reference = [](const Tensors& in) {
      const Partition p = by_rows(in[0].sizes(), 1);
      return Tensors{normalized(in[0], in[1], {}, moments(Numbers(in[0]), p, false), p, 0x1p-52)};
    };
    s.push_back(own_eps);
    return s;
  };
  op.errors = [] {
    return std::vector<ErrorSample>{
        error(
            "shape",
            [] {
              rms_norm(sample_values({2, 3}), {2});
            },
            "[rms_norm] input must end with the normalized shape [2]; got [2, 3]"),
        error(
            "weight",
            [] {
              rms_norm(sample_values({2, 3}), {3}, sample_values({2}));
            },
            "[rms_norm] weight must have the normalized shape [3]; got [2]"),
    };
  };
  op.tolerance = 2e-5;
  return op;
}

OpSamples rms_norm_backward_samples() {
  OpSamples op{"rms_norm_backward", float_types(), {}, {}};
  const auto sample = [](const std::string& label, IntArrayRef x, std::size_t dims, bool affine,
                         bool gradcheck = true) {
    Sample s = rows_backward(label, x, dims, affine, gradcheck);
    const Dims shape = tail(x, dims);
    s.run = [=](const Tensors& in) {
      const ops::LayerNormAttrs attrs{shape, 1e-3};
      const auto forward = ops::call_multi<2>(op_named("rms_norm"), attrs, in[1], Tensor());
      const auto out =
          ops::call_multi<2>(op_named("rms_norm_backward"), attrs, in[0], in[1], in[2], forward[1]);
      return Tensors{out[0], out[1]};
    };
    s.reference = [=](const Tensors& in) {
      const Tensors out = gradients(in[0], in[1], in[2], by_rows(in[1].sizes(), dims), 1e-3, false);
      return Tensors{out[0], out[1].view(shape)};
    };
    return s;
  };
  op.samples = [sample] {
    return std::vector<Sample>{
        sample("the last dimension", {3, 5}, 1, true),
        sample("two dimensions", {2, 3, 2}, 2, true),
        sample("no weight", {2, 4}, 1, false),
        sample("one row", {5}, 1, true),
        sample("several blocks of rows", {130, 19}, 1, true, false),
    };
  };
  op.tolerance = 1e-4;
  return op;
}

// --- group_norm

Sample grouped(const std::string& label, IntArrayRef x, std::int64_t groups, bool affine,
               bool gradcheck = true) {
  Sample s = training(label, x, affine, gradcheck);
  s.run = [=](const Tensors& in) { return Tensors{group_norm(in[0], groups, in[1], in[2], 1e-3)}; };
  s.reference = [=](const Tensors& in) {
    const Partition p = by_groups(in[0].sizes(), groups);
    return Tensors{normalized(in[0], in[1], in[2], moments(Numbers(in[0]), p), p, 1e-3)};
  };
  return s;
}

OpSamples group_norm_samples() {
  OpSamples op{"group_norm", float_types(), {}, {}};
  op.samples = [] {
    std::vector<Sample> s{
        grouped("two groups", {2, 4, 2, 3}, 2, true),
        grouped("one group", {2, 3, 2, 2}, 1, true),
        grouped("a group per channel", {2, 3, 4}, 3, true),
        grouped("no parameters", {1, 4, 3}, 2, false),
        grouped("two dimensions", {3, 6}, 2, true),
        grouped("an empty batch", {0, 4, 2, 2}, 2, true),
        grouped("large planes", {2, 6, 70, 65}, 3, true, false),
    };
    Sample instance = grouped("instance_norm", {2, 3, 2, 3}, 3, true);
    instance.run = [](const Tensors& in) {
      return Tensors{instance_norm(in[0], in[1], in[2], {}, {}, true, 0.1, 1e-3)};
    };
    s.push_back(instance);
    return s;
  };
  op.errors = [] {
    const Tensor x = sample_values({2, 4, 3});
    return std::vector<ErrorSample>{
        error(
            "groups", [=] { group_norm(x, 3); },
            "[group_norm] channels must be divisible by the number of groups; got 4 channels and 3 "
            "groups"),
        error(
            "no groups", [=] { group_norm(x, 0); }, "got 4 channels and 0 groups"),
        error(
            "rank", [=] { group_norm(x[0][0], 1); },
            "[group_norm] input must have at least 2 dimensions; got [3]"),
        error(
            "weight", [=] { group_norm(x, 2, sample_values({2})); },
            "[group_norm] weight must have one element per channel 4; got [2]"),
        error(
            "instance_norm's rank", [=] { instance_norm(x[0]); },
            "[instance_norm] input must have at least 3 dimensions; got [4, 3]"),
        error(
            "instance_norm without statistics", [=] { instance_norm(x, {}, {}, {}, {}, false); },
            "[instance_norm] needs running statistics when it does not use the input's; got none"),
    };
  };
  op.tolerance = 2e-5;
  return op;
}

OpSamples group_norm_backward_samples() {
  OpSamples op{"group_norm_backward", float_types(), {}, {}};
  const auto sample = [](const std::string& label, IntArrayRef x, std::int64_t groups, bool affine,
                         bool gradcheck = true) {
    Sample s = batch_backward(label, x, affine, gradcheck);
    s.run = [=](const Tensors& in) {
      const ops::GroupNormAttrs attrs{groups, 1e-3};
      const auto forward =
          ops::call_multi<3>(op_named("group_norm"), attrs, in[1], Tensor(), Tensor());
      const auto out = ops::call_multi<3>(op_named("group_norm_backward"), attrs, in[0], in[1],
                                          in[2], forward[1], forward[2]);
      return Tensors{out[0], out[1], out[2]};
    };
    s.reference = [=](const Tensors& in) {
      return gradients(in[0], in[1], in[2], by_groups(in[1].sizes(), groups), 1e-3);
    };
    return s;
  };
  op.samples = [sample] {
    return std::vector<Sample>{
        sample("two groups", {2, 4, 2, 2}, 2, true),
        sample("no weight", {2, 4, 3}, 2, false),
        sample("two dimensions", {3, 6}, 2, true),
        sample("one item", {1, 4, 3}, 4, true),
        sample("large planes", {2, 4, 70, 65}, 2, true, false),
    };
  };
  op.tolerance = 2e-4;
  return op;
}

}  // namespace

std::vector<OpSamples> norm_samples() {
  return {
      batch_norm_samples(),         batch_norm_backward_samples(), batch_norm_inference_samples(),
      batch_norm_update_samples(),  layer_norm_samples(),          layer_norm_backward_samples(),
      rms_norm_samples(),           rms_norm_backward_samples(),   group_norm_samples(),
      group_norm_backward_samples()};
}

}  // namespace sinter::testing
