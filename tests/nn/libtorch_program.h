// A program written for libtorch's C++ frontend: learn which quadrant of the plane a point lies in.
//
// It names nothing of Sinter. libtorch_program_test.cpp includes it with `torch` standing for
// `sinter`; with <torch/torch.h> instead it is a libtorch program, with the same results.
#pragma once

struct BlockImpl : torch::nn::Module {
  BlockImpl(int64_t in, int64_t out, double dropout = 0.0)
      : linear(torch::nn::LinearOptions(in, out).bias(false)), norm(out), drop(dropout) {
    register_module("linear", linear);
    register_module("norm", norm);
    register_module("drop", drop);
  }
  torch::Tensor forward(const torch::Tensor& x) { return drop(torch::relu(norm(linear(x)))); }
  torch::nn::Linear linear;
  torch::nn::BatchNorm1d norm;
  torch::nn::Dropout drop;
};
TORCH_MODULE(Block);

struct ClassifierImpl : torch::nn::Module {
  explicit ClassifierImpl(int64_t width) : blocks(Block(2, width), Block(width, width, 0.1)) {
    register_module("blocks", blocks);
    head = register_module("head", torch::nn::Linear(width, 4));
    scale = register_parameter("scale", torch::ones({1}));
    seen = register_buffer("seen", torch::zeros({1}, torch::kLong));
  }
  torch::Tensor forward(torch::Tensor x) {
    if (is_training()) seen += x.size(0);
    x = blocks->forward(x);
    return torch::log_softmax(head->forward(x) * scale, /*dim=*/1);
  }
  torch::nn::Sequential blocks;
  torch::nn::Linear head{nullptr};
  torch::Tensor scale, seen;
};
TORCH_MODULE(Classifier);

class Quadrants : public torch::data::datasets::Dataset<Quadrants> {
 public:
  explicit Quadrants(int64_t count)
      : points_(torch::randn({count, 2})),
        labels_((points_.select(1, 0) > 0).to(torch::kLong) * 2 +
                (points_.select(1, 1) > 0).to(torch::kLong)) {}
  torch::data::Example<> get(size_t index) override {
    const auto i = static_cast<int64_t>(index);
    return {points_[i], labels_[i]};
  }
  torch::optional<size_t> size() const override { return static_cast<size_t>(points_.size(0)); }

 private:
  torch::Tensor points_, labels_;
};

template <typename Loader>
double train_epoch(Classifier& model, Loader& loader, torch::optim::Optimizer& optimizer) {
  model->train();
  double total = 0;
  int64_t batches = 0;
  for (auto& batch : loader) {
    optimizer.zero_grad();
    torch::Tensor loss = torch::nll_loss(model->forward(batch.data), batch.target);
    loss.backward();
    optimizer.step();
    total += loss.template item<double>();
    ++batches;
  }
  return total / static_cast<double>(batches);
}

template <typename Loader>
double accuracy(Classifier& model, Loader& loader) {
  torch::NoGradGuard no_grad;
  model->eval();
  int64_t correct = 0;
  int64_t count = 0;
  for (const auto& batch : loader) {
    const auto predicted = model->forward(batch.data).argmax(1);
    correct += predicted.eq(batch.target).sum().template item<int64_t>();
    count += batch.target.size(0);
  }
  return static_cast<double>(correct) / static_cast<double>(count);
}

struct Outcome {
  double first_loss, last_loss, accuracy, reloaded_accuracy;
  std::vector<std::string> names;
  int64_t seen;
};

inline Outcome run_program(const std::string& path) {
  torch::manual_seed(7);
  Classifier model(32);
  auto train_set = Quadrants(512).map(torch::data::transforms::Stack<>());
  auto test_set = Quadrants(256).map(torch::data::transforms::Stack<>());
  auto train_loader = torch::data::make_data_loader<torch::data::samplers::RandomSampler>(
      std::move(train_set), torch::data::DataLoaderOptions().batch_size(64).workers(1));
  auto test_loader = torch::data::make_data_loader<torch::data::samplers::SequentialSampler>(
      std::move(test_set), /*batch_size=*/100);

  torch::optim::Adam optimizer(model->parameters(),
                               torch::optim::AdamOptions(0.01).betas(std::make_tuple(0.9, 0.99)));
  Outcome outcome{};
  outcome.first_loss = train_epoch(model, *train_loader, optimizer);
  for (int epoch = 0; epoch < 10; ++epoch) {
    for (auto& group : optimizer.param_groups()) {
      auto& options = static_cast<torch::optim::AdamOptions&>(group.options());
      options.lr(options.lr() * 0.9);
    }
    outcome.last_loss = train_epoch(model, *train_loader, optimizer);
  }
  outcome.accuracy = accuracy(model, *test_loader);
  outcome.seen = model->seen.item<int64_t>();
  for (const auto& parameter : model->named_parameters()) outcome.names.push_back(parameter.key());

  torch::save(model, path);
  Classifier reloaded(32);
  torch::load(reloaded, path);
  outcome.reloaded_accuracy = accuracy(reloaded, *test_loader);
  return outcome;
}
