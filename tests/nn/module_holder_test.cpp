#include <sinter/nn/module_holder.h>
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/creation.h>
#include <sinter/tests/core/error_message.h>

#include <catch2/catch.hpp>
#include <sstream>

using namespace sinter;
using sinter::test::message_of;

namespace {

struct AddImpl : nn::Module {
  AddImpl() = default;
  explicit AddImpl(double amount_, bool twice = false) : amount(twice ? 2 * amount_ : amount_) {}
  Tensor forward(const Tensor& x) { return x + amount; }
  double operator[](int factor) const { return amount * factor; }
  double amount = 1;
};
SINTER_MODULE(Add);

struct NoDefaultImpl : nn::Module {
  explicit NoDefaultImpl(int) {}
  void forward() {}
};
SINTER_MODULE(NoDefault);

struct PairImpl : nn::Module {
  std::pair<Tensor, std::vector<Tensor>> forward(Tensor x, int times,
                                                 const std::vector<Tensor>& more) {
    return {x * times, more};
  }
};
SINTER_MODULE_IMPL(TwoOutputs, PairImpl);

struct ThrowsImpl : nn::Module {
  Tensor forward(const Tensor&) { throw std::runtime_error("forward failed"); }
};
SINTER_MODULE(Throws);

class Log : public nn::detail::CallObserver {
 public:
  Log() : outer_(std::exchange(nn::detail::call_observer, this)) {}
  ~Log() override { nn::detail::call_observer = outer_; }
  void before(nn::Module& module, const std::vector<Tensor*>& inputs) override {
    text += "before " + std::to_string(inputs.size()) + "; ";
    last = &module;
  }
  void after(nn::Module&, const std::vector<Tensor*>& outputs) override {
    text += "after " + std::to_string(outputs.size()) + "; ";
  }
  void failed(nn::Module&) noexcept override { text += "failed; "; }
  std::string text;
  nn::Module* last = nullptr;

 private:
  nn::detail::CallObserver* outer_;
};

}  // namespace

TEST_CASE("a holder makes its module from the arguments of the module's constructor") {
  CHECK(Add()->amount == 1);
  CHECK(Add(3.0)->amount == 3);
  CHECK(Add(3.0, true)->amount == 6);
  const auto impl = std::make_shared<AddImpl>(4.0);
  Add from_pointer = impl;
  CHECK(from_pointer.ptr() == impl);
  Add copy = from_pointer;
  copy->amount = 5;
  CHECK(impl->amount == 5);
  CHECK((*copy).amount == 5);
  CHECK(copy[2] == 10);
  CHECK(std::is_same_v<Add::Impl, AddImpl>);
}

TEST_CASE("a holder can be empty") {
  NoDefault empty = nullptr;
  NoDefault also{nullptr};
  CHECK(empty.is_empty());
  CHECK_FALSE(static_cast<bool>(also));
  CHECK(message_of([&] { empty.ptr(); }) == "[module_holder] is empty");
  CHECK(message_of([&] { empty.get(); }) == "[module_holder] is empty");
  CHECK(message_of([&] { *empty; }) == "[module_holder] is empty");
  CHECK(message_of([&] { empty(); }) == "[module_holder] is empty");
  CHECK(message_of([&] { AddImpl().register_module("m", empty); }) == "[module_holder] is empty");
  empty = NoDefault(1);
  CHECK_FALSE(empty.is_empty());
}

TEST_CASE("calling a holder calls forward") {
  Add add(2.0);
  CHECK(add(ones({1})).item<float>() == 3);
  TwoOutputs two;
  const auto [x, more] = two(ones({1}), 3, std::vector<Tensor>{ones({2})});
  CHECK(x.item<float>() == 3);
  CHECK(more.size() == 1);
}

TEST_CASE("hooks see and change what goes in and out, until they are removed") {
  Add add(2.0);
  auto before = add->register_forward_pre_hook([](nn::Module& module, std::vector<Tensor>& inputs) {
    CHECK(module.as<Add>() != nullptr);
    inputs[0] = inputs[0] * 10;
  });
  const Tensor x = ones({1});
  float seen = 0;
  auto after = add->register_forward_hook(
      [&](nn::Module&, const std::vector<Tensor>& inputs, std::vector<Tensor>& outputs) {
        seen = inputs[0].item<float>();
        outputs[0] = outputs[0] + 0.5;
      });
  CHECK(add(x).item<float>() == 12.5F);
  CHECK(seen == 10);
  CHECK(x.item<float>() == 1);
  CHECK(add->forward(x).item<float>() == 3);
  before.remove();
  before.remove();
  CHECK(add(x).item<float>() == 3.5F);
  after.remove();
  CHECK(add(x).item<float>() == 3);
}

TEST_CASE("hooks run in the order of registration, and see every tensor of a call") {
  TwoOutputs two;
  std::string order;
  two->register_forward_pre_hook([&](nn::Module&, std::vector<Tensor>& inputs) {
    order += "a" + std::to_string(inputs.size());
  });
  two->register_forward_pre_hook([&](nn::Module&, std::vector<Tensor>&) { order += "b"; });
  two->register_forward_hook(
      [&](nn::Module&, const std::vector<Tensor>&, std::vector<Tensor>& outputs) {
        order += "c" + std::to_string(outputs.size());
        outputs[1] = full({2}, 7);
      });
  const auto result = two(ones({1}), 3, std::vector<Tensor>{ones({2}), ones({2})});
  CHECK(order == "a3bc3");
  CHECK(result.second[0].sum().item<float>() == 14);
}

TEST_CASE("a hook may not change the number of tensors") {
  Add add;
  add->register_forward_pre_hook([](nn::Module&, std::vector<Tensor>& inputs) { inputs.clear(); });
  CHECK(message_of<ValueError>([&] { add(ones({1})); }) ==
        "[forward_pre_hook] a hook may not change the number of tensors (1); got 0");
}

TEST_CASE("a handle outlives its module") {
  nn::HookHandle handle;
  {
    Add add;
    handle = add->register_forward_pre_hook([](nn::Module&, std::vector<Tensor>&) {});
  }
  handle.remove();
}

TEST_CASE("an observer sees every call of its thread") {
  Add add;
  Throws throws;
  {
    Log log;
    add(ones({1}));
    CHECK(log.last == add.get());
    CHECK_THROWS_AS(throws(ones({1})), std::runtime_error);
    CHECK(log.text == "before 1; after 1; before 1; failed; ");
  }
  CHECK(nn::detail::call_observer == nullptr);
}
