#include <sinter/sinter.h>

#include <cstdio>

namespace nn = sinter::nn;

struct NetImpl : nn::Module {
  NetImpl()
      : conv(register_module("conv", nn::Conv2d(nn::Conv2dOptions(1, 8, 3).padding(1)))),
        fc(register_module("fc", nn::Linear(8 * 4 * 4, 2))) {}

  sinter::Tensor forward(const sinter::Tensor& x) {
    return fc(sinter::max_pool2d(sinter::relu(conv(x)), 2).flatten(1));
  }

  nn::Conv2d conv;
  nn::Linear fc;
};
SINTER_MODULE(Net);

int main() {
  sinter::manual_seed(0);
  // Noise, brighter in the upper half of a picture (class 0) or in the lower (class 1).
  sinter::Tensor images = sinter::rand({64, 1, 8, 8});
  const sinter::Tensor labels = sinter::arange(64) % 2;
  for (std::int64_t i = 0; i < 64; ++i) images[i][0].slice(0, 4 * (i % 2), 4 * (i % 2) + 4) += 0.5;

  Net net;
  sinter::optim::SGD optimizer(net->parameters(), sinter::optim::SGDOptions(0.1).momentum(0.9));
  double loss = 0;
  for (int step = 0; step < 50; ++step) {
    optimizer.zero_grad();
    const sinter::Tensor batch_loss = nn::functional::cross_entropy(net(images), labels);
    batch_loss.backward();
    optimizer.step();
    loss = batch_loss.item<double>();
    if (step % 10 == 0) std::printf("step %2d: loss %.4f\n", step, loss);
  }
  return loss < 0.1 ? 0 : 1;
}
