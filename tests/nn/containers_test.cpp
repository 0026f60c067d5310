#include <sinter/nn/containers.h>
#include <sinter/ops/activation.h>
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/creation.h>
#include <sinter/tests/core/error_message.h>

#include <catch2/catch.hpp>
#include <sstream>

using namespace sinter;
using sinter::test::message_of;

namespace {

struct TimesImpl : nn::Cloneable<TimesImpl> {
  explicit TimesImpl(double factor_ = 1) : factor(factor_) { TimesImpl::reset(); }
  void reset() override { weight = register_parameter("weight", full({1}, factor)); }
  void pretty_print(std::ostream& stream) const override { stream << "Times"; }
  Tensor forward(const Tensor& x) { return x * weight; }
  double factor;
  Tensor weight;
};
SINTER_MODULE(Times);

// Two tensors in, two out.
struct SwapImpl : nn::Module {
  std::tuple<Tensor, Tensor> forward(Tensor a, Tensor b) { return {b, a}; }
};
SINTER_MODULE(Swap);
struct FirstImpl : nn::Module {
  Tensor forward(const std::tuple<Tensor, Tensor>& pair) { return std::get<0>(pair); }
};
SINTER_MODULE(First);

struct PlusImpl : nn::Module {
  Tensor forward(const Tensor& x, double amount = 1, bool negative = false) {
    return x + (negative ? -amount : amount);
  }

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, nn::AnyValue(1.0)}, {2, nn::AnyValue(false)})
};
SINTER_MODULE(Plus);

float value(const Tensor& x) { return x.item<float>(); }
std::string text(const auto& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

}  // namespace

TEST_CASE("an AnyValue gives back what it holds, and refuses another type") {
  nn::AnyValue small(3);
  CHECK(small.get<int>() == 3);
  CHECK(small.try_get<double>() == nullptr);
  CHECK(small.type_info() == typeid(int));
  nn::AnyValue large(std::vector<std::string>(40, "text"));
  const nn::AnyValue copy = large;
  small = copy;
  CHECK(small.get<std::vector<std::string>>().size() == 40);
  nn::AnyValue moved = std::move(large);
  CHECK(moved.get<std::vector<std::string>>()[39] == "text");
  CHECK(message_of<TypeError>([&] { nn::AnyValue(2).get<float>(); }) ==
        "[any_value] holds another type than the one asked for (float); got int");
  nn::AnyValue unique(std::make_unique<int>(1));
  CHECK(message_of<TypeError>([&] {
          const nn::AnyValue second = unique;
        }).starts_with("[any_value] the value cannot be copied; got std::unique_ptr<int"));
}

TEST_CASE("an AnyModule calls a module of any class") {
  nn::AnyModule any(Times(3));
  CHECK(value(any.forward(ones({1}))) == 3);
  CHECK(any.get<TimesImpl>().factor == 3);
  CHECK(any.get<Times>()->factor == 3);
  CHECK(any.ptr<TimesImpl>() == any.ptr());
  CHECK(any.type_info() == typeid(TimesImpl));
  any = nn::AnyModule(Swap());
  const auto out = any.forward<std::tuple<Tensor, Tensor>>(ones({1}), zeros({1}));
  CHECK(value(std::get<0>(out)) == 0);
  any = Times(5).ptr();
  CHECK(value(any.any_forward(ones({1})).get<Tensor>()) == 5);
  const nn::AnyModule by_value(TimesImpl(2));
  CHECK(by_value.get<TimesImpl>().factor == 2);
}

TEST_CASE("an AnyModule takes a base pointer where the class was recorded") {
  const std::shared_ptr<nn::Module> base = Times(3).ptr();
  CHECK(value(nn::AnyModule(base).forward(ones({1}))) == 3);
  const std::shared_ptr<nn::Module> unknown = std::make_shared<TimesImpl>();
  CHECK(message_of<TypeError>([&] { nn::AnyModule{unknown}; }) ==
        "[any_module] needs a module with a forward() that is one function; got (anonymous "
        "namespace)::TimesImpl");
  CHECK(message_of<TypeError>([] { nn::AnyModule{std::shared_ptr<TimesImpl>()}; }) ==
        "[any_module] needs a module with a forward() that is one function; got nullptr");
}

TEST_CASE("an AnyModule checks the number and types of arguments and results") {
  nn::AnyModule any(Times(3));
  CHECK(message_of<TypeError>([&] { any.forward(ones({1}), 2); }) ==
        "[forward] (anonymous namespace)::TimesImpl takes 1 argument; got 2");
  CHECK(message_of<TypeError>([&] { any.forward(5); }) ==
        "[forward] argument 0 must be of type sinter::Tensor; got int");
  CHECK(message_of<TypeError>([&] { any.forward<int>(ones({1})); }) ==
        "[forward] the result is not of the type asked for (int); got sinter::Tensor");
  CHECK(message_of<TypeError>([&] { any.get<SwapImpl>(); }) ==
        "[any_module] holds another class than the one asked for ((anonymous "
        "namespace)::SwapImpl); got (anonymous namespace)::TimesImpl");
  nn::AnyModule empty;
  CHECK(empty.is_empty());
  CHECK(message_of([&] { empty.forward(1); }) == "[any_module] is empty");
  CHECK(message_of([&] { empty.ptr(); }) == "[any_module] is empty");
}

TEST_CASE("arguments left out take their defaults") {
  nn::AnyModule plus{Plus()};
  CHECK(value(plus.forward(ones({1}))) == 2);
  CHECK(value(plus.forward(ones({1}), 4.0)) == 5);
  CHECK(value(plus.forward(ones({1}), 4.0, true)) == -3);
  CHECK(message_of<TypeError>([&] { plus.forward(); }) ==
        "[forward] (anonymous namespace)::PlusImpl takes 3 arguments less its defaults; got 0");
  CHECK(value(nn::Sequential(Plus(), Plus())->forward(ones({1}))) == 3);
}

TEST_CASE("an AnyModule clones its module") {
  nn::AnyModule any(Times(3));
  const nn::AnyModule shared = any;
  nn::AnyModule copy = any.clone();
  any.get<TimesImpl>().weight.set_data(zeros({1}));
  CHECK(value(shared.get<TimesImpl>().weight) == 0);
  CHECK(value(copy.forward(ones({1}))) == 3);
}

TEST_CASE("Sequential passes results on, and names its modules") {
  nn::Sequential net(Times(2), Times(3),
                     nn::Functional(static_cast<Tensor (*)(const Tensor&)>(relu)));
  CHECK(value(net(ones({1}))) == 6);
  CHECK(value(net(-ones({1}))) == 0);
  CHECK(net->named_parameters().keys() == std::vector<std::string>{"0.weight", "1.weight"});
  CHECK(net->size() == 3);
  CHECK(net->at<TimesImpl>(1).factor == 3);
  CHECK(net[0]->as<Times>()->factor == 2);
  CHECK(net->ptr<TimesImpl>(0)->factor == 2);
  nn::Sequential named({{"double", Times(2)}, {"triple", Times(3)}});
  named->push_back(Times(4));
  named->push_back("last", Times(5));
  CHECK(named->named_children().keys() ==
        std::vector<std::string>{"double", "triple", "2", "last"});
  CHECK(value(named->forward(ones({1}))) == 120);
  int count = 0;
  for (auto& module : *named) count += module.is_empty() ? 0 : 1;
  CHECK(count == 4);
}

TEST_CASE("Sequential passes several arguments and any type") {
  nn::Sequential net{Swap(), First()};
  CHECK(value(net(ones({1}), zeros({1}))) == 0);
  CHECK(value(net->forward<Tensor>(zeros({1}), ones({1}))) == 1);
  nn::Sequential swap{Swap()};
  CHECK(std::get<1>(swap->forward<std::tuple<Tensor, Tensor>>(ones({1}), ones({2}))).numel() == 1);
}

TEST_CASE("Sequentials nest, and grow") {
  nn::Sequential net(Times(2), nn::Sequential(Times(3), Times(4)), Times(5));
  CHECK(value(net(ones({1}))) == 120);
  CHECK(net->named_parameters().keys() ==
        std::vector<std::string>{"0.weight", "1.0.weight", "1.1.weight", "2.weight"});
  nn::Sequential more;
  more->extend(std::vector<Times>{Times(2), Times(6)});
  more->push_back(std::make_shared<TimesImpl>(10));
  CHECK(value(more(ones({1}))) == 120);
}

TEST_CASE("hooks of modules inside a Sequential run") {
  Times times(2);
  nn::Sequential inner(times);
  nn::Sequential net(inner, nn::Functional([](const Tensor& x) { return x + 1; }));
  int calls = 0;
  const auto count = [&](nn::Module&, std::vector<Tensor>& inputs) {
    CHECK(inputs.size() == 1);
    ++calls;
  };
  times->register_forward_pre_hook(count);
  inner->register_forward_pre_hook(count);
  net->register_forward_pre_hook(count);
  CHECK(value(net(ones({1}))) == 3);
  CHECK(calls == 3);
}

TEST_CASE("a Sequential clones deeply") {
  nn::Sequential net({{"a", Times(2)}, {"b", Times(3)}});
  net->eval();
  nn::Sequential copy = std::dynamic_pointer_cast<nn::SequentialImpl>(net->clone());
  net->at<TimesImpl>(0).weight.set_data(zeros({1}));
  CHECK(value(copy(ones({1}))) == 6);
  CHECK(copy->named_children().keys() == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(copy->is_training());
}

TEST_CASE("a Sequential says what it cannot do") {
  nn::Sequential empty;
  CHECK(message_of([&] { empty(ones({1})); }) == "[sequential] is empty");
  CHECK(message_of([&] { empty->forward<int>(1); }) == "[sequential] is empty");
  nn::Sequential net(Times(2), Swap());
  CHECK(message_of<TypeError>([&] { net(ones({1})); }) ==
        "[forward] (anonymous namespace)::SwapImpl takes 2 arguments; got 1");
  CHECK(message_of<IndexError>([&] { net->ptr(2); }) ==
        "[sequential] index out of range (size 2); got 2");
  CHECK(message_of<TypeError>([&] { net->at<TimesImpl>(1); }) ==
        "[any_module] holds another class than the one asked for ((anonymous "
        "namespace)::TimesImpl); got (anonymous namespace)::SwapImpl");
  CHECK(message_of<TypeError>([] { nn::Sequential(Times(2))->forward<int>(ones({1})); }) ==
        "[forward] the result is not of the type asked for (int); got sinter::Tensor");
  CHECK(message_of<ValueError>([] {
          nn::Sequential({{"a", Times()}, {"a", Times()}});
        }) ==
        "[register_module] each submodule of a module needs a name of its own; got 'a' again");
}

TEST_CASE("ModuleList holds modules in order") {
  nn::ModuleList list(Times(1), Times(2));
  list->push_back(std::make_shared<TimesImpl>(3));
  list->insert(0, Times(0));
  CHECK(list->size() == 4);
  std::vector<double> factors;
  for (const auto& module : *list) factors.push_back(module->as<Times>()->factor);
  CHECK(factors == std::vector<double>{0, 1, 2, 3});
  CHECK(list->at<TimesImpl>(3).factor == 3);
  CHECK(list[1]->as<Times>()->factor == 1);
  CHECK(list->named_parameters().keys() ==
        std::vector<std::string>{"0.weight", "1.weight", "2.weight", "3.weight"});
  CHECK(value(list->named_parameters()["0.weight"]) == 0);
  nn::ModuleList copy = std::dynamic_pointer_cast<nn::ModuleListImpl>(list->clone());
  CHECK(copy->ptr(2) != list->ptr(2));
  CHECK(copy->at<TimesImpl>(2).factor == 2);
  CHECK(message_of<IndexError>([&] { list->ptr(4); }) ==
        "[module_list] index out of range (size 4); got 4");
  CHECK(message_of<IndexError>([&] { list->insert(9, Times()); }) ==
        "[module_list] index out of range (size 4); got 9");
  CHECK(message_of<TypeError>([&] { list->at<SwapImpl>(0); }) ==
        "[module_list] element 0 is not of the class asked for ((anonymous namespace)::SwapImpl); "
        "got (anonymous namespace)::TimesImpl");
}

TEST_CASE("ModuleDict holds modules by name") {
  using Items = std::vector<std::pair<std::string, std::shared_ptr<nn::Module>>>;
  nn::ModuleDict dict(Items{{"a", Times(1).ptr()}, {"b", Times(2).ptr()}});
  dict->update(Items{{"b", Times(5).ptr()}, {"c", Times(3).ptr()}});
  CHECK(dict->keys() == std::vector<std::string>{"a", "b", "c"});
  CHECK(dict->at<TimesImpl>("b").factor == 5);
  CHECK(value(dict->named_parameters()["b.weight"]) == 5);
  CHECK(dict->contains("a"));
  CHECK(dict["a"]->as<Times>()->factor == 1);
  CHECK(dict->pop("a")->as<Times>()->factor == 1);
  CHECK(dict->size() == 2);
  CHECK(dict->named_parameters().size() == 2);
  nn::ModuleDict copy = std::dynamic_pointer_cast<nn::ModuleDictImpl>(dict->clone());
  dict->clear();
  CHECK(dict->empty());
  CHECK(copy->keys() == std::vector<std::string>{"b", "c"});
  CHECK(message_of<IndexError>([&] { dict->pop("x"); }) ==
        "[ordered_dict] Module 'x' is not defined");
  CHECK(message_of<TypeError>([&] { copy->at<SwapImpl>("b"); }) ==
        "[module_dict] 'b' is not of the class asked for ((anonymous namespace)::SwapImpl); got "
        "(anonymous namespace)::TimesImpl");
}

TEST_CASE("Functional calls a function, with arguments bound") {
  nn::Functional leaky(leaky_relu, 0.5);
  CHECK(value(leaky(-ones({1}))) == -0.5F);
  CHECK_FALSE(leaky->is_serializable());
  nn::Functional copy = std::dynamic_pointer_cast<nn::FunctionalImpl>(leaky->clone());
  CHECK(value(copy(-ones({1}))) == -0.5F);
  CHECK(message_of<ValueError>([] { nn::Functional(nn::FunctionalImpl::Function()); }) ==
        "[functional] needs a function; got none");
}

TEST_CASE("containers print their modules") {
  CHECK(text(nn::Sequential()) == "sinter::nn::Sequential");
  CHECK(text(nn::Sequential(Times(), nn::Functional(leaky_relu, 0.5))) ==
        "sinter::nn::Sequential(\n  (0): Times\n  (1): sinter::nn::Functional()\n)");
  CHECK(text(nn::ModuleList(Times())) == "sinter::nn::ModuleList(\n  (0): Times\n)");
  nn::ModuleDict dict;
  dict->update(
      std::vector<std::pair<std::string, std::shared_ptr<nn::Module>>>{{"x", Times().ptr()}});
  CHECK(text(dict) == "sinter::nn::ModuleDict(\n  (x): Times\n)");
}
