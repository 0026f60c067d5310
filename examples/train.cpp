// Training a small net: a data set, a loader that shuffles, an optimizer, an evaluation.
#include <sinter/sinter.h>

#include <cmath>
#include <cstdio>

namespace data = sinter::data;
namespace nn = sinter::nn;
namespace F = sinter::nn::functional;
using sinter::Tensor;

// Points on three arms of a spiral; the target is the arm.
class Spirals : public data::datasets::Dataset<Spirals> {
 public:
  explicit Spirals(std::int64_t points) {
    const Tensor arm = sinter::arange(points) % 3;
    const Tensor radius = sinter::rand({points}) * 0.9 + 0.1;
    const Tensor angle = radius * 4 + arm * (2 * M_PI / 3) + sinter::randn({points}) * 0.1;
    points_ = sinter::stack({radius * angle.cos(), radius * angle.sin()}, 1);
    arms_ = arm;
  }
  data::Example<> get(std::size_t index) override {
    const auto i = static_cast<std::int64_t>(index);
    return {points_[i], arms_[i]};
  }
  std::optional<std::size_t> size() const override { return points_.size(0); }

 private:
  Tensor points_, arms_;
};

double accuracy(nn::Sequential& net, Spirals& points) {
  const sinter::NoGradGuard no_grad;
  net->eval();
  auto loader = data::make_data_loader(points.map(data::transforms::Stack<>()), /*batch_size=*/100);
  double correct = 0;
  for (auto& batch : *loader) {
    correct += net->forward(batch.data).argmax(1).eq(batch.target).sum().item<double>();
  }
  net->train();
  return correct / static_cast<double>(*points.size());
}

int main() {
  sinter::manual_seed(0);
  Spirals train_points(900), test_points(300);
  nn::Sequential net(nn::Linear(2, 64), nn::ReLU(), nn::Linear(64, 64), nn::ReLU(),
                     nn::Dropout(0.1), nn::Linear(64, 3));
  sinter::optim::Adam optimizer(net->parameters(), sinter::optim::AdamOptions(0.005));

  auto loader = data::make_data_loader(train_points.map(data::transforms::Stack<>()),
                                       data::DataLoaderOptions().batch_size(64).workers(1));
  for (int epoch = 1; epoch <= 40; ++epoch) {
    double total = 0;
    for (auto& batch : *loader) {
      optimizer.zero_grad();
      const Tensor loss = F::cross_entropy(net->forward(batch.data), batch.target);
      loss.backward();
      optimizer.step();
      total += loss.item<double>() * static_cast<double>(batch.target.size(0));
    }
    if (epoch % 10 == 0) std::printf("epoch %d: loss %.3f\n", epoch, total / 900);
  }

  const double result = accuracy(net, test_points);
  std::printf("accuracy on points it has not seen: %.1f %%\n", 100 * result);
  return result > 0.95 ? 0 : 1;
}
