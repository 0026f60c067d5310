// A piece of each layer: tensors, a convolution, gradients, a step of training.
#include <sinter/sinter.h>

#include <cstdio>

using sinter::Tensor;

bool convolves() {
  const Tensor image = sinter::arange(16, sinter::kFloat).view({1, 1, 4, 4});
  const Tensor kernel = sinter::ones({1, 1, 3, 3}, sinter::requires_grad());
  const Tensor sums = sinter::conv2d(image, kernel);
  sums.sum().backward();
  return sums.view({4}).equal(sinter::tensor({45.0, 54.0, 81.0, 90.0})) &&
         kernel.grad()[0][0][0][0].item<float>() == 0 + 1 + 4 + 5;
}

bool learns() {
  sinter::nn::Linear layer(4, 2);
  sinter::optim::SGD optimizer(layer->parameters(), 0.01);
  const auto loss = [&] { return layer(sinter::ones({1, 4})).square().sum(); };
  const Tensor before = loss();
  before.backward();
  optimizer.step();
  return loss().item<float>() < before.item<float>();
}

int main() {
  std::printf("%s", sinter::show_config().c_str());
  return convolves() && learns() ? 0 : 1;
}
