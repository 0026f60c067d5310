#include <sinter/nn/cloneable.h>
#include <sinter/nn/module_holder.h>
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/creation.h>
#include <sinter/tests/core/error_message.h>

#include <catch2/catch.hpp>
#include <sstream>

using namespace sinter;
using sinter::test::message_of;

namespace {

struct ScaleImpl : nn::Module {
  explicit ScaleImpl(double scale = 2) { weight = register_parameter("weight", full({1}, scale)); }
  Tensor forward(const Tensor& x) { return x * weight; }
  Tensor weight;
};
SINTER_MODULE(Scale);

// inner.a, inner.b, a buffer, a parameter of its own, and one that it does without.
struct InnerImpl : nn::Module {
  InnerImpl() {
    a = register_module("a", Scale(3));
    b = register_module("b", Scale(5));
    shift = register_parameter("shift", ones({2}));
    register_parameter("absent", Tensor(), false);
    count = register_buffer("count", zeros({}, kInt64));
    register_buffer("scratch", zeros({2}), false);
  }
  Tensor forward(const Tensor& x) { return b(a(x)) + shift; }
  Scale a = nullptr;
  Scale b = nullptr;
  Tensor shift;
  Tensor count;
};
SINTER_MODULE(Inner);

struct OuterImpl : nn::Module {
  OuterImpl() : inner(register_module("inner", Inner())), last(register_module("last", Scale())) {}
  Tensor forward(const Tensor& x) { return last(inner(x)); }
  Inner inner;
  Scale last;
};
SINTER_MODULE(Outer);

struct Bare : nn::Module {};
struct Named : nn::Module {
  Named() : nn::Module("custom name") {}
};

template <class Dict>
std::string joined_keys(const Dict& dict) {
  std::string out;
  for (const auto& item : dict) out += item.key() + " ";
  return out;
}

}  // namespace

TEST_CASE("parameters are listed by path, a module's own first") {
  Outer net;
  CHECK(joined_keys(net->named_parameters()) ==
        "inner.shift inner.a.weight inner.b.weight last.weight ");
  CHECK(joined_keys(net->named_parameters(false)).empty());
  CHECK(joined_keys(net->inner->named_parameters(false)) == "shift ");
  CHECK(net->parameters().size() == 4);
  CHECK(net->parameters()[0].is_same(net->inner->shift));
  CHECK(net->inner->shift.requires_grad());
}

TEST_CASE("buffers are listed by path") {
  Outer net;
  CHECK(joined_keys(net->named_buffers()) == "inner.count inner.scratch ");
  CHECK(net->buffers().front().is_same(net->inner->count));
  CHECK(net->buffers(false).empty());
}

TEST_CASE("modules are listed by path, parents first") {
  Outer net;
  CHECK(joined_keys(net->named_modules()) == " inner inner.a inner.b last ");
  CHECK(joined_keys(net->named_modules("net")) ==
        "net net.inner net.inner.a net.inner.b net.last ");
  CHECK(joined_keys(net->named_modules("", false)) == "inner inner.a inner.b last ");
  CHECK(joined_keys(net->named_children()) == "inner last ");
  CHECK(net->modules().size() == 5);
  CHECK(net->children().front() == net->inner.ptr());
}

TEST_CASE("apply visits every module, parents first") {
  Outer net;
  std::string paths;
  net->apply([&](const std::string& path, nn::Module&) { paths += path + " "; });
  CHECK(paths == " inner inner.a inner.b last ");
  int count = 0;
  net->apply([&](nn::Module&) { ++count; });
  std::as_const(*net).apply([&](const nn::Module&) { ++count; });
  net->apply(
      [&](const std::shared_ptr<nn::Module>& module) { count += module != nullptr ? 1 : 0; });
  CHECK(count == 15);
}

TEST_CASE("the state dict holds parameters and persistent buffers, module by module") {
  Outer net;
  CHECK(joined_keys(net->state_dict()) ==
        "inner.shift inner.count inner.a.weight inner.b.weight last.weight ");
  const Tensor shift = net->state_dict()["inner.shift"];
  CHECK_FALSE(shift.requires_grad());
  CHECK(shift.data_ptr() == net->inner->shift.data_ptr());
}

TEST_CASE("a module is named by its class, or by the name it was given") {
  CHECK(Outer()->name() == "(anonymous namespace)::OuterImpl");
  CHECK(Named().name() == "custom name");
}

TEST_CASE("train and eval reach all modules below") {
  Outer net;
  CHECK(net->is_training());
  net->eval();
  CHECK_FALSE(net->is_training());
  CHECK_FALSE(net->inner->b->is_training());
  net->inner->train();
  CHECK(net->inner->b->is_training());
  CHECK_FALSE(net->last->is_training());
}

TEST_CASE("to converts floating point tensors in place, with their gradients") {
  Outer net;
  const Tensor shift = net->inner->shift;
  shift.mutable_grad() = ones({2});
  net->to(kFloat64);
  CHECK(shift.dtype() == kFloat64);
  CHECK(shift.grad().dtype() == kFloat64);
  CHECK(shift.requires_grad());
  CHECK(net->last->weight.item<double>() == 2);
  CHECK(net->inner->count.dtype() == kInt64);
  net->to(kCPU);
  net->to(Device(kCPU), kFloat32);
  CHECK(net->last->weight.dtype() == kFloat32);
  CHECK(message_of<TypeError>([&] { net->to(kInt32); }) ==
        "[to] a module can be converted to a floating point dtype only; got i32");
}

TEST_CASE("zero_grad forgets gradients or fills them with zeros") {
  Scale scale;
  scale->weight.mutable_grad() = ones({1});
  scale->zero_grad(false);
  REQUIRE(scale->weight.grad().defined());
  CHECK(scale->weight.grad().item<float>() == 0);
  scale->zero_grad();
  CHECK_FALSE(scale->weight.grad().defined());
}

TEST_CASE("names of registered things are checked") {
  Bare module;
  module.register_parameter("w", zeros({1}));
  module.register_buffer("b", zeros({1}));
  module.register_module("m", Scale());
  CHECK(message_of<ValueError>([&] { module.register_parameter("", zeros({1})); }) ==
        "[register_parameter] the name of a parameter must not be empty; got ''");
  CHECK(message_of<ValueError>([&] { module.register_parameter("a.b", zeros({1})); }) ==
        "[register_parameter] the name of a parameter must not contain a dot; got 'a.b'");
  CHECK(message_of<ValueError>([&] { module.register_parameter("w", zeros({1})); }) ==
        "[register_parameter] each parameter of a module needs a name of its own; got 'w' again");
  CHECK(message_of<ValueError>([&] { module.register_buffer("b", zeros({1})); }) ==
        "[register_buffer] each buffer of a module needs a name of its own; got 'b' again");
  CHECK(message_of<ValueError>([&] { module.register_module("m", Scale()); }) ==
        "[register_module] each submodule of a module needs a name of its own; got 'm' again");
  CHECK(message_of<ValueError>([&] { module.register_module("n.m", Scale()); }) ==
        "[register_module] the name of a submodule must not contain a dot; got 'n.m'");
  CHECK(message_of<ValueError>([&] {
          module.register_module("n", std::shared_ptr<ScaleImpl>());
        }) == "[register_module] a submodule must not be empty; got nullptr for 'n'");
  CHECK(message_of<TypeError>([&] { module.register_parameter("i", zeros({1}, kInt64)); }) ==
        "[register_parameter] only a floating point parameter can require a gradient; got 'i' of "
        "type i64");
  CHECK_FALSE(module.register_parameter("i", zeros({1}, kInt64), false).requires_grad());
}

TEST_CASE("submodules can be replaced and taken out") {
  Outer net;
  net->last = net->replace_module("last", Scale(7));
  CHECK(net->named_parameters()["last.weight"].item<float>() == 7);
  CHECK(joined_keys(net->named_children()) == "inner last ");
  net->unregister_module("inner");
  CHECK(joined_keys(net->named_children()) == "last ");
  CHECK(message_of<IndexError>([&] { net->unregister_module("inner"); }) ==
        "[unregister_module] (anonymous namespace)::OuterImpl has no submodule of that name; got "
        "'inner'");
  CHECK(message_of<IndexError>([&] { net->replace_module("x", Scale()); }) ==
        "[replace_module] (anonymous namespace)::OuterImpl has no submodule of that name; got 'x'");
  CHECK(message_of<ValueError>([&] {
          net->replace_module("last", std::shared_ptr<ScaleImpl>());
        }) == "[replace_module] a submodule must not be empty; got nullptr for 'last'");
}

TEST_CASE("a module on the stack cannot list itself") {
  Bare module;
  CHECK(message_of([&] { module.modules(); }) ==
        "[modules] (anonymous namespace)::Bare must be held by a shared_ptr (std::make_shared or a "
        "holder) to be listed itself; got one that is not; pass include_self = false");
  CHECK(module.modules(false).empty());
}

TEST_CASE("a module can be asked what class it is of") {
  const std::shared_ptr<nn::Module> module = Scale(4).ptr();
  REQUIRE(module->as<Scale>() != nullptr);
  CHECK(module->as<ScaleImpl>()->weight.item<float>() == 4);
  CHECK(module->as<Inner>() == nullptr);
  CHECK(std::as_const(*module).as<Scale>() != nullptr);
}

TEST_CASE("modules print as a tree") {
  std::ostringstream out;
  out << Outer() << "\n" << Named();
  CHECK(out.str() ==
        "(anonymous namespace)::OuterImpl(\n"
        "  (inner): (anonymous namespace)::InnerImpl(\n"
        "    (a): (anonymous namespace)::ScaleImpl\n"
        "    (b): (anonymous namespace)::ScaleImpl\n"
        "  )\n"
        "  (last): (anonymous namespace)::ScaleImpl\n"
        ")\ncustom name");
}

TEST_CASE("a state dict loads back, converting dtypes") {
  Outer net;
  Outer other;
  OrderedDict<std::string, Tensor> state;
  for (const auto& item : net->state_dict()) state.insert(item.key(), item->mul(10).to(kFloat64));
  const Tensor before = other->last->weight;
  const auto keys = other->load_state_dict(state);
  CHECK(keys.missing_keys.empty());
  CHECK(keys.unexpected_keys.empty());
  CHECK(other->last->weight.item<float>() == 20);
  CHECK(other->last->weight.is_same(before));
  CHECK(other->last->weight.dtype() == kFloat32);
  CHECK(other->last->weight.requires_grad());
}

TEST_CASE("a state dict that does not fit is refused in one message, and changes nothing") {
  Outer net;
  auto state = net->state_dict();
  state.erase("inner.a.weight");
  state.erase("last.weight");
  state.insert("extra", ones({1}));
  state["inner.shift"] = ones({3});
  state["inner.b.weight"] = full({1}, 99);
  CHECK(message_of<ValueError>([&] { net->load_state_dict(state); }) ==
        "[load_state_dict] names and shapes must be those of (anonymous namespace)::OuterImpl; got "
        "missing 'inner.a.weight', 'last.weight'; unexpected 'extra'; shape [3] for 'inner.shift' "
        "of shape [2]");
  CHECK(net->inner->b->weight.item<float>() == 5);
  CHECK(message_of<ValueError>([&] { net->load_state_dict(state, false); }) ==
        "[load_state_dict] names and shapes must be those of (anonymous namespace)::OuterImpl; got "
        "shape [3] for 'inner.shift' of shape [2]");
}

TEST_CASE("a state dict loads in part when strict is off, and says what was left") {
  Outer net;
  OrderedDict<std::string, Tensor> state = {{"last.weight", full({1}, 8)}, {"extra", ones({1})}};
  const auto keys = net->load_state_dict(state, false);
  CHECK(keys.missing_keys ==
        std::vector<std::string>{"inner.shift", "inner.count", "inner.a.weight", "inner.b.weight"});
  CHECK(keys.unexpected_keys == std::vector<std::string>{"extra"});
  CHECK(net->last->weight.item<float>() == 8);
}
