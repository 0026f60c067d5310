// A tour of spellings that programs use: options, methods and functions, modules and their
// containers, functional layers, optimizers and their groups, guards, archives.
#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace nn = torch::nn;
namespace F = torch::nn::functional;

// Rounded, so that the last bits do not show.
double number(const torch::Tensor& x) { return std::round(x.item<double>() * 1e4) / 1e4; }

void options() {
  std::cout << "====== options ======\n";
  auto options = torch::TensorOptions()
                     .dtype(torch::kFloat32)
                     .layout(torch::kStrided)
                     .device(torch::kCPU)
                     .requires_grad(true);
  torch::Tensor tensor = torch::full({2, 2}, /*fill_value=*/0.5, options);
  std::cout << tensor.requires_grad() << tensor.options().requires_grad()
            << tensor.is_floating_point() << (tensor.dtype() == torch::kFloat)
            << (tensor.scalar_type() == torch::kFloat32) << (tensor.device() == torch::kCPU)
            << tensor.device().is_cpu() << tensor.is_cuda()
            << (tensor.device().type() == torch::DeviceType::CPU) << "\n";
  auto a = torch::zeros({2}, torch::dtype(torch::kInt32).device(torch::kCPU));
  auto b = torch::ones({2}, torch::device(torch::kCPU).dtype(torch::kFloat64));
  auto c = torch::empty({2, 0}, at::kHalf);
  std::cout << a.scalar_type() << " " << b.scalar_type() << " " << c.scalar_type() << " "
            << torch::arange(3).scalar_type() << " " << torch::tensor(true).scalar_type() << " "
            << (a + b).scalar_type() << " " << (a / 2).scalar_type() << " "
            << torch::tensor({1, 2}, torch::kByte).scalar_type() << "\n";
  std::cout << (torch::ScalarType::Long == torch::kInt64) << (at::ScalarType::Float == at::kFloat)
            << "\n";
  std::cout << torch::Device("cpu") << " " << torch::Device(torch::kCUDA, 1) << " "
            << torch::cuda::is_available() << int(torch::cuda::device_count()) << "\n";
  const std::vector<int64_t> sizes{2, 3};
  std::cout << torch::rand(sizes).sizes() << torch::randn({3}).sizes()
            << torch::randint(10, {4}).sizes() << torch::randint(3, 5, {2, 2}).sizes()
            << torch::randperm(5).sizes() << torch::eye(3).sizes() << torch::IntArrayRef({1, 2})
            << torch::zeros(3).sizes() << torch::ones_like(tensor).sizes()
            << torch::rand_like(tensor).sizes() << torch::logspace(0, 1, 5).sizes() << "\n";
}

void tensors() {
  std::cout << "====== tensors ======\n";
  auto x = torch::tensor({{1.0, -2.0, 3.0}, {-4.0, 5.0, -6.0}});
  std::cout << x.abs().sum().item<double>() << " " << x.size(0) << x.size(-1) << x.dim()
            << x.numel() << x.ndimension() << " " << x.sizes().vec().size() << "\n";
  std::cout << torch::clamp(x, -1, 1) << "\n" << x.clamp_min(0).clamp_max(4) << "\n";
  std::cout << torch::sum(x, {1}) << "\n"
            << x.mean(0, true) << "\n"
            << x.std(1) << "\n"
            << number(x.var()) << " " << number(x.norm()) << "\n"
            << torch::argmax(x, 1) << "\n";
  std::cout << -x + 2 * x - x / 2 << "\n" << (1 - x) * (2.0 / x.abs()) << "\n";
  std::cout << ((x > 0) & (x < 4)) << "\n" << (x != 3).all() << (~(x > 0)).any() << "\n";
  std::cout << torch::matmul(x, x.t()) << "\n"
            << x.mv(torch::ones({3})) << "\n"
            << torch::einsum("ij,kj->ik", {x, x}).sizes() << torch::outer(x[0], x[1]).sizes()
            << torch::bmm(x.unsqueeze(0), x.t().unsqueeze(0)).sizes()
            << torch::addmm(torch::ones({2}), x, x.t()).sizes()
            << torch::dot(x[0], x[1]).item<float>() << "\n";
  std::cout << x.transpose(0, 1).reshape({-1}) << "\n"
            << x.permute({1, 0}).sizes() << x.unsqueeze(0).squeeze().sizes()
            << x.view({3, 2}).sizes() << x.flatten().sizes() << x.expand({4, 2, 3}).sizes()
            << x.repeat({2, 1}).sizes() << x.numel() << "\n";
  auto parts = torch::split(x, 2, /*dim=*/1);
  std::cout << parts.size() << torch::cat({parts[0], parts[1]}, 1).equal(x)
            << torch::unbind(x).size() << torch::meshgrid({x[0], x[1]}, "ij")[0].sizes() << "\n";
  std::cout << x.cumsum(1) << "\n"
            << torch::tril(torch::ones({3, 3})) << "\n"
            << torch::one_hot(torch::tensor({0, 2})) << "\n"
            << x.sign().pow(2).sum() << "\n";
  std::cout << torch::softmax(x, 1) << "\n"
            << torch::logsumexp(x, 1) << "\n"
            << torch::sigmoid(x) << "\n"
            << torch::leaky_relu(x, 0.1) << "\n"
            << torch::gelu(x / 2) << "\n"
            << torch::elu(x) << "\n";
  std::cout << x.to(torch::kInt) << "\n"
            << x.toType(torch::kLong).sum() << "\n"
            << torch::isnan(x / 0).any() << torch::equal(x, x.clone())
            << torch::allclose(x, x + 1e-9) << x.is_same(x) << x.defined() << "\n";
  const auto [low, where] = torch::min(x, /*dim=*/0);
  std::cout << low << "\n" << where << "\n" << torch::max(x) << torch::min(x, x * 0) << "\n";
  torch::Scalar scalar = 3;
  std::cout << x.mul(scalar).sum() << " " << scalar.toDouble() << " " << x[0][0].item().toFloat()
            << "\n";
}

struct BlockImpl : nn::Module {
  BlockImpl(int64_t in, int64_t out) : linear(in, out), norm(nn::LayerNormOptions({out})) {
    register_module("linear", linear);
    register_module("norm", norm);
  }
  torch::Tensor forward(const torch::Tensor& x) { return F::gelu(norm(linear(x))); }
  nn::Linear linear;
  nn::LayerNorm norm;
};
TORCH_MODULE(Block);

struct ModelImpl : nn::Module {
  struct Options {
    Options(int64_t width) : width_(width) {}
    TORCH_ARG(int64_t, width);
    TORCH_ARG(double, dropout) = 0.1;
  };
  explicit ModelImpl(const Options& options)
      : embedding(register_module("embedding", nn::Embedding(10, options.width()))),
        blocks(register_module("blocks", nn::ModuleList())),
        head(register_module("head", nn::Sequential(nn::Dropout(options.dropout()),
                                                    nn::Linear(options.width(), 3)))) {
    for (int i = 0; i < 2; ++i) blocks->push_back(Block(options.width(), options.width()));
  }
  torch::Tensor forward(torch::Tensor x) {
    x = embedding->forward(x).mean(1);
    for (const auto& block : *blocks) x = x + block->as<Block>()->forward(x);
    return head->forward(x);
  }
  nn::Embedding embedding;
  nn::ModuleList blocks;
  nn::Sequential head;
};
TORCH_MODULE(Model);

void modules() {
  std::cout << "====== modules ======\n";
  Model model(ModelImpl::Options(8).dropout(0.2));
  std::cout << model << "\n";
  for (const auto& module : model->named_modules()) std::cout << module.key() << ";";
  int64_t count = 0;
  for (const auto& p : model->parameters()) count += p.numel();
  std::cout << count << "\n";
  model->eval();
  auto tokens = torch::tensor({{1, 2, 3}, {4, 5, 6}});
  std::cout << model(tokens).sizes() << model->is_training() << "\n";
  auto copy = std::dynamic_pointer_cast<ModelImpl>(
      nn::Sequential(nn::Linear(1, 1))->as<nn::Sequential>() ? model.ptr() : nullptr);
  std::cout << copy->name() << " " << (copy.get() == model.get()) << "\n";

  nn::Sequential named({{"first", nn::Linear(2, 2)}, {"act", nn::ReLU(nn::ReLUOptions(true))}});
  named->push_back("last", nn::Linear(nn::LinearOptions(2, 1).bias(false)));
  std::cout << named << "\n" << named->size() << "\n";
  {
    torch::NoGradGuard guard;
    for (auto& p : named->named_parameters()) p.value().fill_(0.5);
  }
  std::cout << named->forward(torch::ones({1, 2})) << "\n";
  nn::AnyModule any(nn::Linear(2, 5));
  std::cout << any.forward(torch::ones({1, 2})).sizes() << "\n";
  nn::ModuleDict dict(torch::OrderedDict<std::string, std::shared_ptr<nn::Module>>(
      {{"one", nn::Linear(1, 1).ptr()}}));
  std::cout << dict->contains("one") << dict->size() << "\n";
}

void functional() {
  std::cout << "====== functional ======\n";
  auto x = torch::linspace(-1, 1, 32).view({1, 2, 4, 4});
  auto weight = torch::linspace(0, 1, 36).view({2, 2, 3, 3});
  std::cout << F::conv2d(x, weight, F::Conv2dFuncOptions().stride(1).padding(1)).sizes()
            << torch::conv2d(x, weight, /*bias=*/{}, /*stride=*/2, /*padding=*/1).sizes()
            << F::max_pool2d(x, F::MaxPool2dFuncOptions(2)).sizes()
            << F::avg_pool2d(x, F::AvgPool2dFuncOptions({2, 2}).stride({1, 2})).sizes()
            << F::adaptive_avg_pool2d(x, F::AdaptiveAvgPool2dFuncOptions({1, 1})).sizes()
            << F::pad(x, F::PadFuncOptions({1, 1, 2, 2}).mode(torch::kReplicate)).sizes()
            << torch::adaptive_avg_pool2d(x, {1, 1}).sizes() << torch::avg_pool2d(x, 2).sizes()
            << "\n";
  std::cout << torch::conv2d(x, weight).view({2, 4}) << "\n";
  auto logits = torch::tensor({{1.0, 2.0, 0.5}, {0.1, -1.0, 3.0}});
  auto target = torch::tensor({1, 2});
  auto options = nn::CrossEntropyLossOptions().label_smoothing(0.1);
  const std::vector<torch::Tensor> losses{
      F::cross_entropy(logits, target),
      F::cross_entropy(logits, target, F::CrossEntropyFuncOptions().reduction(torch::kSum)),
      F::nll_loss(F::log_softmax(logits, F::LogSoftmaxFuncOptions(1)), target),
      F::mse_loss(logits, logits * 2),
      nn::CrossEntropyLoss(options)(logits, target),
      nn::BCEWithLogitsLoss()(logits, torch::ones({2, 3})),
      torch::binary_cross_entropy_with_logits(logits, torch::zeros({2, 3})),
      torch::mse_loss(logits, logits, torch::Reduction::None).sum(),
      torch::cross_entropy_loss(logits, target)};
  for (const auto& loss : losses) std::cout << number(loss) << " ";
  std::cout << "\n";
  std::cout << F::softmax(logits, F::SoftmaxFuncOptions(1)) << "\n"
            << F::layer_norm(logits, F::LayerNormFuncOptions({3})) << "\n"
            << torch::layer_norm(logits, {3}) << "\n"
            << torch::batch_norm(logits, {}, {}, {}, {}, true, 0.1, 1e-5, false) << "\n"
            << F::dropout(logits, F::DropoutFuncOptions().p(0.5).training(false)).equal(logits)
            << "\n";
  auto q = torch::linspace(0, 1, 24).view({1, 2, 3, 4});
  auto attended = torch::scaled_dot_product_attention(q, q, q, {}, 0.0, /*is_causal=*/true);
  std::cout << attended.sizes() << "\n" << attended.view({6, 4}) << "\n";
}

void optimizers() {
  std::cout << "====== optimizers ======\n";
  auto a = torch::tensor({1.0, 2.0}, torch::requires_grad());
  auto b = torch::tensor({3.0}, torch::requires_grad());
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<torch::Tensor>{a});
  groups.emplace_back(std::vector<torch::Tensor>{b},
                      std::make_unique<torch::optim::AdamOptions>(0.1));
  torch::optim::Adam adam(groups, torch::optim::AdamOptions(0.01).weight_decay(1e-4));
  for (int i = 0; i < 3; ++i) {
    adam.zero_grad();
    ((a * a).sum() + (b * b).sum()).backward();
    adam.step();
  }
  std::cout << a.detach() << "\n" << b.detach() << "\n";
  for (auto& group : adam.param_groups()) {
    if (group.has_options()) {
      group.options().set_lr(group.options().get_lr() * 0.5);
    }
  }
  auto closure = [&]() {
    adam.zero_grad();
    auto loss = (a * a).sum();
    loss.backward();
    return loss;
  };
  std::cout << number(adam.step(closure)) << "\n";
  torch::optim::SGD sgd({a, b}, torch::optim::SGDOptions(0.1).momentum(0.9).nesterov(true));
  (a.sum() * b).sum().backward();
  sgd.step();
  static_cast<torch::optim::SGDOptions&>(sgd.param_groups()[0].options()).lr(0.01);
  torch::optim::AdamW adamw({a}, torch::optim::AdamWOptions(1e-2));
  adamw.step();
  std::cout << a.detach() << "\n" << sgd.param_groups()[0].params().size() << "\n";
}

void guards() {
  std::cout << "====== guards ======\n";
  auto x = torch::ones({1}, torch::requires_grad());
  {
    torch::AutoGradMode off(false);
    std::cout << (x * 2).requires_grad() << torch::GradMode::is_enabled();
    torch::AutoGradMode on(true);
    std::cout << (x * 2).requires_grad();
  }
  {
    c10::InferenceMode inference;
    std::cout << (x * 2).is_inference();
  }
  torch::set_num_threads(2);
  std::cout << torch::get_num_threads() << at::get_num_threads() << "\n";
  torch::manual_seed(3);
  auto first = torch::rand({4});
  torch::manual_seed(3);
  std::cout << first.equal(torch::rand({4})) << "\n";
}

void archives() {
  std::cout << "====== archives ======\n";
  auto x = torch::arange(6).view({2, 3});
  torch::save(x, "x.pt");
  torch::Tensor y;
  torch::load(y, "x.pt");
  std::cout << y << "\n";
  std::vector<torch::Tensor> list{x, x * 2}, again;
  torch::save(list, "list.pt");
  torch::load(again, "list.pt");
  std::cout << again.size() << again[1].equal(x * 2) << "\n";
  torch::serialize::OutputArchive out;
  out.write("x", x);
  out.save_to("archive.pt");
  torch::serialize::InputArchive in;
  in.load_from("archive.pt");
  torch::Tensor z;
  in.read("x", z);
  std::cout << z.equal(x) << "\n";
  for (const char* path : {"x.pt", "list.pt", "archive.pt"}) std::remove(path);
}

int main() {
  std::cout << std::boolalpha;
  options();
  tensors();
  modules();
  functional();
  optimizers();
  guards();
  archives();
}
