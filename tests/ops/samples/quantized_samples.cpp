#include "reference.h"

namespace sinter::testing {

namespace {

// Bytes over the whole range of their dtype.
Tensor bytes(IntArrayRef sizes, DType dtype, int seed = 1) {
  const Tensor whole = ((sample_values(sizes, seed) + 1.05) * (255.0 / 2.1)).round();
  return dtype == kInt8 ? (whole - 128).to(kInt8) : whole.to(kUInt8);
}

Tensor weight_scales(std::int64_t outputs) {
  return ((sample_values({outputs}, 8).abs() + 0.3) * 0.01).to(kFloat32);
}
Tensor biases(std::int64_t outputs) { return (sample_values({outputs}, 9) * 3000).to(kInt32); }

double rounded(double real, const QuantizedOutput& out) {
  const double low = out.dtype == kInt8 ? -128 : 0,
               zero = static_cast<double>(out.params.zero_point);
  const double q = std::min(std::max(std::nearbyint(real) + zero, low), low + 255);
  return out.relu ? std::max(q, zero) : q;
}

// From a sum in units of input scale * weight scale.
double finished(double sum, double input_scale, double weight_scale, const QuantizedOutput& out) {
  const float product = static_cast<float>(input_scale) * static_cast<float>(weight_scale);
  if (out.dtype == kFloat32) {
    const double real = sum * product;
    return out.relu ? std::max(real, 0.0) : real;
  }
  return rounded(sum * (product / static_cast<float>(out.params.scale)), out);
}

// --- Convolution

struct ConvCase {
  QuantParams x{0.02, 3};
  QuantizedOutput out{{0.15, 7}, kUInt8, false};
  QuantizedConvGeometry geometry;
};

Tensor reference_conv(const ConvCase& k, const Tensors& in) {
  const Numbers x(in[0]), w(in[1]), scale(in[2]);
  const auto& g = k.geometry;
  const auto at = [](const Dims& d, std::size_t i) { return d.size() == 1 ? d[0] : d[i]; };
  std::vector<std::int64_t> sizes{x.size(0), w.size(0), 0, 0};
  for (std::size_t d = 0; d < 2; ++d) {
    sizes[d + 2] =
        (x.size(d + 2) + 2 * at(g.padding, d) - at(g.dilation, d) * (w.size(d + 2) - 1) - 1) /
            at(g.stride, d) +
        1;
  }
  Numbers y(sizes);
  const std::int64_t per_group = w.size(0) / g.groups;
  for (std::int64_t n = 0; n < sizes[0]; ++n) {
    for (std::int64_t o = 0; o < sizes[1]; ++o) {
      for (std::int64_t r = 0; r < sizes[2]; ++r) {
        for (std::int64_t q = 0; q < sizes[3]; ++q) {
          double sum = in[3].defined() ? Numbers(in[3])(o) : 0;
          for (std::int64_t c = 0; c < w.size(1); ++c) {
            for (std::int64_t i = 0; i < w.size(2); ++i) {
              for (std::int64_t j = 0; j < w.size(3); ++j) {
                const std::int64_t row =
                    r * at(g.stride, 0) - at(g.padding, 0) + i * at(g.dilation, 0);
                const std::int64_t col =
                    q * at(g.stride, 1) - at(g.padding, 1) + j * at(g.dilation, 1);
                if (row < 0 || row >= x.size(2) || col < 0 || col >= x.size(3)) continue;
                const double value = x(n, o / per_group * w.size(1) + c, row, col);
                sum += (value - static_cast<double>(k.x.zero_point)) * w(o, c, i, j);
              }
            }
          }
          y(n, o, r, q) = finished(sum, k.x.scale, scale(o), k.out);
        }
      }
    }
  }
  return y.tensor();
}

Sample conv(const std::string& label, const Tensor& x, IntArrayRef w, bool biased,
            const ConvCase& k) {
  Sample s;
  s.label = label;
  s.inputs = {x, bytes(w, kInt8, 2), weight_scales(w[0]), biased ? biases(w[0]) : Tensor()};
  s.run = [k](const Tensors& in) {
    return Tensors{quantized_conv2d(in[0], k.x, {in[1], in[2], in[3]}, k.out, k.geometry)};
  };
  s.reference = [k](const Tensors& in) { return Tensors{reference_conv(k, in)}; };
  return s;
}

std::vector<Sample> conv_cases() {
  const ConvCase plain;
  ConvCase strided = plain, grouped = plain, deep = plain, dilated = plain, relu = plain;
  strided.geometry = {{2, 1}, {1, 2}, {1}, 1};
  grouped.geometry = {{1}, {1}, {1}, 2};
  deep.geometry = {{1}, {1}, {1}, 6};
  dilated.geometry = {{1}, {2}, {2, 3}, 1};
  relu.out = {{0.2, 31}, kUInt8, true};
  ConvCase with_signs{{0.02, -5}, {{0.2, -9}, kInt8, false}, {{1}, {1}, {1}, 1}};
  ConvCase real{{0.02, 130}, {{}, kFloat32, true}, {{1}, {1}, {1}, 1}};
  return {
      conv("3x3", bytes({2, 3, 5, 6}, kUInt8), {4, 3, 3, 3}, true, plain),
      conv("stride and padding", bytes({1, 4, 5, 6}, kUInt8), {3, 4, 3, 3}, true, strided),
      conv("groups", bytes({2, 4, 4, 5}, kUInt8), {6, 2, 3, 3}, false, grouped),
      conv("depthwise", bytes({2, 6, 5, 4}, kUInt8), {6, 1, 3, 3}, true, deep),
      conv("dilation", bytes({1, 2, 7, 8}, kUInt8), {5, 2, 3, 2}, true, dilated),
      conv("relu", bytes({1, 5, 4, 4}, kUInt8), {17, 5, 2, 2}, true, relu),
      conv("signed", bytes({2, 3, 5, 5}, kInt8), {20, 3, 3, 3}, true, with_signs),
      conv("signed 1x1", bytes({2, 9, 5, 7}, kInt8), {33, 9, 1, 1}, true, with_signs),
      conv("real results", bytes({2, 3, 5, 5}, kUInt8), {4, 3, 3, 3}, true, real),
      conv("an empty batch", bytes({0, 3, 5, 5}, kUInt8), {4, 3, 3, 3}, true, plain),
      conv("no input channels", bytes({1, 0, 3, 3}, kUInt8), {2, 0, 2, 2}, true, plain),
      conv("many", bytes({3, 32, 9, 9}, kUInt8), {40, 32, 3, 3}, true, plain),
  };
}

ErrorSample conv_error(const std::string& label, const Tensor& x, const QuantizedWeight& w,
                       const ConvCase& k, const std::string& message) {
  return {label, [=] { quantized_conv2d(x, k.x, w, k.out, k.geometry); }, message};
}

std::vector<ErrorSample> conv_errors() {
  const Tensor x = bytes({1, 4, 5, 5}, kUInt8);
  const QuantizedWeight w{bytes({6, 4, 3, 3}, kInt8), weight_scales(6), biases(6)};
  const ConvCase plain;
  const auto changed = [&](auto&& change) {
    ConvCase k = plain;
    change(k);
    return k;
  };
  return {
      conv_error("input", x.to(kInt32), w, plain, "[quantized_conv2d] works on u8 and i8; got i32"),
      conv_error("weight", x, {x, w.scales, w.bias}, plain,
                 "[quantized_conv2d] weight must be i8; got u8"),
      conv_error("scales", x, {w.values, w.scales.to(kFloat64), w.bias}, plain,
                 "[quantized_conv2d] weight scales must be f32; got f64"),
      conv_error(
          "number of scales", x, {w.values, weight_scales(5), w.bias}, plain,
          "[quantized_conv2d] weight scales must have one element for each output channel 6; "
          "got [5]"),
      conv_error(
          "number of biases", x, {w.values, w.scales, biases(5)}, plain,
          "[quantized_conv2d] bias must have one element for each output channel 6; got [5]"),
      conv_error("bias", x, {w.values, w.scales, w.scales}, plain,
                 "[quantized_conv2d] bias must be i32; got f32"),
      conv_error("channels", bytes({1, 3, 5, 5}, kUInt8), w, plain,
                 "[quantized_conv2d] channels must be groups times those of the weight; got input "
                 "[1, 3, 5, 5], weight [6, 4, 3, 3] and groups 1"),
      conv_error(
          "rank", bytes({4, 5, 5}, kUInt8), w, plain,
          "[quantized_conv2d] input and weight must have 4 dimensions; got [4, 5, 5] and [6, "
          "4, 3, 3]"),
      conv_error("empty", bytes({1, 4, 0, 5}, kUInt8), w, plain,
                 "[quantized_conv2d] input and kernel must not be empty; got [1, 4, 0, 5]"),
      conv_error("kernel", bytes({1, 4, 2, 5}, kUInt8), w, plain,
                 "[quantized_conv2d] the kernel must fit into the padded input; got a kernel that "
                 "spans 3 over 2"),
      conv_error("stride", x, w, changed([](ConvCase& k) { k.geometry.stride = {0}; }),
                 "[quantized_conv2d] stride must be between 1 and 2147483647; got [0, 0]"),
      conv_error("values", x, w, changed([](ConvCase& k) {
                   k.geometry.stride = {1, 1, 1};
                 }),
                 "[quantized_conv2d] stride must have 1 or 2 values; got [1, 1, 1]"),
      conv_error("scale", x, w, changed([](ConvCase& k) { k.x.scale = 0; }),
                 "[quantized_conv2d] the scale of the input must be a positive f32; got 0"),
      conv_error("zero point", x, w, changed([](ConvCase& k) { k.out.params.zero_point = -1; }),
                 "[quantized_conv2d] the zero point of the output must be a u8; got -1"),
      conv_error("dtype", x, w, changed([](ConvCase& k) { k.out.dtype = kInt32; }),
                 "[quantized_conv2d] the output must be u8, i8 or f32; got i32"),
  };
}

OpSamples conv2d_samples() { return {"quantized_conv2d", {kFloat32}, conv_cases, conv_errors}; }

// --- Linear

Sample dense(const std::string& label, const Tensor& x, IntArrayRef w, bool biased,
             const QuantParams& params, const QuantizedOutput& out) {
  Sample s;
  s.label = label;
  s.inputs = {x, bytes(w, kInt8, 2), weight_scales(w[0]), biased ? biases(w[0]) : Tensor()};
  s.run = [=](const Tensors& in) {
    return Tensors{quantized_linear(in[0], params, {in[1], in[2], in[3]}, out)};
  };
  s.reference = [=](const Tensors& in) {
    const Numbers a(in[0]), b(in[1]), scale(in[2]);
    const auto inputs = static_cast<std::size_t>(b.size(1)),
               outputs = static_cast<std::size_t>(b.size(0));
    std::vector<std::int64_t> sizes = a.sizes;
    sizes.back() = b.size(0);
    Numbers y(sizes);
    for (std::size_t i = 0; i < y.numel(); ++i) {
      const std::size_t o = i % outputs, row = i / outputs;
      double sum = in[3].defined() ? Numbers(in[3]).values[o] : 0;
      for (std::size_t k = 0; k < inputs; ++k) {
        sum += (a.values[row * inputs + k] - static_cast<double>(params.zero_point)) *
               b.values[o * inputs + k];
      }
      y.values[i] = finished(sum, params.scale, scale.values[o], out);
    }
    return Tensors{y.tensor()};
  };
  return s;
}

OpSamples linear_samples() {
  OpSamples op{"quantized_linear", {kFloat32}, {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        dense("u8", bytes({3, 10}, kUInt8), {4, 10}, true, {0.02, 128},
              {{0.4, 100}, kUInt8, false}),
        dense("i8, odd sizes", bytes({7, 13}, kInt8), {19, 13}, false, {0.02, -4},
              {{0.4, 5}, kInt8, true}),
        dense("real results", bytes({5, 33}, kUInt8), {10, 33}, true, {0.02, 9},
              {{}, kFloat32, false}),
        dense("one row", bytes({16}, kInt8), {16, 16}, true, {0.02, 0}, {{0.4, 0}, kInt8, false}),
        dense("more dimensions", bytes({2, 3, 4, 6}, kUInt8), {5, 6}, true, {0.02, 0},
              {{0.1, 0}, kUInt8, true}),
        dense("no inputs", bytes({2, 0}, kUInt8), {5, 0}, true, {0.02, 0},
              {{0.1, 0}, kUInt8, true}),
        dense("no rows", bytes({0, 4}, kUInt8), {5, 4}, true, {0.02, 0}, {{0.1, 0}, kUInt8, true}),
        dense("many", bytes({70, 130}, kUInt8), {50, 130}, true, {0.02, 77},
              {{0.9, 99}, kUInt8, false}),
    };
  };
  op.errors = [] {
    const QuantizedWeight w{bytes({6, 4}, kInt8), weight_scales(6), {}};
    return std::vector<ErrorSample>{
        {"sizes",
         [=] {
           quantized_linear(bytes({2, 5}, kUInt8), {}, w, {});
         },
         "[quantized_linear] input must end with the weight's last size; got [2, 5] and [6, 4]"},
        {"dtype",
         [=] {
           quantized_linear(sample_values({2, 4}), {}, w, {});
         },
         "[quantized_linear] works on u8 and i8; got f64"},
        {"undefined", [=] { quantized_linear(Tensor(), {}, w, {}); }, "undefined tensor"},
    };
  };
  return op;
}

// --- Addition

Sample sum_of(const std::string& label, IntArrayRef sizes, QuantParams pa, QuantParams pb,
              const QuantizedOutput& out) {
  Sample s;
  s.label = label;
  s.inputs = {bytes(sizes, out.dtype, 1), bytes(sizes, out.dtype, 2)};
  s.run = [=](const Tensors& in) { return Tensors{quantized_add(in[0], pa, in[1], pb, out)}; };
  s.reference = [=](const Tensors& in) {
    const Numbers a(in[0]), b(in[1]);
    Numbers y(a.sizes);
    for (std::size_t i = 0; i < y.numel(); ++i) {
      const double real = (a.values[i] - static_cast<double>(pa.zero_point)) * pa.scale +
                          (b.values[i] - static_cast<double>(pb.zero_point)) * pb.scale;
      y.values[i] = rounded(real / out.params.scale, out);
    }
    return Tensors{y.tensor()};
  };
  return s;
}

OpSamples add_samples() {
  OpSamples op{"quantized_add", {kFloat32}, {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        sum_of("u8", {3, 7}, {0.021, 13}, {0.033, 128}, {{0.047, 100}, kUInt8, false}),
        sum_of("i8", {2, 3, 4, 5}, {0.021, -13}, {0.033, 28}, {{0.047, -10}, kInt8, false}),
        sum_of("relu", {2, 33}, {0.021, 13}, {0.033, 128}, {{0.047, 0}, kUInt8, true}),
        sum_of("nothing", {0, 3}, {0.021, 13}, {0.033, 128}, {{0.047, 0}, kUInt8, true}),
        sum_of("many", {41, 1000}, {0.021, 13}, {0.033, 128}, {{0.047, 60}, kUInt8, false}),
    };
  };
  op.errors = [] {
    const Tensor x = bytes({2, 3}, kUInt8);
    return std::vector<ErrorSample>{
        {"sizes", [=] { quantized_add(x, {}, bytes({3}, kUInt8), {}, {}); },
         "[quantized_add] tensors must have the same sizes; got [2, 3] and [3]"},
        {"dtypes",
         [=] {
           quantized_add(x, {}, bytes({2, 3}, kInt8), {}, {});
         },
         "[quantized_add] tensors must have one dtype; got u8 and i8"},
        {"output",
         [=] {
           quantized_add(x, {}, x, {}, {{}, kInt8, false});
         },
         "[quantized_add] the output must be of the inputs' dtype; got i8"},
        {"floating",
         [=] {
           quantized_add(sample_values({2}), {}, x, {}, {{}, kFloat64, false});
         },
         "[quantized_add] works on u8 and i8; got f64"},
        {"scale",
         [=] {
           quantized_add(x, {-1, 0}, x, {}, {});
         },
         "[quantized_add] the scale of the first tensor must be a positive f32; got -1"},
    };
  };
  return op;
}

// --- Pooling

Sample pooled(const std::string& label, const Tensor& x, QuantParams px, QuantParams py,
              const QuantizedPoolGeometry& g) {
  Sample s;
  s.label = label;
  s.inputs = {x};
  s.run = [=](const Tensors& in) { return Tensors{quantized_avg_pool2d(in[0], px, py, g)}; };
  s.reference = [=](const Tensors& in) {
    const Dims stride = g.stride.empty() ? g.kernel : g.stride;
    const Tensor real =
        (in[0].to(kFloat64) - static_cast<double>(px.zero_point)) * (px.scale / py.scale);
    const Numbers mean(
        avg_pool2d(real, g.kernel, stride, g.padding, g.ceil_mode, g.count_include_pad));
    Numbers y(mean.sizes);
    for (std::size_t i = 0; i < y.numel(); ++i) {
      y.values[i] = rounded(mean.values[i], {py, in[0].dtype(), false});
    }
    return Tensors{y.tensor()};
  };
  return s;
}

OpSamples avg_pool_samples() {
  OpSamples op{"quantized_avg_pool2d", {kFloat32}, {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        pooled("2x2", bytes({2, 3, 6, 4}, kUInt8), {0.021, 13}, {0.0173, 40}, {{2}}),
        pooled("padding", bytes({2, 19, 5, 5}, kUInt8), {0.021, 13}, {0.0173, 40},
               {{3}, {2}, {1}, false, true}),
        pooled("padding not counted", bytes({2, 5, 5, 6}, kInt8), {0.021, 13}, {0.0173, -40},
               {{3}, {2, 1}, {1}, false, false}),
        pooled("ceil", bytes({1, 2, 6, 5}, kInt8), {0.021, 13}, {0.0173, -40},
               {{3}, {2}, {0}, true, true}),
        pooled("nothing", bytes({0, 2, 6, 5}, kInt8), {0.021, 13}, {0.0173, -40}, {{3}}),
    };
  };
  op.errors = [] {
    const Tensor x = bytes({1, 2, 4, 4}, kUInt8);
    return std::vector<ErrorSample>{
        {"kernel", [=] { quantized_avg_pool2d(x, {}, {}, {{5}}); },
         "[quantized_avg_pool2d] the kernel must fit into the padded input; got a kernel of 5 over "
         "4"},
        {"padding",
         [=] {
           quantized_avg_pool2d(x, {}, {}, {{2}, {2}, {2}});
         },
         "[quantized_avg_pool2d] padding must be at most half of the kernel; got padding [2, 2] "
         "and "
         "kernel [2, 2]"},
        {"rank", [=] { quantized_avg_pool2d(x[0], {}, {}, {{2}}); },
         "[quantized_avg_pool2d] input must have 4 dimensions and planes that are not empty; got "
         "[2, 4, 4]"},
    };
  };
  return op;
}

OpSamples global_pool_samples() {
  OpSamples op{"quantized_global_avg_pool2d", {kFloat32}, {}, {}};
  op.samples = [] {
    std::vector<Sample> out;
    for (const DType dtype : {kUInt8, kInt8}) {
      const QuantParams px{0.021, 13}, py{0.0173, 40};
      Sample s = pooled(str(dtype), bytes({2, 21, 5, 3}, dtype), px, py, {{5, 3}});
      s.run = [=](const Tensors& in) {
        return Tensors{quantized_global_avg_pool2d(in[0], px, py)};
      };
      out.push_back(s);
    }
    return out;
  };
  op.errors = [] {
    return std::vector<ErrorSample>{
        {"dtype",
         [] {
           quantized_global_avg_pool2d(sample_values({1, 2, 3, 3}), {}, {});
         },
         "[quantized_global_avg_pool2d] works on u8 and i8; got f64"},
        {"large",
         [] {
           quantized_global_avg_pool2d(as_fake(bytes({1, 1, 3000, 3000}, kUInt8)), {}, {});
         },
         "[quantized_global_avg_pool2d] planes of more than 8388607 elements are not supported; "
         "got "
         "[1, 1, 3000, 3000]"},
    };
  };
  return op;
}

}  // namespace

std::vector<OpSamples> quantized_samples() {
  return {conv2d_samples(), linear_samples(), add_samples(), avg_pool_samples(),
          global_pool_samples()};
}

}  // namespace sinter::testing
