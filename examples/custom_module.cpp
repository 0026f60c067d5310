// A module of one's own: parameters, buffers and submodules, and what comes with registering them.
#include <sinter/sinter.h>

#include <iostream>

namespace nn = sinter::nn;
using sinter::Tensor;

// y = x + scale * fc2(relu(fc1(x))). Registration could as well be done in the constructor of a
// plain nn::Module; in reset() of a Cloneable it is what clone() does again for the copy.
struct ResidualImpl : nn::Cloneable<ResidualImpl> {
  explicit ResidualImpl(std::int64_t width_, std::int64_t hidden_ = 8)
      : width(width_), hidden(hidden_) {
    reset();
  }
  void reset() override {
    fc1 = register_module("fc1", nn::Linear(width, hidden));
    fc2 = register_module("fc2", nn::Linear(nn::LinearOptions(hidden, width).bias(false)));
    scale = register_parameter("scale", sinter::full({width}, 0.1));
    calls = register_buffer("calls", sinter::zeros({}, sinter::kLong));
  }
  Tensor forward(const Tensor& x) {
    calls += 1;
    return x + scale * fc2(sinter::relu(fc1(x)));
  }

  std::int64_t width, hidden;
  nn::Linear fc1{nullptr}, fc2{nullptr};
  Tensor scale, calls;
};
// Residual is to ResidualImpl what nn::Linear is to nn::LinearImpl: a pointer that acts as a value.
SINTER_MODULE(Residual);

int main() {
  nn::Sequential net(Residual(4), nn::ReLU(), Residual(4, 16), nn::Linear(4, 2));
  std::cout << net << "\n\n";

  std::int64_t count = 0;
  for (const auto& parameter : net->named_parameters()) {
    std::cout << parameter.key() << " " << parameter->sizes() << "\n";
    count += parameter->numel();
  }
  std::cout << count << " parameters\n";

  // Functions over the tree: here, every linear layer starts with a bias of zero.
  net->apply([](nn::Module& module) {
    if (auto* linear = module.as<nn::Linear>(); linear != nullptr && linear->bias.defined()) {
      nn::init::zeros_(linear->bias);
    }
  });

  // Freezing: gradients stop at what does not require them.
  const auto last = net->ptr<nn::LinearImpl>(3);
  for (Tensor& parameter : net->parameters()) parameter.requires_grad_(false);
  for (Tensor& parameter : last->parameters()) parameter.requires_grad_(true);
  net->forward(sinter::ones({5, 4})).sum().backward();
  std::cout << std::boolalpha << "gradient of the last layer: " << last->weight.grad().defined()
            << ", of the first: " << net->named_parameters()["0.fc1.weight"].grad().defined()
            << "\n";

  // A clone shares nothing; a copy of a holder shares everything.
  const auto clone = std::dynamic_pointer_cast<nn::SequentialImpl>(net->clone());
  nn::Sequential shared = net;
  net->forward(sinter::ones({1, 4}));
  std::cout << "calls: " << net->named_buffers()["0.calls"].item<int>() << ", in the copy "
            << shared->named_buffers()["0.calls"].item<int>() << ", in the clone "
            << clone->named_buffers()["0.calls"].item<int>() << "\n";
}
