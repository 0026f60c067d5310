#include <sinter/ops/conv_attrs.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/registry.h>

#include "reference.h"

namespace sinter::testing {

namespace {

std::vector<DType> float_types() { return {kFloat32, kFloat64, kFloat16, kBFloat16}; }

struct Geometry {
  std::vector<std::int64_t> stride{1, 1}, padding{0, 0}, dilation{1, 1};
  std::int64_t groups = 1;
  std::vector<std::int64_t> output_padding{0, 0};
};

// Calls visit(n, o, y, x, c in group, input channel, i, j, input row, input column) for every
// product of a 2-d convolution of input [N, C, H, W] with weight [O, C / groups, KH, KW].
template <class F>
void for_products(const Geometry& g, const Numbers& x, const Numbers& w, const Numbers& y,
                  F&& visit) {
  const std::int64_t per_group = w.size(0) / g.groups;
  for (std::int64_t n = 0; n < y.size(0); ++n) {
    for (std::int64_t o = 0; o < y.size(1); ++o) {
      for (std::int64_t oy = 0; oy < y.size(2); ++oy) {
        for (std::int64_t ox = 0; ox < y.size(3); ++ox) {
          for (std::int64_t c = 0; c < w.size(1); ++c) {
            for (std::int64_t i = 0; i < w.size(2); ++i) {
              for (std::int64_t j = 0; j < w.size(3); ++j) {
                const std::int64_t iy = oy * g.stride[0] - g.padding[0] + i * g.dilation[0];
                const std::int64_t ix = ox * g.stride[1] - g.padding[1] + j * g.dilation[1];
                if (iy < 0 || iy >= x.size(2) || ix < 0 || ix >= x.size(3)) continue;
                const std::int64_t channel = o / per_group * w.size(1) + c;
                visit(y.at({n, o, oy, ox}), w.at({o, c, i, j}), x.at({n, channel, iy, ix}));
              }
            }
          }
        }
      }
    }
  }
}

// 1-d tensors as 2-d ones of height 1.
Numbers planar(const Tensor& t) {
  Numbers a(t);
  if (a.sizes.size() == 3) a.sizes.insert(a.sizes.begin() + 2, 1);
  return a;
}

void add_bias(Numbers& y, const Tensor& bias) {
  if (!bias.defined()) return;
  const Numbers b(bias);
  const std::size_t plane = static_cast<std::size_t>(y.size(2) * y.size(3));
  for (std::size_t i = 0; i < y.numel(); ++i) {
    y.values[i] += b.values[i / plane % static_cast<std::size_t>(y.size(1))];
  }
}

std::int64_t out_size(const Geometry& g, const Numbers& x, const Numbers& w, std::size_t d) {
  const std::int64_t span = g.dilation[d] * (w.size(d + 2) - 1) + 1;
  return (x.size(d + 2) + 2 * g.padding[d] - span) / g.stride[d] + 1;
}

std::vector<std::int64_t> without_height(std::vector<std::int64_t> sizes, bool drop) {
  if (drop) sizes.erase(sizes.begin() + 2);
  return sizes;
}

Tensor reference_conv(const Geometry& g, const Tensors& in) {
  const Numbers x = planar(in[0]), w = planar(in[1]);
  Numbers y({x.size(0), w.size(0), out_size(g, x, w, 0), out_size(g, x, w, 1)});
  for_products(g, x, w, y, [&](std::size_t to, std::size_t k, std::size_t from) {
    y.values[to] += w.values[k] * x.values[from];
  });
  add_bias(y, in.size() > 2 ? in[2] : Tensor());
  y.sizes = without_height(y.sizes, in[0].dim() == 3);
  return y.tensor();
}

Tensor reference_transpose(const Geometry& g, const Tensors& in) {
  const Numbers y = planar(in[0]), w = planar(in[1]);
  std::vector<std::int64_t> sizes{y.size(0), w.size(1) * g.groups, 0, 0};
  for (std::size_t d = 0; d < 2; ++d) {
    sizes[d + 2] = (y.size(d + 2) - 1) * g.stride[d] - 2 * g.padding[d] +
                   g.dilation[d] * (w.size(d + 2) - 1) + g.output_padding[d] + 1;
  }
  Numbers x(sizes);
  for_products(g, x, w, y, [&](std::size_t from, std::size_t k, std::size_t to) {
    x.values[to] += w.values[k] * y.values[from];
  });
  add_bias(x, in.size() > 2 ? in[2] : Tensor());
  x.sizes = without_height(x.sizes, in[0].dim() == 3);
  return x.tensor();
}

Tensor run_conv(const Geometry& g, const Tensors& in) {
  if (in[0].dim() == 3) {
    return conv1d(in[0], in[1], in[2], g.stride[1], g.padding[1], g.dilation[1], g.groups);
  }
  return conv2d(in[0], in[1], in[2], g.stride, g.padding, g.dilation, g.groups);
}

Tensor run_transpose(const Geometry& g, const Tensors& in) {
  if (in[0].dim() == 3) {
    return conv_transpose1d(in[0], in[1], in[2], g.stride[1], g.padding[1], g.output_padding[1],
                            g.groups, g.dilation[1]);
  }
  return conv_transpose2d(in[0], in[1], in[2], g.stride, g.padding, g.output_padding, g.groups,
                          g.dilation);
}

Sample conv(const std::string& label, IntArrayRef x, IntArrayRef w, bool biased, const Geometry& g,
            bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = {sample_values(x, 1), sample_values(w, 2),
              biased ? sample_values({w[0]}, 3) : Tensor()};
  s.run = [g](const Tensors& in) { return Tensors{run_conv(g, in)}; };
  s.reference = [g](const Tensors& in) { return Tensors{reference_conv(g, in)}; };
  s.gradcheck = gradcheck;
  return s;
}

Sample transposed(const std::string& label, IntArrayRef y, IntArrayRef w, bool biased,
                  const Geometry& g, bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = {sample_values(y, 1), sample_values(w, 2),
              biased ? sample_values({w[1] * g.groups}, 3) : Tensor()};
  s.run = [g](const Tensors& in) { return Tensors{run_transpose(g, in)}; };
  s.reference = [g](const Tensors& in) { return Tensors{reference_transpose(g, in)}; };
  s.gradcheck = gradcheck;
  return s;
}

ErrorSample error(const std::string& label, std::function<void()> run, const std::string& message) {
  return {label, std::move(run), message};
}

std::vector<Sample> forward_samples() {
  std::vector<Sample> s{
      conv("3x3", {2, 3, 5, 6}, {4, 3, 3, 3}, true, {}),
      conv("padding and stride", {1, 2, 5, 6}, {3, 2, 3, 3}, true, {{2, 1}, {1, 2}}),
      conv("dilation, no bias", {1, 2, 7, 6}, {2, 2, 3, 2}, false, {{1, 1}, {1, 0}, {2, 3}}),
      conv("groups", {2, 4, 4, 4}, {6, 2, 3, 3}, true, {{1, 1}, {1, 1}, {1, 1}, 2}),
      conv("depthwise", {2, 4, 5, 5}, {4, 1, 3, 3}, true, {{1, 1}, {1, 1}, {1, 1}, 4}),
      conv("depthwise, two outputs each", {1, 3, 4, 4}, {6, 1, 2, 2}, true,
           {{1, 1}, {0, 0}, {1, 1}, 3}),
      conv("1x1", {2, 3, 4, 5}, {5, 3, 1, 1}, true, {}),
      conv("1x1, stride 2", {2, 3, 5, 5}, {2, 3, 1, 1}, false, {{2, 2}}),
      conv("the whole input", {2, 3, 4, 4}, {5, 3, 4, 4}, true, {}),
      conv("stride leaves elements unread", {1, 2, 6, 7}, {2, 2, 2, 2}, true, {{3, 4}}),
      conv("an empty batch", {0, 3, 5, 5}, {4, 3, 3, 3}, true, {}),
      conv("padding larger than the kernel", {1, 1, 2, 2}, {2, 1, 2, 2}, true, {{1, 1}, {3, 3}}),
      conv("no input channels leave the bias", {1, 0, 3, 3}, {2, 0, 2, 2}, true, {}),
      conv("one dimension", {2, 3, 8}, {4, 3, 3}, true, {{1, 2}, {0, 1}, {1, 2}}),
      conv("one dimension, groups", {1, 4, 7}, {4, 2, 2}, false, {{1, 1}, {0, 0}, {1, 1}, 2}),
      conv("many channels", {2, 32, 8, 8}, {48, 32, 3, 3}, true, {{1, 1}, {1, 1}}, false),
      conv("odd numbers of channels", {3, 19, 9, 7}, {23, 19, 3, 3}, true, {{2, 2}, {1, 1}}, false),
      conv("image stem", {1, 3, 24, 24}, {16, 3, 7, 7}, false, {{2, 2}, {3, 3}}, false),
      conv("wide depthwise", {2, 64, 9, 9}, {64, 1, 3, 3}, true, {{1, 1}, {1, 1}, {1, 1}, 64},
           false),
  };
  Sample same = conv("padding same, even kernel", {1, 2, 5, 5}, {2, 2, 2, 4}, true, {});
  same.run = [](const Tensors& in) {
    return Tensors{conv2d(in[0], in[1], in[2], 1, "same", {1, 2})};
  };
  same.reference = [](const Tensors& in) {
    // Extra zeros go after the elements: pad by hand, then crop nothing.
    const Numbers x(in[0]);
    Numbers padded({1, 2, 6, 11});
    for (int c = 0; c < 2; ++c) {
      for (int i = 0; i < 5; ++i) {
        for (int j = 0; j < 5; ++j) padded(0, c, i, j + 3) = x(0, c, i, j);
      }
    }
    return Tensors{reference_conv({{1, 1}, {0, 0}, {1, 2}}, {padded.tensor(), in[1], in[2]})};
  };
  s.push_back(same);
  Sample unbatched = conv("no batch", {2, 5, 4}, {3, 2, 3, 3}, true, {});
  unbatched.run = [](const Tensors& in) { return Tensors{conv2d(in[0], in[1], in[2], 1, 1)}; };
  unbatched.reference = [](const Tensors& in) {
    return Tensors{reference_conv({{1, 1}, {1, 1}}, {in[0].unsqueeze(0), in[1], in[2]}).squeeze(0)};
  };
  s.push_back(unbatched);
  return s;
}

OpSamples convolution_samples() {
  OpSamples op{"convolution", float_types(), forward_samples, {}};
  op.errors = [] {
    const Tensor x = sample_values({1, 4, 5, 5}), w = sample_values({6, 2, 3, 3});
    return std::vector<ErrorSample>{
        error(
            "rank", [=] { conv2d(x[0][0], w); },
            "[conv2d] input and weight must have 4 dimensions; got [5, 5] and [6, 2, 3, 3]"),
        error(
            "rank of the weight", [=] { conv1d(x[0], w); },
            "[conv1d] input and weight must have 3 dimensions; got [4, 5, 5] and [6, 2, 3, 3]"),
        error(
            "channels", [=] { conv2d(x, w); },
            "[conv2d] input channels must be groups times those of the weight; got input [1, 4, 5, "
            "5], weight [6, 2, 3, 3] and groups 1"),
        error(
            "groups",
            [=] {
              conv2d(x, sample_values({3, 2, 3, 3}), {}, 1, 0, 1, 2);
            },
            "[conv2d] output channels must be divisible by groups; got weight [3, 2, 3, 3] and "
            "groups 2"),
        error(
            "no groups", [=] { conv2d(x, w, {}, 1, 0, 1, 0); },
            "[conv2d] groups must be positive; got 0"),
        error(
            "bias", [=] { conv2d(x, w, sample_values({5}), 1, 0, 1, 2); },
            "[conv2d] bias must have one element for each output channel 6; got [5]"),
        error(
            "kernel too large", [=] { conv2d(x, w, {}, 1, 0, 3, 2); },
            "[conv2d] the kernel must fit into the padded input; got a kernel that spans 7 over 5"),
        error(
            "stride", [=] { conv2d(x, w, {}, 0, 0, 1, 2); },
            "[conv2d] stride must be between 1 and 2147483647; got [0, 0]"),
        error(
            "dilation", [=] { conv2d(x, w, {}, 1, 0, -1, 2); },
            "[conv2d] dilation must be between 1 and 2147483647; got [-1, -1]"),
        error(
            "padding", [=] { conv2d(x, w, {}, 1, -1, 1, 2); },
            "[conv2d] padding must not be negative; got [-1, -1, -1, -1]"),
        error(
            "number of values",
            [=] {
              conv2d(x, w, {}, {1, 1, 1}, 0, 1, 2);
            },
            "[conv2d] stride must have 1 or 2 values; got [1, 1, 1]"),
        error(
            "padding name", [=] { conv2d(x, w, {}, 1, "full", 1, 2); },
            "[conv2d] padding must be \"same\", \"valid\" or numbers; got \"full\""),
        error(
            "same with a stride", [=] { conv2d(x, w, {}, 2, "same", 1, 2); },
            "[conv2d] padding \"same\" needs a stride of 1; got [2, 2]"),
        error(
            "empty image",
            [=] {
              conv2d(sample_values({1, 4, 0, 5}), w, {}, 1, 0, 1, 2);
            },
            "[conv2d] input and kernel must not be empty; got [1, 4, 0, 5]"),
        error(
            "integers", [=] { conv2d(x.to(kInt32), w.to(kInt32), {}, 1, 0, 1, 2); },
            "[conv2d] works on floating point tensors; got i32"),
        error(
            "dtypes", [=] { conv2d(x, w.to(kFloat32), {}, 1, 0, 1, 2); },
            "[conv2d] tensors must have one dtype; got f64 and f32"),
        error(
            "undefined", [=] { conv2d(x, Tensor()); }, "input 1 is an undefined tensor"),
        error(
            "undefined, named padding", [=] { conv2d(x, Tensor(), {}, 1, "same"); },
            "[conv2d] weight is an undefined tensor"),
    };
  };
  op.tolerance = 1e-4;
  op.free_threads = true;
  return op;
}

OpSamples conv_transpose_samples() {
  OpSamples op{"conv_transpose", float_types(), {}, {}};
  op.samples = [] {
    std::vector<Sample> s{
        transposed("3x3", {2, 3, 4, 5}, {3, 4, 3, 3}, true, {}),
        transposed("stride and padding", {1, 2, 3, 4}, {2, 3, 3, 3}, true, {{2, 3}, {1, 1}}),
        transposed("output padding", {1, 2, 3, 3}, {2, 2, 3, 3}, true,
                   {{2, 2}, {1, 1}, {1, 1}, 1, {1, 1}}),
        transposed("output padding of a dilated kernel", {1, 2, 3, 3}, {2, 2, 2, 2}, false,
                   {{1, 1}, {0, 0}, {3, 3}, 1, {2, 1}}),
        transposed("groups", {2, 4, 3, 3}, {4, 3, 2, 2}, true, {{2, 2}, {0, 0}, {1, 1}, 2}),
        transposed("an empty batch", {0, 3, 4, 5}, {3, 4, 3, 3}, true, {}),
        transposed("one dimension", {2, 3, 5}, {3, 2, 4}, true, {{1, 3}, {0, 1}}),
        transposed("many channels", {2, 32, 5, 5}, {32, 24, 4, 4}, true, {{2, 2}, {1, 1}}, false),
    };
    Sample unbatched = transposed("no batch", {2, 3, 3}, {2, 3, 2, 2}, true, {});
    unbatched.inputs[2] = sample_values({3}, 3);
    unbatched.run = [](const Tensors& in) {
      return Tensors{conv_transpose2d(in[0], in[1], in[2])};
    };
    unbatched.reference = [](const Tensors& in) {
      return Tensors{reference_transpose({}, {in[0].unsqueeze(0), in[1], in[2]}).squeeze(0)};
    };
    s.push_back(unbatched);
    return s;
  };
  op.errors = [] {
    const Tensor y = sample_values({1, 4, 5, 5}), w = sample_values({4, 2, 3, 3});
    return std::vector<ErrorSample>{
        error(
            "channels", [=] { conv_transpose2d(y, w.transpose(0, 1)); },
            "[conv_transpose2d] input channels must be those of the weight; got input [1, 4, 5, 5] "
            "and weight [2, 4, 3, 3]"),
        error(
            "groups", [=] { conv_transpose2d(y, w, {}, 1, 0, 0, 3); },
            "[conv_transpose2d] input channels must be divisible by groups; got input [1, 4, 5, 5] "
            "and groups 3"),
        error(
            "output padding", [=] { conv_transpose2d(y, w, {}, 2, 0, 2); },
            "[conv_transpose2d] output_padding must be smaller than stride or dilation; got [2, "
            "2]"),
        error(
            "negative output padding", [=] { conv_transpose2d(y, w, {}, 2, 0, -1); },
            "[conv_transpose2d] output_padding must be between 0 and 2147483647; got [-1, -1]"),
        error(
            "padding", [=] { conv_transpose2d(y, w, {}, 1, -2); },
            "[conv_transpose2d] padding must not be negative; got [-2]"),
        error(
            "bias", [=] { conv_transpose2d(y, w, sample_values({4})); },
            "[conv_transpose2d] bias must have one element for each output channel 2; got [4]"),
        error(
            "nothing left", [=] { conv_transpose2d(y, w, {}, 1, 4); },
            "[conv_transpose2d] the output must not be empty; got size -1"),
        error(
            "number of values",
            [=] {
              conv_transpose1d(y[0], w[0], {}, 1, {1, 2});
            },
            "[conv_transpose1d] padding must have 1 or 1 values; got [1, 2]"),
    };
  };
  op.tolerance = 1e-4;
  op.free_threads = true;
  return op;
}

const ops::OpDef& op_named(const char* name) { return *ops::find_op(name); }

Sample weight_sample(const std::string& label, IntArrayRef x, IntArrayRef w, IntArrayRef dy,
                     const Geometry& g, bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = {sample_values(x, 1), sample_values(dy, 2)};
  const Dims sizes(w);
  s.run = [g, sizes](const Tensors& in) {
    const bool flat = sizes.size() == 3;
    const auto kept = [&](const std::vector<std::int64_t>& v) {
      return flat ? Dims{v[1]} : Dims{v[0], v[1]};
    };
    Dims padding = kept(g.padding);
    for (const std::int64_t p : kept(g.padding)) padding.push_back(p);
    const ops::ConvWeightAttrs attrs{kept(g.stride), padding, kept(g.dilation), g.groups, sizes};
    return Tensors{ops::call(op_named("convolution_backward_weight"), attrs, in[0], in[1])};
  };
  s.reference = [g, sizes](const Tensors& in) {
    const Numbers values = planar(in[0]), gradient = planar(in[1]);
    std::vector<std::int64_t> shape(sizes.begin(), sizes.end());
    if (shape.size() == 3) shape.insert(shape.begin() + 2, 1);
    Numbers weight(shape);
    for_products(g, values, weight, gradient, [&](std::size_t to, std::size_t k, std::size_t from) {
      weight.values[k] += gradient.values[to] * values.values[from];
    });
    weight.sizes = without_height(weight.sizes, sizes.size() == 3);
    return Tensors{weight.tensor()};
  };
  s.gradcheck = gradcheck;
  return s;
}

OpSamples backward_weight_samples() {
  OpSamples op{"convolution_backward_weight", float_types(), {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        weight_sample("3x3", {2, 3, 5, 5}, {2, 3, 3, 3}, {2, 2, 3, 3}, {}),
        weight_sample("stride and padding", {2, 2, 5, 6}, {3, 2, 3, 3}, {2, 3, 3, 4},
                      {{2, 2}, {1, 2}}),
        weight_sample("groups and dilation", {1, 4, 6, 6}, {4, 2, 2, 2}, {1, 4, 4, 4},
                      {{1, 1}, {0, 0}, {2, 2}, 2}),
        weight_sample("depthwise", {3, 4, 5, 5}, {4, 1, 3, 3}, {3, 4, 5, 5},
                      {{1, 1}, {1, 1}, {1, 1}, 4}),
        weight_sample("an empty batch", {0, 3, 5, 5}, {2, 3, 3, 3}, {0, 2, 3, 3}, {}),
        weight_sample("one dimension", {2, 3, 7}, {4, 3, 3}, {2, 4, 5}, {}),
        weight_sample("a batch that parts do not divide", {11, 16, 9, 9}, {24, 16, 3, 3},
                      {11, 24, 9, 9}, {{1, 1}, {1, 1}}, false),
    };
  };
  op.errors = [] {
    return std::vector<ErrorSample>{
        error(
            "sizes",
            [] {
              const ops::ConvWeightAttrs attrs{{1, 1}, {0, 0, 0, 0}, {1, 1}, 1, {2, 3, 3, 3}};
              ops::call(op_named("convolution_backward_weight"), attrs, sample_values({1, 3, 5, 5}),
                        sample_values({1, 2, 4, 4}));
            },
            "[convolution_backward_weight] sizes of input, weight and output must agree; got [1, "
            "3, 5, "
            "5], [2, 3, 3, 3] and [1, 2, 4, 4]"),
        error(
            "attributes",
            [] {
              const ops::ConvWeightAttrs attrs{{1, 1}, {0, 0}, {1, 1}, 1, {2, 3, 3, 3}};
              ops::call(op_named("convolution_backward_weight"), attrs, sample_values({1, 3, 5, 5}),
                        sample_values({1, 2, 3, 3}));
            },
            "strides, paddings and dilations must be given for 1 or 2 dimensions; got [1, 1], [0, "
            "0] and [1, 1]")};
  };
  op.tolerance = 2e-4;
  op.free_threads = true;
  return op;
}

Sample bias_sample(const std::string& label, IntArrayRef sizes, bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = {sample_values(sizes, 1)};
  s.run = [](const Tensors& in) {
    return Tensors{ops::call(op_named("convolution_backward_bias"), in[0])};
  };
  s.reference = [](const Tensors& in) {
    const Numbers dy = planar(in[0]);
    Numbers sums({dy.size(1)});
    const std::size_t plane = static_cast<std::size_t>(dy.size(2) * dy.size(3));
    for (std::size_t i = 0; i < dy.numel(); ++i) {
      sums.values[i / plane % sums.numel()] += dy.values[i];
    }
    return Tensors{sums.tensor()};
  };
  s.gradcheck = gradcheck;
  return s;
}

OpSamples backward_bias_samples() {
  OpSamples op{"convolution_backward_bias", float_types(), {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        bias_sample("images", {2, 3, 4, 5}),         bias_sample("sequences", {2, 3, 4}),
        bias_sample("an empty batch", {0, 3, 4, 5}), bias_sample("one channel", {2, 1, 3, 3}),
        bias_sample("many", {3, 37, 17, 19}, false),
    };
  };
  op.errors = [] {
    return std::vector<ErrorSample>{
        error(
            "rank",
            [] {
              ops::call(op_named("convolution_backward_bias"), sample_values({2, 3}));
            },
            "[convolution_backward_bias] the gradient must have 3 or 4 dimensions; got [2, 3]"),
        error(
            "integers",
            [] {
              ops::call(op_named("convolution_backward_bias"),
                        sample_integers({2, 3, 1, 1}, kInt32));
            },
            "[convolution_backward_bias] works on floating point tensors; got i32")};
  };
  op.tolerance = 1e-4;
  return op;
}

}  // namespace

std::vector<OpSamples> conv_samples() {
  return {convolution_samples(), conv_transpose_samples(), backward_weight_samples(),
          backward_bias_samples()};
}

}  // namespace sinter::testing
