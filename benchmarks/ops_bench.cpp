// Single ops, forward and backward, at sizes that nets have. peers/torch_ops.py has the same ones.
#include <sinter/sinter.h>

#include <nlohmann/json.hpp>

#include "run.h"

namespace {

using namespace benchmarks;
using sinter::Tensor;
using Tensors = std::vector<Tensor>;
namespace F = sinter::nn::functional;

struct Case {
  std::string name;
  Tensors inputs;  // those of floats get gradients
  std::function<Tensor(const Tensors&)> forward;
  double flops = 0;      // of forward; 0 where memory is what limits
  bool backward = true;  // false where it moves no elements
};

Tensor image(sinter::IntArrayRef sizes) {
  return sinter::randn(sizes).to(sinter::MemoryFormat::channels_last);
}

Case gemm(std::int64_t n) {
  const double size = static_cast<double>(n);
  return {.name = "matmul " + std::to_string(n),
          .inputs = {sinter::randn({n, n}), sinter::randn({n, n})},
          .forward = [](const Tensors& t) { return sinter::mm(t[0], t[1]); },
          .flops = 2 * size * size * size};
}

struct ConvSizes {
  std::string name;
  std::int64_t batch, in, out, side, kernel, groups = 1;
};
Case conv(const ConvSizes& s) {
  const double positions = static_cast<double>(s.batch * s.side * s.side);
  const double taps = static_cast<double>(s.in / s.groups * s.kernel * s.kernel * s.out);
  return {.name = s.name,
          .inputs = {image({s.batch, s.in, s.side, s.side}),
                     image({s.out, s.in / s.groups, s.kernel, s.kernel})},
          .forward =
              [s](const Tensors& t) {
                return sinter::conv2d(t[0], t[1], {}, 1, s.kernel / 2, 1, s.groups);
              },
          .flops = s.groups == s.in ? 0 : 2 * positions * taps};
}

Case batch_norm() {
  return {.name = "batch norm 8x64x56x56",
          .inputs = {image({8, 64, 56, 56}), sinter::ones({64}), sinter::zeros({64})},
          .forward = [](const Tensors& t) {
            return sinter::batch_norm(t[0], t[1], t[2], {}, {}, /*training=*/true);
          }};
}
Case layer_norm() {
  return {.name = "layer norm 2048x1024",
          .inputs = {sinter::randn({2048, 1024}), sinter::ones({1024}), sinter::zeros({1024})},
          .forward = [](const Tensors& t) { return sinter::layer_norm(t[0], {1024}, t[1], t[2]); }};
}
Case rows(std::string name, std::function<Tensor(const Tensor&)> op) {
  return {.name = name + " 2048x1024",
          .inputs = {sinter::randn({2048, 1024})},
          .forward = [op](const Tensors& t) { return op(t[0]); }};
}
Case attention() {
  const auto heads = [] { return sinter::randn({8, 8, 256, 32}); };
  return {.name = "attention 8x8x256x32, causal",
          .inputs = {heads(), heads(), heads()},
          .forward =
              [](const Tensors& t) {
                return sinter::scaled_dot_product_attention(t[0], t[1], t[2], {}, 0.0, true);
              },
          .flops = 2.0 * 2 * 64 * 256 * 256 * 32};
}
Case cross_entropy() {
  const Tensor target = sinter::randint(0, 1000, {2048}, sinter::TensorOptions(sinter::kInt64));
  return {.name = "cross entropy 2048x1000",
          .inputs = {sinter::randn({2048, 1000})},
          .forward = [target](const Tensors& t) { return F::cross_entropy(t[0], target); }};
}
Case add() {
  return {.name = "add 16M",
          .inputs = {sinter::randn({1 << 24}), sinter::randn({1 << 24})},
          .forward = [](const Tensors& t) { return t[0] + t[1]; },
          .backward = false};
}
Case sum() {
  return {.name = "sum 16M",
          .inputs = {sinter::randn({1 << 24})},
          .forward = [](const Tensors& t) { return t[0].sum(); },
          .backward = false};
}

// One op per line; made one at a time, so that memory is that of one.
const std::vector<std::function<Case()>> kCases = {
    [] { return gemm(512); },
    [] { return gemm(1024); },
    [] {
      return conv({"conv 3x3 8x64x56x56", 8, 64, 64, 56, 3});
    },
    [] {
      return conv({"conv 3x3 8x128x28x28", 8, 128, 128, 28, 3});
    },
    [] {
      return conv({"conv 3x3 8x256x14x14", 8, 256, 256, 14, 3});
    },
    [] {
      return conv({"conv 3x3 8x512x7x7", 8, 512, 512, 7, 3});
    },
    [] {
      return conv({"conv 1x1 16x58x28x28", 16, 58, 58, 28, 1});
    },
    [] {
      return conv({"depthwise 3x3 16x58x28x28", 16, 58, 58, 28, 3, 58});
    },
    [] {
      return conv({"depthwise 3x3 16x144x56x56", 16, 144, 144, 56, 3, 144});
    },
    [] { return batch_norm(); },
    [] { return layer_norm(); },
    [] { return rows("softmax", [](const Tensor& x) { return x.softmax(-1); }); },
    [] { return rows("gelu", [](const Tensor& x) { return sinter::gelu(x); }); },
    [] { return rows("relu", [](const Tensor& x) { return sinter::relu(x); }); },
    [] { return cross_entropy(); },
    [] { return attention(); },
    [] { return add(); },
    [] { return sum(); },
};

double megabytes(const Tensors& tensors) {
  double bytes = 0;
  for (const Tensor& t : tensors) bytes += static_cast<double>(t.numel() * t.element_size());
  return bytes / 1e6;
}

// Arithmetic, or the least that memory must move: what goes in and what comes out.
void print_result(const std::string& name, const Times& times, double flops, double moved_mb) {
  nlohmann::json line = json_of(times);
  line["name"] = name;
  line["rate"] = (flops > 0 ? flops / 1e6 : moved_mb) / times.min_ms;
  line["unit"] = flops > 0 ? "GFLOP/s" : "GB/s";
  print_line(line);
}

void bench_case(const Options& options, const Case& c) {
  Tensor out;
  const auto forward = [&] { out = c.forward(c.inputs); };
  {
    const sinter::NoGradGuard no_grad;
    const Times times = repeated(options, forward);
    print_result(c.name, times, c.flops, megabytes(c.inputs) + megabytes({out}));
  }
  if (!c.backward) return;
  for (Tensor input : c.inputs) input.requires_grad_();
  forward();
  const Tensor gradient = sinter::randn_like(out);
  const Times times = repeated(options, [&] {
    return sinter::autograd::grad({out}, c.inputs, {gradient}, /*retain_graph=*/true);
  });
  print_result(c.name + ", backward", times, 2 * c.flops,
               2 * megabytes(c.inputs) + megabytes({out}));
}

void bench(const Options& options) {
  if (options.dtype != "f32") throw NotThere("ops are measured in f32 only");
  if (options.mode != "eager") throw NotThere("ops are measured in eager mode only");
  for (const auto& make : kCases) {
    const Case c = make();
    if (c.name.starts_with(options.model)) bench_case(options, c);
  }
}

}  // namespace

int main(int argc, char** argv) { return run_main(argc, argv, bench); }
