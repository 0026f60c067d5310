#include <sinter/graph/fake_mode_internal.h>
#include <sinter/graph/leaf_classes.h>
#include <sinter/graph/leaf_options_internal.h>
#include <sinter/graph/trace_internal.h>

#include <deque>
#include <mutex>

namespace sinter::graph {

namespace {

// blank makes the options before their fields are set.
template <class Holder, auto blank>
constexpr LeafClass with_options(const char* name, const char* options_type,
                                 std::size_t positional) {
  using Impl = typename Holder::ContainedType;
  return {name,
          &typeid(Impl),
          options_type,
          positional,
          [](const nn::Module& module) {
            auto options = dynamic_cast<const Impl&>(module).options;
            OptionReader reader;
            visit(reader, options);
            return reader.out;
          },
          [](const LeafOptions& values) -> std::shared_ptr<nn::Module> {
            auto options = blank();
            write_options(options, values);
            return Holder(options).ptr();
          }};
}

template <class Holder>
constexpr LeafClass without_options(const char* name) {
  return {name,
          &typeid(typename Holder::ContainedType),
          nullptr,
          0,
          [](const nn::Module&) { return LeafOptions(); },
          [](const LeafOptions& values) -> std::shared_ptr<nn::Module> {
            SINTER_CHECK_AS(ValueError, values.empty(),
                            "[leaf_options] the class has no options; got ", values.size());
            return Holder().ptr();
          }};
}

template <class O>
constexpr auto defaults = [] { return O(); };
template <class O, auto... arguments>
constexpr auto made_of = [] { return O(arguments...); };
constexpr auto layer_norm = [] { return nn::LayerNormOptions(IntList{}); };
constexpr auto unflatten = [] { return nn::UnflattenOptions(0, {}); };

// Every layer of sinter::nn that takes one tensor.
std::deque<LeafClass> layers() {
#define SINTER_LEAF(Name, blank, positional) \
  with_options<nn::Name, blank>("sinter::nn::" #Name, "sinter::nn::" #Name "Options", positional)
#define SINTER_PLAIN_LEAF(Name) without_options<nn::Name>("sinter::nn::" #Name)
  return {
      SINTER_LEAF(Conv1d, (made_of<nn::Conv1dOptions, 1, 1, 1>), 3),
      SINTER_LEAF(Conv2d, (made_of<nn::Conv2dOptions, 1, 1, 1>), 3),
      SINTER_LEAF(ConvTranspose2d, (made_of<nn::ConvTranspose2dOptions, 1, 1, 1>), 3),
      SINTER_LEAF(Linear, (made_of<nn::LinearOptions, 1, 1>), 2),
      SINTER_LEAF(Flatten, defaults<nn::FlattenOptions>, 0),
      SINTER_LEAF(Unflatten, unflatten, 2),
      SINTER_LEAF(Embedding, (made_of<nn::EmbeddingOptions, 1, 1>), 2),
      SINTER_LEAF(BatchNorm1d, (made_of<nn::BatchNorm1dOptions, 1>), 1),
      SINTER_LEAF(BatchNorm2d, (made_of<nn::BatchNorm2dOptions, 1>), 1),
      SINTER_LEAF(LayerNorm, layer_norm, 1),
      SINTER_LEAF(GroupNorm, (made_of<nn::GroupNormOptions, 1, 1>), 2),
      SINTER_LEAF(Dropout, defaults<nn::DropoutOptions>, 1),
      SINTER_LEAF(Dropout2d, defaults<nn::Dropout2dOptions>, 1),
      SINTER_LEAF(MaxPool2d, (made_of<nn::MaxPool2dOptions, 1>), 1),
      SINTER_LEAF(AvgPool2d, (made_of<nn::AvgPool2dOptions, 1>), 1),
      SINTER_LEAF(AdaptiveAvgPool2d, (made_of<nn::AdaptiveAvgPool2dOptions, 1>), 1),
      SINTER_LEAF(ReLU, defaults<nn::ReLUOptions>, 0),
      SINTER_LEAF(ReLU6, defaults<nn::ReLU6Options>, 0),
      SINTER_LEAF(LeakyReLU, defaults<nn::LeakyReLUOptions>, 0),
      SINTER_LEAF(ELU, defaults<nn::ELUOptions>, 0),
      SINTER_LEAF(SELU, defaults<nn::SELUOptions>, 0),
      SINTER_LEAF(GELU, defaults<nn::GELUOptions>, 0),
      SINTER_LEAF(Softplus, defaults<nn::SoftplusOptions>, 0),
      SINTER_LEAF(Hardtanh, defaults<nn::HardtanhOptions>, 0),
      SINTER_LEAF(Hardsigmoid, defaults<nn::HardsigmoidOptions>, 0),
      SINTER_LEAF(Hardswish, defaults<nn::HardswishOptions>, 0),
      SINTER_LEAF(Softmax, (made_of<nn::SoftmaxOptions, 0>), 1),
      SINTER_LEAF(LogSoftmax, (made_of<nn::LogSoftmaxOptions, 0>), 1),
      SINTER_PLAIN_LEAF(SiLU),
      SINTER_PLAIN_LEAF(Mish),
      SINTER_PLAIN_LEAF(Sigmoid),
      SINTER_PLAIN_LEAF(Tanh),
      SINTER_PLAIN_LEAF(Identity),
  };
#undef SINTER_LEAF
#undef SINTER_PLAIN_LEAF
}

// Entries stay where they are when others are added.
struct Registry {
  std::mutex mutex;
  std::deque<LeafClass> classes = layers();
};

Registry& registry() {
  static Registry instance;
  return instance;
}

template <class Matches>
const LeafClass* find(const Matches& matches) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  const auto found = std::find_if(all.classes.begin(), all.classes.end(), matches);
  return found != all.classes.end() ? &*found : nullptr;
}

}  // namespace

const LeafClass* find_leaf_class(const nn::Module& module) {
  return find([&](const LeafClass& leaf) { return *leaf.type == typeid(module); });
}

const LeafClass* find_leaf_class(std::string_view name) {
  return find([&](const LeafClass& leaf) { return leaf.name == name; });
}

void register_leaf_class(const LeafClass& leaf) {
  SINTER_CHECK_AS(ValueError, find_leaf_class(leaf.name) == nullptr,
                  "[register_leaf_class] each name is registered once; got ", leaf.name);
  const std::lock_guard lock(registry().mutex);
  registry().classes.push_back(leaf);
}

std::shared_ptr<nn::Module> make_fake_leaf(const LeafClass& leaf, const LeafOptions& options) {
  const KeepRandomState keep;
  FakeMode fakes;
  const ops::InterceptorGuard guard(fakes, ops::InterceptorGuard::Where::above_autograd);
  return leaf.make(options);
}

std::string leaf_code(const LeafClass& leaf, const LeafOptions& options) {
  if (leaf.options_type == nullptr) return str(leaf.name, "()");
  LeafOptions given(options.begin(),
                    options.begin() + static_cast<std::ptrdiff_t>(leaf.positional));
  std::string arguments;
  for (const LeafOption& option : given) {
    arguments += (arguments.empty() ? "" : ", ") + option.code;
  }
  const LeafOptions defaults_of_rest = leaf.options(*make_fake_leaf(leaf, given));
  std::string setters;
  for (std::size_t i = leaf.positional; i < options.size(); ++i) {
    if (options[i].value == defaults_of_rest.at(i).value) continue;
    setters += "." + options[i].name + "(" + options[i].code + ")";
  }
  if (arguments.empty() && setters.empty()) return str(leaf.name, "()");
  return str(leaf.name, "(", leaf.options_type, "(", arguments, ")", setters, ")");
}

}  // namespace sinter::graph
