// Models against torchvision's: names, shapes, and what they compute from the same values. The
// numbers are those of tests/data/models/torchvision_numbers.py, which says what they are.
#include "model_case.h"

#include <sinter/nn/models/models.h>
#include <sinter/nn/serialize.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <iomanip>
#include <map>
#include <sstream>

using namespace sinter;
using namespace sinter::nn::models;
using namespace sinter::test;

namespace {

using ModulePtr = std::shared_ptr<nn::Module>;

const std::map<std::string, std::function<ModulePtr()>>& makers() {
  static const std::map<std::string, std::function<ModulePtr()>> all = {
      {"mlp",
       [] {
         return mlp(MLPOptions(784, {512, 512, 10})).ptr();
       }},
      {"resnet18", [] { return resnet18().ptr(); }},
      {"resnet34", [] { return resnet34().ptr(); }},
      {"resnet50", [] { return resnet50().ptr(); }},
      {"resnet101", [] { return resnet101().ptr(); }},
      {"resnet152", [] { return resnet152().ptr(); }},
      {"shufflenet_v2_x0_5", [] { return shufflenet_v2_x0_5().ptr(); }},
      {"shufflenet_v2_x1_0", [] { return shufflenet_v2_x1_0().ptr(); }},
      {"shufflenet_v2_x1_5", [] { return shufflenet_v2_x1_5().ptr(); }},
      {"shufflenet_v2_x2_0", [] { return shufflenet_v2_x2_0().ptr(); }},
      {"mobilenet_v2", [] { return mobilenet_v2().ptr(); }},
      {"mobilenet_v2_0.35", [] { return mobilenet_v2(1000, 0.35).ptr(); }},
      {"mobilenet_v2_0.75", [] { return mobilenet_v2(1000, 0.75).ptr(); }},
      {"mobilenet_v2_1.4", [] { return mobilenet_v2(1000, 1.4).ptr(); }},
  };
  return all;
}

std::string described(const nn::Module& module) {
  std::ostringstream out;
  for (const auto& item : module.state_dict()) {
    out << item.key() << ' ' << name(item->dtype()) << ' ' << item->sizes() << '\n';
  }
  return out.str();
}

std::string fnv1a(const std::string& text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3;
  std::ostringstream out;
  out << std::hex << std::setw(16) << std::setfill('0') << hash;
  return out.str();
}

// Numbers in [-1, 1) that single precision holds: tensor k's, in the order of memory.
Tensor pattern(std::size_t k, IntArrayRef sizes) {
  Tensor out = empty(sizes, kFloat64);
  auto* const data = out.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    auto h =
        static_cast<std::uint32_t>(i) * 0x9E3779B1U + static_cast<std::uint32_t>(k) * 0x85EBCA77U;
    h = (h ^ (h >> 15)) * 0x2C1B3C6DU;
    h = (h ^ (h >> 12)) * 0x297A2D39U;
    h ^= h >> 15;
    data[i] = static_cast<double>(h >> 8) * 0x1p-23 - 1;
  }
  return out;
}

void fill(const nn::Module& module) {
  std::size_t k = 0;
  for (const auto& item : module.state_dict()) {
    Tensor tensor = *item;
    const Tensor u = pattern(++k, tensor.sizes());
    if (item.key().ends_with("num_batches_tracked")) continue;
    if (tensor.dim() > 1) {
      const auto fan = static_cast<double>(tensor.numel() / tensor.size(0));
      tensor.copy_(u * std::sqrt(6 / fan));
    } else {
      const bool factor = item.key().ends_with("weight") || item.key().ends_with("var");
      tensor.copy_(u / 4 + (factor ? 1 : 0));
    }
  }
}

const safetensors::File& numbers() {
  static const safetensors::File file =
      safetensors::load(SINTER_TEST_DATA "/models/torchvision_numbers.safetensors");
  return file;
}

// PyTorch computed in double precision and rounded to single. In single precision gradients of deep
// nets differ by more than scores, since some inputs of ReLU change sign.
struct Tolerance {
  double scores;
  double tensors;
};
Tolerance tolerance_of(DType dtype) {
  return dtype == kFloat64 ? Tolerance{1e-6, 1e-6} : Tolerance{1e-3, 5e-2};
}

void check_close(const Tensor& got, const Tensor& want, double tolerance) {
  REQUIRE(want.defined());
  REQUIRE(got.sizes() == want.sizes());
  CHECK((got - want).abs().max().item<double>() <= tolerance * want.abs().max().item<double>());
}

// Row by row: the norm, and the product with a pattern, of each tensor. Some gradients are zeros
// but for rounding, such as those of a bias that a batch norm takes out again.
void check_two_numbers(const std::vector<std::pair<std::string, Tensor>>& tensors,
                       const Tensor& want, double relative) {
  REQUIRE(static_cast<std::int64_t>(tensors.size()) == want.size(0));
  const double least = 1e-6 * want.select(1, 0).max().item<double>();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& [key, tensor] = tensors[i];
    const Tensor row = want[static_cast<std::int64_t>(i)];
    const double norm = row[0].item<double>();
    const double product = row[1].item<double>();
    const double tolerance = relative * norm + least;
    const Tensor x = tensor.to(kFloat64);
    INFO(key << ", of norm " << norm);
    CHECK(std::abs(x.norm().item<double>() - norm) <= tolerance);
    CHECK(std::abs((x * pattern(0, x.sizes())).sum().item<double>() - product) <= tolerance);
  }
}

template <class M>
void check_numbers(const std::string& name, nn::ModuleHolder<M> model, IntArrayRef sizes) {
  const DType dtype = GENERATE(kFloat32, kFloat64);
  const Tolerance tolerance = tolerance_of(dtype);
  INFO(name << " in " << sinter::name(dtype));
  const auto want = [&](const char* key) { return numbers().find(name + "/" + key); };
  fill(*model);
  model->to(dtype);
  const Tensor input = pattern(0, sizes).to(dtype);
  model->eval();
  check_close(model(input).detach(), want("eval"), tolerance.scores);
  model->train();
  const Tensor scores = model(input);
  check_close(scores.detach(), want("train"), tolerance.scores);
  nn::functional::cross_entropy(scores, arange(sizes[0]) % 10).backward();
  std::vector<std::pair<std::string, Tensor>> gradients;
  for (const auto& item : model->named_parameters()) {
    gradients.emplace_back(item.key(), item->grad());
  }
  check_two_numbers(gradients, want("gradients"), tolerance.tensors);
  std::vector<std::pair<std::string, Tensor>> buffers;
  for (const auto& item : model->named_buffers()) buffers.emplace_back(item.key(), *item);
  if (!buffers.empty()) check_two_numbers(buffers, want("buffers"), tolerance.tensors);
}

}  // namespace

TEST_CASE("models have the state dicts of torchvision's: names, order, types and shapes") {
  std::ifstream file(SINTER_TEST_DATA "/models/torchvision_models.txt");
  std::size_t compared = 0;
  std::string model;
  std::size_t entries = 0;
  std::int64_t parameters = 0;
  std::string hash;
  for (; file >> model >> entries >> parameters >> hash; ++compared) {
    INFO(model << "; torchvision_numbers.py --list " << model << " prints what it should be");
    const ModulePtr module = makers().at(model)();
    CHECK(module->state_dict().size() == entries);
    CHECK(count_parameters(*module) == parameters);
    CHECK(fnv1a(described(*module)) == hash);
  }
  CHECK(compared == makers().size());
}

TEST_CASE("an MLP computes what torchvision's does, and the same gradients") {
  check_numbers("mlp", mlp(MLPOptions(784, {512, 512, 10})), {4, 784});
}

TEST_CASE("resnet18 computes what torchvision's does, and the same gradients and statistics") {
  check_numbers("resnet18", resnet18(10), {4, 3, 64, 64});
}

TEST_CASE("resnet50 computes what torchvision's does, and the same gradients and statistics") {
  check_numbers("resnet50", resnet50(10), {4, 3, 64, 64});
}

TEST_CASE("ShuffleNet v2 computes what torchvision's does, and the same gradients and statistics") {
  check_numbers("shufflenet_v2_x0_5", shufflenet_v2_x0_5(10), {4, 3, 64, 64});
}

TEST_CASE("MobileNet v2 computes what torchvision's does, and the same gradients and statistics") {
  check_numbers("mobilenet_v2", MobileNetV2(MobileNetV2Options().num_classes(10).dropout(0.0)),
                {4, 3, 64, 64});
}

TEST_CASE("weights of torchvision's models load from the files that PyTorch writes") {
  ShuffleNetV2 model(ShuffleNetV2Options({8, 12, 16})
                         .stage_units({2, 1, 1})
                         .stem_channels(4)
                         .last_channels(24)
                         .num_classes(5));
  load(model, SINTER_TEST_DATA "/models/torchvision_saved.safetensors");
  model->eval();
  const NoGradGuard no_grad;
  check_close(model(numbers().find("saved/images")), numbers().find("saved/eval"), 1e-5);
  CHECK(model->named_buffers()["conv1.1.num_batches_tracked"].item<std::int64_t>() == 1);
}
