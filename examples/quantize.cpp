// Quantizing a trained net for 8-bit integers, and writing it as ONNX.
#include <sinter/graph/onnx/onnx.h>
#include <sinter/quant/quant.h>
#include <sinter/sinter.h>

#include <cstdio>
#include <filesystem>

namespace nn = sinter::nn;
namespace quant = sinter::quant;
using sinter::Tensor;

int main() {
  sinter::manual_seed(0);
  nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(1, 8, 3).padding(1)), nn::ReLU(), nn::Flatten(),
                     nn::Linear(8 * 64, 2));
  // Brighter above, or below.
  Tensor x = sinter::rand({64, 1, 8, 8});
  const Tensor y = sinter::arange(64) % 2;
  for (std::int64_t i = 0; i < 64; ++i) x[i][0].slice(0, 4 * (i % 2), 4 * (i % 2) + 4) += 0.5;
  sinter::optim::Adam optimizer(net->parameters(), 1e-2);
  for (int i = 0; i < 30; ++i) {
    optimizer.zero_grad();
    nn::functional::cross_entropy(net->forward(x), y).backward();
    optimizer.step();
  }

  // After training: observe ranges on examples, then convert.
  net->eval();
  auto prepared = quant::prepare_ptq(net, {x}, quant::QConfig::ort_x86());
  quant::calibrate(prepared, {x});
  auto integer = quant::convert(prepared);
  const sinter::NoGradGuard no_grad;
  const auto right = [&](const Tensor& scores) {
    return scores.argmax(1).eq(y).sum().item<std::int64_t>();
  };
  std::printf("float: %lld of 64 right\n", static_cast<long long>(right(net->forward(x))));
  std::printf("int8:  %lld of 64 right\n", static_cast<long long>(right(integer(x))));

  const auto path = std::filesystem::temp_directory_path() / "sinter_example_int8.onnx";
  sinter::onnx::save(integer, path.string());
  auto loaded = sinter::onnx::load(path.string());
  std::printf("read back, the same bits: %s\n", loaded(x).equal(integer(x)) ? "yes" : "no");
  std::filesystem::remove(path);
  return 0;
}
