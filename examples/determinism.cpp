// Random numbers and threads: the same seed gives the same bits, on any number of threads.
#include <sinter/sinter.h>

#include <iostream>
#include <vector>

namespace nn = sinter::nn;
using sinter::Tensor;

// All parameters of a small convolutional net after three steps.
std::vector<Tensor> train(int threads) {
  sinter::set_num_threads(threads);
  sinter::manual_seed(7);
  nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(3, 16, 3).padding(1)), nn::BatchNorm2d(16),
                     nn::ReLU(), nn::Conv2d(16, 16, 3), nn::Flatten(), nn::Dropout(0.5),
                     nn::Linear(16 * 10 * 10, 5));
  sinter::optim::SGD optimizer(net->parameters(), sinter::optim::SGDOptions(0.1).momentum(0.9));
  for (int step = 0; step < 3; ++step) {
    const Tensor images = sinter::randn({8, 3, 12, 12});
    const Tensor labels = sinter::randint(5, {8});
    optimizer.zero_grad();
    sinter::cross_entropy(net->forward(images), labels).backward();
    optimizer.step();
  }
  return net->parameters();
}

bool equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  bool same = a.size() == b.size();
  for (std::size_t i = 0; same && i < a.size(); ++i) same = a[i].equal(b[i]);
  return same;
}

int main() {
  std::cout << std::boolalpha;

  // Seeds. Random numbers are computed from a counter: element i of a tensor depends on the seed
  // and on what was drawn before, not on threads, layout or device.
  sinter::manual_seed(42);
  const Tensor first = sinter::randn({1000});
  const sinter::PhiloxState here = sinter::default_generator().get_state();
  const Tensor second = sinter::randn({1000});
  sinter::manual_seed(42);
  std::cout << "seeded again: " << sinter::randn({1000}).equal(first) << "\n";
  sinter::default_generator().set_state(here);
  std::cout << "from a saved state: " << sinter::randn({1000}).equal(second) << "\n";

  // A generator of one's own leaves the default one alone.
  sinter::Generator mine(42);
  std::cout << "a generator with that seed: " << sinter::randn({1000}, mine).equal(first) << "\n";

  // Sinter's own kernels never depend on the number of threads. Gradients of oneDNN's convolutions
  // do, in the last bits, unless results are asked to be deterministic.
  sinter::set_deterministic(true);
  const auto alone = train(1);
  const bool same = equal(alone, train(2)) && equal(alone, train(3));
  std::cout << "trained on 1, 2 and 3 threads: " << same << "\n";
  return same ? 0 : 1;
}
