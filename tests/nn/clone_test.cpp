#include <sinter/nn/cloneable.h>
#include <sinter/nn/module_holder.h>
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/creation.h>
#include <sinter/tests/core/error_message.h>

#include <catch2/catch.hpp>

using namespace sinter;
using sinter::test::message_of;

namespace {

// Clones itself by reset().
struct LayerImpl : nn::Cloneable<LayerImpl> {
  explicit LayerImpl(std::int64_t size = 2) : size_(size) { LayerImpl::reset(); }
  void reset() override {
    weight = register_parameter("weight", zeros({size_}));
    total = register_buffer("total", zeros({}));
  }
  Tensor forward(const Tensor& x) { return x * weight; }
  Tensor weight;
  Tensor total;

 private:
  std::int64_t size_;
};
SINTER_MODULE(Layer);

// Has nothing but holders and plain values, and registers in its constructor.
struct NetImpl : nn::Module {
  NetImpl() : first(register_module("first", Layer(3))) {
    for (int i = 0; i < 2; ++i) {
      rest.push_back(register_module("rest" + std::to_string(i), Layer(3)));
    }
    register_buffer("scale", full({1}, 4.0));
  }
  Tensor forward(const Tensor& x) { return rest[0](first(x)); }
  Layer first;
  std::vector<Layer> rest;
  std::string note = "kept";
};
SINTER_MODULE(Net);

// Two names for one submodule.
struct SharedImpl : nn::Module {
  SharedImpl() : a(register_module("a", Net())), b(register_module("b", a)) {}
  Net a;
  Net b;
};
SINTER_MODULE(Shared);

// A member tensor that copying cannot redirect.
struct MemberTensorImpl : nn::Module {
  MemberTensorImpl() : w(register_parameter("w", ones({1}))) {}
  Tensor w;
};
SINTER_MODULE(MemberTensor);

struct PointerMemberImpl : nn::Module {
  PointerMemberImpl() : child(register_module("child", Layer().ptr())) {}
  std::shared_ptr<LayerImpl> child;
};
SINTER_MODULE(PointerMember);

// A Cloneable with a submodule that is not.
struct MixedImpl : nn::Cloneable<MixedImpl> {
  MixedImpl() { MixedImpl::reset(); }
  void reset() override { net = register_module("net", Net()); }
  Net net = nullptr;
};
SINTER_MODULE(Mixed);

struct ForgetfulImpl : nn::Cloneable<ForgetfulImpl> {
  ForgetfulImpl() { register_parameter("w", ones({1})); }
  void reset() override {}
};
SINTER_MODULE(Forgetful);

struct Plain : nn::Module {};

template <class M>
std::shared_ptr<M> clone_of(const nn::ModuleHolder<M>& module) {
  return std::dynamic_pointer_cast<M>(module->clone());
}

}  // namespace

TEST_CASE("a Cloneable copies its tensors and keeps its settings") {
  Layer layer(5);
  layer->weight.set_data(full({5}, 2.0));
  layer->total.fill_(7);
  layer->eval();
  const auto copy = clone_of(layer);
  REQUIRE(copy != nullptr);
  CHECK(copy->weight.sizes() == IntArrayRef({5}));
  CHECK(copy->weight.sum().item<float>() == 10);
  CHECK(copy->total.item<float>() == 7);
  CHECK(copy->weight.requires_grad());
  CHECK_FALSE(copy->total.requires_grad());
  CHECK_FALSE(copy->is_training());
  // The members are the registered tensors, and not those of the original.
  CHECK(copy->weight.is_same(copy->named_parameters()["weight"]));
  copy->total.fill_(1);
  CHECK(layer->total.item<float>() == 7);
}

TEST_CASE("a parameter that is frozen stays so in the copy") {
  Layer layer;
  layer->weight.set_requires_grad(false);
  CHECK_FALSE(clone_of(layer)->weight.requires_grad());
}

TEST_CASE("a module of holders is cloned without further ado") {
  Net net;
  net->first->weight.set_data(full({3}, 2.0));
  net->note = "changed";
  const auto copy = clone_of(net);
  REQUIRE(copy != nullptr);
  CHECK(copy->note == "changed");
  CHECK(copy->first->weight.sum().item<float>() == 6);
  CHECK(copy->first.ptr() != net->first.ptr());
  CHECK(copy->rest[1].ptr() != net->rest[1].ptr());
  // Members and registered submodules are the same objects.
  CHECK(copy->named_children()["first"] == copy->first.ptr());
  CHECK(copy->named_children()["rest1"] == copy->rest[1].ptr());
  CHECK(copy->named_parameters().keys() == net->named_parameters().keys());
  copy->first->weight.set_data(zeros({3}));
  CHECK(net->first->weight.sum().item<float>() == 6);
  CHECK_FALSE(copy->named_buffers()["scale"].is_same(net->named_buffers()["scale"]));
}

TEST_CASE("submodules that are shared stay shared in the copy") {
  Shared shared;
  const auto copy = clone_of(shared);
  CHECK(copy->a.ptr() == copy->b.ptr());
  CHECK(copy->a.ptr() != shared->a.ptr());
}

TEST_CASE("a Cloneable may hold modules that are not") {
  Mixed mixed;
  mixed->net->first->weight.set_data(full({3}, 5.0));
  const auto copy = clone_of(mixed);
  CHECK(copy->net->first->weight.sum().item<float>() == 15);
  CHECK(copy->net->first.ptr() != mixed->net->first.ptr());
}

TEST_CASE("hooks come along, and are removed one by one") {
  Layer layer;
  int calls = 0;
  auto handle =
      layer->register_forward_pre_hook([&](nn::Module&, std::vector<Tensor>&) { ++calls; });
  Layer copy = clone_of(layer);
  handle.remove();
  layer(ones({2}));
  copy(ones({2}));
  CHECK(calls == 1);
}

TEST_CASE("what cannot be cloned says why") {
  CHECK(message_of<NotImplementedError>([] { MemberTensor()->clone(); }) ==
        "[clone] (anonymous namespace)::MemberTensorImpl has a member that refers to its 'w' and "
        "cannot be copied; derive the class from sinter::nn::Cloneable and register in reset(), or "
        "hold submodules by holder");
  CHECK(message_of<NotImplementedError>([] { PointerMember()->clone(); }) ==
        "[clone] (anonymous namespace)::PointerMemberImpl has a member that refers to its 'child' "
        "and cannot be copied; derive the class from sinter::nn::Cloneable and register in "
        "reset(), or hold submodules by holder");
  CHECK(message_of<NotImplementedError>([] { Plain().clone(); }) ==
        "[clone] a class must derive from sinter::nn::Cloneable, or be copyable and held by a "
        "holder; got (anonymous namespace)::Plain");
  CHECK(message_of([] { Forgetful()->clone(); }) ==
        "[clone] reset() must register every parameter that the module has (1), and the "
        "constructor none besides; got 0");
  // A failed clone leaves nothing behind.
  CHECK(clone_of(Net())->note == "kept");
}
