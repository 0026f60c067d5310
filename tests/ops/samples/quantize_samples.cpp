#include <sinter/ops/dispatch.h>
#include <sinter/ops/quantize_attrs.h>
#include <sinter/ops/registry.h>

#include "reference.h"

namespace sinter::testing {

namespace {

std::vector<DType> float_types() { return {kFloat32, kFloat64, kFloat16, kBFloat16}; }

struct Range {
  std::int64_t low = 0, high = 255;
  std::optional<std::int64_t> axis = std::nullopt;
};

// Calls visit(x, scale, zero point, place) for all elements.
template <class F>
void for_elements(const Tensors& in, const std::optional<std::int64_t>& axis, F&& visit) {
  const Numbers x(in[0]), scale(in[1]);
  const Numbers zero = in[2].defined() ? Numbers(in[2]) : Numbers(scale.sizes);
  std::size_t inner = 1, count = 1;
  if (axis) {
    const auto at = static_cast<std::size_t>(*axis);
    count = static_cast<std::size_t>(x.size(at));
    for (std::size_t d = at + 1; d < x.sizes.size(); ++d) {
      inner *= static_cast<std::size_t>(x.size(d));
    }
  }
  for (std::size_t i = 0; i < x.numel(); ++i) {
    const std::size_t k = i / inner % count;
    visit(x.values[i], scale.values[k], zero.values[k], i);
  }
}

double integer_of(double x, double scale, double zero) { return std::nearbyint(x / scale) + zero; }

Tensor reference_fake(const Range& range, const Tensors& in) {
  Numbers y(in[0].sizes().vec());
  for_elements(in, range.axis, [&](double x, double scale, double zero, std::size_t i) {
    const double q = std::min(std::max(integer_of(x, scale, zero), static_cast<double>(range.low)),
                              static_cast<double>(range.high));
    y.values[i] = (q - zero) * scale;
  });
  return y.tensor();
}

Tensor run_fake(const Range& range, const Tensors& in) {
  return range.axis ? fake_quantize_per_channel_affine(in[0], in[1], in[2], *range.axis, range.low,
                                                       range.high)
                    : fake_quantize_per_tensor_affine(in[0], in[1], in[2], range.low, range.high);
}

// Finite differences agree with the gradients where all elements are cut off.
Sample fake(const std::string& label, Tensors in, const Range& range, bool cut_off = false) {
  Sample s;
  s.label = label;
  s.inputs = std::move(in);
  s.run = [range](const Tensors& t) { return Tensors{run_fake(range, t)}; };
  s.reference = [range](const Tensors& t) { return Tensors{reference_fake(range, t)}; };
  s.gradcheck = cut_off;
  return s;
}

Tensor scales(IntArrayRef sizes, double around) {
  return (sample_values(sizes, 5).abs() + 0.3) * around;
}
Tensor zeros_of(IntArrayRef sizes) { return zeros(sizes, kInt32); }
Tensor some_zeros(IntArrayRef sizes) { return sample_integers(sizes, kInt32, 6); }

std::vector<Sample> fake_samples() {
  return {
      fake("unsigned", {sample_values({3, 5}), scales({}, 0.01), full({}, 117, kInt32)}, {0, 255}),
      fake("signed", {sample_values({2, 3, 4, 5}), scales({1}, 0.02), zeros_of({1})}, {-128, 127}),
      fake("some are cut off", {sample_values({40}), scales({}, 0.01), full({}, 3, kInt32)},
           {-8, 7}),
      fake("all are cut off", {sample_values({2, 7}), scales({}, 0.001), full({}, 1, kInt32)},
           {-4, 3}, true),
      fake("all are cut off, by channel",
           {sample_values({2, 3, 2}), scales({3}, 0.001), some_zeros({3})}, {-4, 3, 1}, true),
      fake("first dimension", {sample_values({4, 3, 3, 3}), scales({4}, 0.02), zeros_of({4})},
           {-127, 127, 0}),
      fake("second dimension", {sample_values({3, 9, 2, 5}), scales({9}, 0.02), some_zeros({9})},
           {-127, 127, 1}),
      fake("last dimension", {sample_values({6, 21}), scales({21}, 0.02), some_zeros({21})},
           {-60, 60, 1}),
      fake("one channel", {sample_values({3, 1, 4}), scales({1}, 0.02), some_zeros({1})},
           {-60, 60, 1}),
      fake("no dimensions", {sample_values({}), scales({}, 0.02), zeros_of({})}, {-60, 60}),
      fake("nothing", {sample_values({0, 3}), scales({3}, 0.02), zeros_of({3})}, {-60, 60, 1}),
      fake("many", {sample_values({70000}), scales({}, 0.011), full({}, 9, kInt32)}, {0, 255}),
  };
}

OpSamples fake_quantize_samples() {
  OpSamples op{"fake_quantize", float_types(), fake_samples, {}};
  op.errors = [] {
    const Tensor x = sample_values({2, 3}), scale = scales({}, 1), zero = zeros_of({});
    return std::vector<ErrorSample>{
        {"integers",
         [=] {
           run_fake({}, {x.to(kInt32), scale, zero});
         },
         "[fake_quantize] works on floating point tensors; got i32"},
        {"dtype of scale",
         [=] {
           run_fake({}, {x, scale.to(kInt32), zero});
         },
         "[fake_quantize] scale must be floating point; got i32"},
        {"dtype of zero_point",
         [=] {
           run_fake({}, {x, scale, scale});
         },
         "[fake_quantize] zero_point must be i32; got f64"},
        {"sizes of zero_point",
         [=] {
           run_fake({}, {x, scale, zeros_of({1})});
         },
         "[fake_quantize] zero_point must have the sizes of scale []; got [1]"},
        {"number of scales",
         [=] {
           run_fake({}, {x, scales({2}, 1), zeros_of({2})});
         },
         "[fake_quantize] scale must have one element; got sizes [2]"},
        {"number of channels",
         [=] {
           run_fake({0, 1, 1}, {x, scales({2}, 1), zeros_of({2})});
         },
         "[fake_quantize] scale must have one element for each of the 3 slices along the axis; got "
         "sizes [2]"},
        {"axis",
         [=] {
           run_fake({0, 1, 2}, {x, scales({2}, 1), zeros_of({2})});
         },
         "[fake_quantize]"},
        {"axis of a number",
         [=] {
           run_fake({0, 1, 0}, {sample_values({}), scales({1}, 1), zeros_of({1})});
         },
         "[fake_quantize] axis needs a dimension; got a 0-d tensor"},
        {"range",
         [=] {
           run_fake({5, 4, {}}, {x, scale, zero});
         },
         "[fake_quantize] quant_min must not be above quant_max, both in the range of i32; got 5 "
         "and 4"},
    };
  };
  return op;
}

OpSamples mask_samples() {
  OpSamples op{"fake_quantize_mask", float_types(), {}, {}};
  op.samples = [] {
    const auto run = [](const Range& range) {
      return [range](const Tensors& in) {
        const ops::FakeQuantizeAttrs attrs{range.low, range.high, range.axis};
        return Tensors{ops::call(*ops::find_op("fake_quantize_mask"), attrs, in[0], in[1], in[2])};
      };
    };
    const auto reference = [](const Range& range) {
      return [range](const Tensors& in) {
        Numbers mask(in[0].sizes().vec());
        for_elements(in, range.axis, [&](double x, double scale, double zero, std::size_t i) {
          const double q = integer_of(x, scale, zero);
          mask.values[i] =
              q >= static_cast<double>(range.low) && q <= static_cast<double>(range.high);
        });
        return Tensors{mask.tensor()};
      };
    };
    std::vector<Sample> out;
    for (const Range& range : {Range{-20, 19, {}}, Range{-20, 19, 1}}) {
      Sample s;
      s.label = range.axis ? "by channel" : "one scale";
      const Dims count = range.axis ? Dims{11} : Dims{};
      s.inputs = {sample_values({5, 11, 3}), scales(count, 0.02), some_zeros(count)};
      s.run = run(range);
      s.reference = reference(range);
      s.gradcheck = false;
      out.push_back(s);
    }
    return out;
  };
  return op;
}

Sample quantized(const std::string& label, Tensors in, DType dtype,
                 std::optional<std::int64_t> axis) {
  Sample s;
  s.label = label;
  s.inputs = std::move(in);
  s.run = [=](const Tensors& t) { return Tensors{quantize(t[0], t[1], t[2], dtype, axis)}; };
  s.reference = [=](const Tensors& t) {
    Numbers q(t[0].sizes().vec());
    const double low = dtype == kInt8 ? -128 : 0;
    for_elements(t, axis, [&](double x, double scale, double zero, std::size_t i) {
      q.values[i] = std::min(std::max(integer_of(x, scale, zero), low), low + 255);
    });
    return Tensors{q.tensor()};
  };
  return s;
}

OpSamples quantize_op_samples() {
  OpSamples op{"quantize", float_types(), {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        quantized("u8", {sample_values({3, 4}), scales({}, 0.01), full({}, 121, kInt32)}, kUInt8,
                  {}),
        quantized("i8, no zero point", {sample_values({2, 3, 4, 5}), scales({}, 0.01), Tensor()},
                  kInt8, {}),
        quantized("saturating", {sample_values({50}), scales({}, 0.001), full({}, 3, kInt32)},
                  kInt8, {}),
        quantized("by channel", {sample_values({4, 3, 3, 3}), scales({4}, 0.01), zeros_of({4})},
                  kInt8, 0),
        quantized("by channel, inside",
                  {sample_values({3, 9, 5}), scales({9}, 0.01), some_zeros({9})}, kInt8, 1),
        quantized("last dimension", {sample_values({3, 19}), scales({19}, 0.01), some_zeros({19})},
                  kInt8, 1),
        quantized("nothing", {sample_values({0}), scales({}, 0.01), Tensor()}, kInt8, {}),
        quantized("many, ties among them",
                  {(sample_values({3, 20000}) * 1024).round() / 1024, full({}, 1.0 / 128, kFloat64),
                   Tensor()},
                  kInt8, {}),
    };
  };
  op.errors = [] {
    const Tensor x = sample_values({2, 3}), scale = scales({}, 1);
    return std::vector<ErrorSample>{
        {"dtype", [=] { quantize(x, scale, {}, kInt32); },
         "[quantize] dtype must be u8 or i8; got i32"},
        {"integers", [=] { quantize(x.to(kInt8), scale, {}, kInt8); },
         "[quantize] works on floating point tensors; got i8"},
        {"axis", [=] { quantize(x, scale, {}, kInt8, 2); }, "[quantize]"},
    };
  };
  return op;
}

Sample dequantized(const std::string& label, Tensors in, std::optional<std::int64_t> axis) {
  Sample s;
  s.label = label;
  s.inputs = std::move(in);
  s.run = [=](const Tensors& t) { return Tensors{dequantize(t[0], t[1], t[2], axis)}; };
  s.reference = [=](const Tensors& t) {
    Numbers x(t[0].sizes().vec());
    for_elements(t, axis, [&](double q, double scale, double zero, std::size_t i) {
      x.values[i] = (q - zero) * scale;
    });
    return Tensors{x.tensor()};
  };
  return s;
}

OpSamples dequantize_samples() {
  OpSamples op{"dequantize", float_types(), {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        dequantized("u8", {sample_integers({3, 4}, kUInt8), scales({}, 0.1), full({}, 121, kInt32)},
                    {}),
        dequantized("i8", {sample_integers({2, 3, 4, 5}, kInt8), scales({1}, 0.1), Tensor()}, {}),
        dequantized("i32 by channel", {sample_integers({6, 4}, kInt32), scales({6}, 0.1), Tensor()},
                    0),
        dequantized("last dimension",
                    {sample_integers({6, 4}, kInt8), scales({4}, 0.1), some_zeros({4})}, 1),
        dequantized("nothing", {sample_integers({0, 4}, kInt8), scales({}, 0.1), Tensor()}, {}),
    };
  };
  op.errors = [] {
    const Tensor q = sample_integers({2, 3}, kInt8), scale = scales({}, 1);
    return std::vector<ErrorSample>{
        {"floating", [=] { dequantize(scale, scale); },
         "[dequantize] works on u8, i8 and i32; got f64"},
        {"scale", [=] { dequantize(q, q); }, "[dequantize] scale must be floating point; got i8"},
    };
  };
  return op;
}

Sample chosen(const std::string& label, Tensors in, const QuantRange& range) {
  Sample s;
  s.label = label;
  s.inputs = std::move(in);
  s.gradcheck = false;
  s.run = [=](const Tensors& t) {
    auto [scale, zero_point] = choose_qparams(t[0], t[1], range);
    return Tensors{scale, zero_point};
  };
  s.reference = [=](const Tensors& t) {
    const Numbers lows(t[0]), highs(t[1]);
    Numbers scale(t[0].sizes().vec()), zero(t[0].sizes().vec());
    const auto least = static_cast<double>(range.quant_min);
    const auto most = static_cast<double>(range.quant_max);
    for (std::size_t i = 0; i < lows.numel(); ++i) {
      const double low = std::min(lows.values[i], 0.0), high = std::max(highs.values[i], 0.0);
      const double step =
          range.symmetric ? std::max(-low, high) / most : (high - low) / (most - least);
      scale.values[i] = std::max(step, 0x1p-23);
      const double zero_point = std::nearbyint(least - low / scale.values[i]);
      zero.values[i] = range.symmetric ? 0 : std::min(std::max(zero_point, least), most);
    }
    return Tensors{scale.tensor(), zero.tensor()};
  };
  return s;
}

OpSamples choose_qparams_samples() {
  OpSamples op{"choose_qparams", {kFloat32}, {}, {}};
  op.samples = [] {
    const Tensor low = sample_values({7}, 3), width = sample_values({7}, 4).abs() + 0.1;
    return std::vector<Sample>{
        chosen("affine", {low, low + width}, {0, 255, false}),
        chosen("symmetric", {low, low + width}, {-127, 127, true}),
        chosen("one range", {full({}, -0.3), full({}, 1.1)}, {0, 255, false}),
        chosen("nothing but zero", {zeros({2}), zeros({2})}, {0, 255, false}),
        chosen("no ranges", {zeros({0}), zeros({0})}, {0, 255, false}),
    };
  };
  op.errors = [] {
    const Tensor low = zeros({2}), high = ones({2});
    return std::vector<ErrorSample>{
        {"upside down", [=] { choose_qparams(high, low, {}); },
         "[choose_qparams] a range must be finite and not upside down; got 1 to 0"},
        {"sizes", [=] { choose_qparams(low, ones({3}), {}); },
         "[choose_qparams] both ends must have the same sizes; got [2] and [3]"},
        {"dtypes", [=] { choose_qparams(low.to(kFloat32), high.to(kFloat64), {}); },
         "[choose_qparams] both ends must have the same dtype; got f32 and f64"},
        {"range",
         [=] {
           choose_qparams(low, high, {3, 3, false});
         },
         "[choose_qparams] quant_max must be positive and above quant_min; got 3 and 3"},
    };
  };
  return op;
}

}  // namespace

std::vector<OpSamples> quantize_samples() {
  return {fake_quantize_samples(), mask_samples(), quantize_op_samples(), dequantize_samples(),
          choose_qparams_samples()};
}

}  // namespace sinter::testing
