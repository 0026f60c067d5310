// A classifier of small pictures, as the first program of libtorch's users looks: a data set of its
// own, a Net with registered modules, a training and a testing function over any loader, a file.
#include <torch/torch.h>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <iostream>
#include <string>
#include <tuple>
#include <vector>

constexpr int64_t kTrainBatchSize = 32;
constexpr int64_t kTestBatchSize = 100;
constexpr int64_t kNumberOfEpochs = 3;
constexpr int64_t kLogInterval = 8;

// Pictures of 20 x 20 with one bright bar: lying, standing, rising or falling.
class Bars : public torch::data::datasets::Dataset<Bars> {
 public:
  enum class Mode { kTrain, kTest };

  explicit Bars(Mode mode) {
    const int64_t count = mode == Mode::kTrain ? 768 : 200;
    targets_ = torch::arange(count) % 4;
    images_ = torch::rand({count, 1, 20, 20}) * 0.4;
    for (int64_t i = 0; i < count; ++i) draw(images_[i][0], i % 4, 5 + i % 7);
  }

  torch::data::Example<> get(size_t index) override {
    return {images_[static_cast<int64_t>(index)], targets_[static_cast<int64_t>(index)]};
  }
  torch::optional<size_t> size() const override { return images_.size(0); }
  bool is_train() const noexcept { return images_.size(0) > 200; }
  const torch::Tensor& images() const { return images_; }
  const torch::Tensor& targets() const { return targets_; }

 private:
  static void draw(torch::Tensor image, int64_t kind, int64_t place) {
    for (int64_t step = 0; step < 12; ++step) {
      const int64_t along = 4 + step;
      const int64_t across = kind == 0 || kind == 1 ? place : (kind == 2 ? 19 - along : along);
      if (kind == 0) {
        image[across][along] = 1.0;
      } else {
        image[along][across] = 1.0;
      }
    }
  }

  torch::Tensor images_, targets_;
};

struct Net : torch::nn::Module {
  Net()
      : conv1(torch::nn::Conv2dOptions(1, 8, /*kernel_size=*/5)),
        conv2(torch::nn::Conv2dOptions(8, 16, /*kernel_size=*/5)),
        fc1(64, 32),
        fc2(32, 4) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("conv2_drop", conv2_drop);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(torch::max_pool2d(conv1->forward(x), 2));
    x = torch::relu(torch::max_pool2d(conv2_drop->forward(conv2->forward(x)), 2));
    x = x.view({-1, 64});
    x = torch::relu(fc1->forward(x));
    x = torch::dropout(x, /*p=*/0.2, /*train=*/is_training());
    x = fc2->forward(x);
    return torch::log_softmax(x, /*dim=*/1);
  }

  torch::nn::Conv2d conv1;
  torch::nn::Conv2d conv2;
  torch::nn::Dropout2d conv2_drop{torch::nn::Dropout2dOptions(0.1)};
  torch::nn::Linear fc1;
  torch::nn::Linear fc2;
};

template <typename DataLoader>
double train(size_t epoch, Net& model, torch::Device device, DataLoader& data_loader,
             torch::optim::Optimizer& optimizer, size_t dataset_size) {
  model.train();
  size_t batch_idx = 0;
  double last = 0;
  for (auto& batch : data_loader) {
    auto data = batch.data.to(device), targets = batch.target.to(device);
    optimizer.zero_grad();
    auto output = model.forward(data);
    auto loss = torch::nll_loss(output, targets);
    TORCH_CHECK(!std::isnan(loss.template item<float>()), "the loss is not a number");
    loss.backward();
    optimizer.step();
    last = loss.template item<double>();
    if (batch_idx++ % kLogInterval == 0) {
      std::fprintf(stderr, "\rTrain epoch: %zu [%5zu/%5zu] loss: %.4f", epoch,
                   batch_idx * static_cast<size_t>(batch.data.size(0)), dataset_size, last);
    }
  }
  return last;
}

template <typename DataLoader>
double test(Net& model, torch::Device device, DataLoader& data_loader, size_t dataset_size) {
  torch::NoGradGuard no_grad;
  model.eval();
  double test_loss = 0;
  int32_t correct = 0;
  for (const auto& batch : data_loader) {
    auto data = batch.data.to(device), targets = batch.target.to(device);
    auto output = model.forward(data);
    test_loss += torch::nll_loss(output, targets, /*weight=*/{}, torch::Reduction::Sum)
                     .template item<float>();
    auto pred = output.argmax(1);
    correct += pred.eq(targets).sum().template item<int64_t>();
  }
  test_loss /= static_cast<double>(dataset_size);
  std::fprintf(stderr, "\nTest set: average loss: %.4f | accuracy: %.3f\n", test_loss,
               static_cast<double>(correct) / static_cast<double>(dataset_size));
  return static_cast<double>(correct) / static_cast<double>(dataset_size);
}

auto main(int argc, char** argv) -> int {
  torch::manual_seed(1);

  torch::DeviceType device_type;
  if (torch::cuda::is_available()) {
    std::fprintf(stderr, "CUDA available! Training on GPU.\n");
    device_type = torch::kCUDA;
  } else {
    device_type = torch::kCPU;
  }
  torch::Device device(device_type);

  Net model;
  model.to(device);
  std::cout << model << "\n";
  for (const auto& pair : model.named_parameters()) {
    std::cout << pair.key() << ": " << pair.value().sizes() << "\n";
  }

  auto train_dataset = Bars(Bars::Mode::kTrain)
                           .map(torch::data::transforms::Normalize<>(0.2307, 0.2081))
                           .map(torch::data::transforms::Stack<>());
  const size_t train_dataset_size = train_dataset.size().value();
  auto train_loader = torch::data::make_data_loader<torch::data::samplers::SequentialSampler>(
      std::move(train_dataset), kTrainBatchSize);

  auto test_dataset = Bars(Bars::Mode::kTest)
                          .map(torch::data::transforms::Normalize<>(0.2307, 0.2081))
                          .map(torch::data::transforms::Stack<>());
  const size_t test_dataset_size = test_dataset.size().value();
  auto test_loader = torch::data::make_data_loader(std::move(test_dataset), kTestBatchSize);
  std::cout << "examples: " << train_dataset_size << " and " << test_dataset_size << "\n";

  torch::optim::SGD optimizer(model.parameters(),
                              torch::optim::SGDOptions(/*lr=*/0.02).momentum(0.9));

  double accuracy = 0;
  for (size_t epoch = 1; epoch <= kNumberOfEpochs; ++epoch) {
    train(epoch, model, device, *train_loader, optimizer, train_dataset_size);
    accuracy = test(model, device, *test_loader, test_dataset_size);
  }
  std::cout << "accuracy is above 0.95: " << (accuracy > 0.95 ? "yes" : "no") << "\n";

  // A model is saved and loaded by a shared pointer, as by a holder.
  const std::string path = argc > 1 ? argv[1] : "mnist_model.pt";
  torch::save(std::make_shared<Net>(model), path);
  auto restored = std::make_shared<Net>();
  torch::load(restored, path);
  const double again = test(*restored, device, *test_loader, test_dataset_size);
  std::cout << "the restored model is as good: " << (again == accuracy ? "yes" : "no") << "\n";
  std::remove(path.c_str());
}
