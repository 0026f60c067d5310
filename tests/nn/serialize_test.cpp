#include <sinter/core/safetensors.h>
#include <sinter/nn/cloneable.h>
#include <sinter/nn/containers.h>
#include <sinter/nn/module_holder.h>
#include <sinter/nn/optim/optim.h>
#include <sinter/nn/serialize.h>
#include <sinter/ops/ops.h>
#include <sinter/tests/core/error_message.h>
#include <sinter/tests/core/temporary_folder.h>

#include <catch2/catch.hpp>

using namespace sinter;
using sinter::test::message_of;
using sinter::test::TemporaryFolder;

namespace {

struct LayerImpl : nn::Cloneable<LayerImpl> {
  explicit LayerImpl(double value_ = 0) : value(value_) { LayerImpl::reset(); }
  void reset() override {
    weight = register_parameter("weight", full({2, 3}, value));
    steps = register_buffer("steps", zeros({}, kInt64));
  }
  Tensor forward(const Tensor& x) { return x * weight; }
  double value;
  Tensor weight;
  Tensor steps;
};
SINTER_MODULE(Layer);

// Saves a number of its own besides.
struct CountingImpl : nn::Module {
  void save(serialize::OutputArchive& archive) const override {
    nn::Module::save(archive);
    archive.write("count", count);
  }
  void load(serialize::InputArchive& archive) override {
    nn::Module::load(archive);
    if (archive.contains("count")) count = archive.read_scalar("count").to<std::int64_t>();
  }
  Tensor forward(const Tensor& x) { return x; }
  std::int64_t count = 0;
};
SINTER_MODULE(Counting);

}  // namespace

TEST_CASE("a tensor is saved and loaded") {
  const TemporaryFolder folder;
  const std::string path = folder.file("t.safetensors");
  const Tensor x = arange(6, kFloat32).view({2, 3}).t();
  save(x, path);
  Tensor y;
  load(y, path);
  CHECK(y.equal(x));
  CHECK(y.sizes() == x.sizes());
}

TEST_CASE("a list of tensors is saved and loaded in order") {
  const TemporaryFolder folder;
  const std::string path = folder.file("list.safetensors");
  std::vector<Tensor> tensors;
  for (int i = 0; i < 12; ++i) tensors.push_back(full({1}, i));
  save(tensors, path);
  std::vector<Tensor> loaded;
  load(loaded, path);
  REQUIRE(loaded.size() == 12);
  for (int i = 0; i < 12; ++i) CHECK(loaded[static_cast<std::size_t>(i)].item<int>() == i);
}

TEST_CASE("named tensors are saved and loaded") {
  const TemporaryFolder folder;
  const std::string path = folder.file("named.safetensors");
  save(OrderedDict<std::string, Tensor>{{"b", ones({2})}, {"a", zeros({1}, kInt64)}}, path);
  OrderedDict<std::string, Tensor> loaded;
  load(loaded, path);
  CHECK(loaded.size() == 2);
  CHECK(loaded["b"].sum().item<float>() == 2);
  std::vector<Tensor> list;
  CHECK(message_of<ValueError>([&] { load(list, path); }) ==
        "[load] the tensors of a list are named 0, 1, ...; got no '0' in " + path);
}

TEST_CASE("a module is saved under the names of its state dict") {
  const TemporaryFolder folder;
  const std::string path = folder.file("net.safetensors");
  nn::Sequential net({{"first", Layer(2)}, {"second", Layer(3)}});
  net->at<LayerImpl>(0).steps.fill_(5);
  save(net, path);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : safetensors::load(path).tensors) names.push_back(name);
  std::sort(names.begin(), names.end());
  CHECK(names ==
        std::vector<std::string>{"first.steps", "first.weight", "second.steps", "second.weight"});
  nn::Sequential other({{"first", Layer()}, {"second", Layer()}});
  const Tensor weight = other->at<LayerImpl>(1).weight;
  load(other, path);
  CHECK(weight.sum().item<float>() == 18);
  CHECK(weight.requires_grad());
  CHECK(other->at<LayerImpl>(0).steps.item<int>() == 5);

  const std::shared_ptr<nn::Module> base = net.ptr();
  save(base, path);
  load(base, path);
  CHECK(message_of<ValueError>([&] { save(std::shared_ptr<nn::Module>(), path); }) ==
        "[save] needs a module; got nullptr");
  CHECK(message_of<ValueError>([&] { load(std::shared_ptr<nn::Module>(), path); }) ==
        "[load] needs a module; got nullptr");
}

TEST_CASE("a file that does not fit changes nothing") {
  const TemporaryFolder folder;
  const std::string path = folder.file("net.safetensors");
  save(nn::Sequential(Layer(2)), path);
  nn::Sequential two(Layer(7), Layer(8));
  CHECK(message_of<ValueError>([&] { load(two, path); }) ==
        "[load_state_dict] names and shapes must be those of sinter::nn::SequentialImpl; got "
        "missing '1.weight', '1.steps'");
  CHECK(two->at<LayerImpl>(0).weight.sum().item<float>() == 42);
  CHECK_THROWS_AS(load(two, folder.file("nowhere.safetensors")), IOError);
}

TEST_CASE("modules can save more than their tensors") {
  const TemporaryFolder folder;
  const std::string path = folder.file("counting.safetensors");
  nn::Sequential net{Counting()};
  net->at<CountingImpl>(0).count = 42;
  save(net, path);
  nn::Sequential other{Counting()};
  load(other, path);
  CHECK(other->at<CountingImpl>(0).count == 42);
}

TEST_CASE("functions inside a Sequential are not saved") {
  nn::Sequential net(Layer(1), nn::Functional(static_cast<Tensor (*)(const Tensor&)>(relu)),
                     Layer(2));
  CHECK(net->state_dict().keys() ==
        std::vector<std::string>{"0.weight", "0.steps", "2.weight", "2.steps"});
  net->load_state_dict(net->state_dict());
}

TEST_CASE("an optimizer is saved and loaded") {
  const TemporaryFolder folder;
  const std::string path = folder.file("sgd.safetensors");
  Layer layer(1);
  optim::SGD sgd(layer->parameters(), optim::SGDOptions(0.125).momentum(0.5));
  layer->weight.mutable_grad() = ones({2, 3});
  sgd.step();
  save(sgd, path);
  Layer other(1);
  optim::SGD loaded(other->parameters(), optim::SGDOptions(3));
  load(loaded, path);
  CHECK(loaded.param_groups()[0].options().get_lr() == 0.125);
  other->weight.mutable_grad() = ones({2, 3});
  loaded.step();
  CHECK(other->weight[0][0].item<float>() == 1 - 0.125F * 1.5F);
}

TEST_CASE("archives nest, and name what is missing") {
  serialize::OutputArchive inner;
  inner.write("x", ones({2}));
  inner.write("undefined", Tensor());
  serialize::OutputArchive outer;
  outer.write("a.b", inner);
  outer.write("n", 2.5);
  outer.write("flag", true);
  CHECK(outer.tensors().keys() == std::vector<std::string>{"a.b.x", "n", "flag"});
  CHECK(message_of<ValueError>([&] { outer.write("n", 1); }) ==
        "[ordered_dict] Tensor 'n' is already defined");

  serialize::InputArchive archive(outer.tensors());
  CHECK(archive.keys() == std::vector<std::string>{"a", "n", "flag"});
  CHECK(archive.read_scalar("n").to<double>() == 2.5);
  CHECK(archive.read_scalar("flag").is_boolean());
  serialize::InputArchive nested;
  archive.read("a", nested);
  CHECK(nested.keys() == std::vector<std::string>{"b"});
  archive.read("a.b", nested);
  Tensor fresh;
  nested.read("x", fresh);
  CHECK(fresh.sum().item<float>() == 2);
  Tensor existing = zeros({2}, kFloat64);
  nested.read("x", existing);
  CHECK(existing.sum().item<double>() == 2);
  Tensor wrong = zeros({3});
  CHECK(message_of<ValueError>([&] { nested.read("x", wrong); }) ==
        "[load] 'a.b.x' must have shape [3]; got [2]");
  CHECK(message_of<ValueError>([&] { nested.read("y", wrong); }) ==
        "[load] a tensor is missing; got none named 'a.b.y'");
  CHECK_FALSE(nested.try_read("y", wrong));
  CHECK(message_of<ValueError>([&] { archive.read_scalar("m"); }) ==
        "[load] a number is missing; got none named 'm'");
  CHECK(message_of<ValueError>([&] { archive.read("c", nested); }) ==
        "[load] tensors are missing; got none under 'c.'");
}
