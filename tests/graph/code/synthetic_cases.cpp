// Programs that no model has: every kind of attribute, names that C++ has taken, modules that are
// shared or called in several ways, writes, random numbers, fused regions.
#include <sinter/graph/generated.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/quant/quant.h>

#include <limits>

#include "code_case.h"

namespace sinter::testing {

namespace {

// --- Attributes: a boolean, integers, a double, Scalars of each category, lists, dtypes, formats,
// and optional ones; by public functions and by name.

struct AttributesImpl : nn::Module {
  std::vector<Tensor> forward(const Tensor& x, const Tensor& labels) {
    std::vector<Tensor> out;
    add_numbers(x, out);
    add_lists(x, out);
    add_calls_by_name(x, labels, out);
    return out;
  }

  static void add_numbers(const Tensor& x, std::vector<Tensor>& out) {
    const double infinity = std::numeric_limits<double>::infinity();
    out.insert(out.end(), {x + 1, 0.1 - x, x * true, x / 3.0, sinter::add(x, x, 2), -x, x > 0.5,
                           x == infinity, x - std::numeric_limits<std::int64_t>::min()});
    out.insert(out.end(),
               {sinter::pow(x, 2), sinter::pow(2.5, x), sinter::clamp(x, -0.5, 0.5),
                sinter::clamp_max(x, 1), sinter::masked_fill(x, x < 0, -infinity),
                sinter::masked_fill(x, x < 0, std::numeric_limits<double>::quiet_NaN()),
                x.cumsum(1, kFloat64), sinter::leaky_relu(x, 0.2), sinter::softmax(x, 1)});
  }
  static void add_lists(const Tensor& x, std::vector<Tensor>& out) {
    out.insert(out.end(), {x.sum(), x.sum({0}), x.sum({0, 1}, true), x.mean(kFloat64),
                           x.amax({1}, true), x.any(), x.all(), x.to(kFloat16), x.to(kBool),
                           x.argmax(), x.argmax(1), x.flip({0, 1}), x.var({0}, false)});
    const Tensor image = x.view({1, 2, 2, -1});
    out.insert(out.end(),
               {image.clone(MemoryFormat::channels_last), sinter::avg_pool2d(image, {2, 1}),
                sinter::avg_pool2d(image, 2, 1, 1, true, false, 3), sinter::pad(image, {1, 2}),
                sinter::pad(image, {0, 1, 1, 0}, "constant", 0.5), image.new_zeros({}),
                sinter::full({2, 2}, 7, kInt16), sinter::arange(0, 1, 0.25),
                sinter::index(x, {Tensor(), sinter::arange(2)}), sinter::stack({x, x}, 1)});
  }
  static void add_calls_by_name(const Tensor& x, const Tensor& labels, std::vector<Tensor>& out) {
    using graph::call;
    out.push_back(call("hardtanh_backward", {x, x}, {{"min", Scalar(0)}, {"max", Scalar(0.5)}}));
    out.push_back(call("prod_backward", {x.prod(1), x}, {{"dims", {1}}}));
    out.push_back(call("softplus_backward", {x, x}, {{"beta", 0.75}}));
    const Tensor probabilities = sinter::log_softmax(x, 1);
    out.push_back(call("nll_loss_backward",
                       {sinter::ones({}), labels, Tensor(), sinter::full({}, 4.0, kFloat64)},
                       {{"sizes", probabilities.sizes().vec()}, {"reduction", 1}}));
    const auto norm = graph::call_multi("layer_norm", {x, Tensor(), Tensor()},
                                        {{"normalized_shape", {x.size(1)}}, {"eps", 0x1p-10}});
    out.insert(out.end(), norm.begin(), norm.end());
    const auto [values, indices] = x.topk(2, 1, false);
    out.insert(out.end(), {values, indices});
    Tensor written = x.clone();
    graph::call_in_place("relu", {written});
    out.push_back(written);
  }
};
SINTER_MODULE(Attributes);

// --- Names.

struct NamesImpl : nn::Module {
  NamesImpl() {
    register_module("class", first);
    register_module("train", second);
    register_module("Tensor", third);
    register_parameter("int", sinter::full({4}, 0.5));
    register_parameter("a-b", sinter::full({4}, 2.0), false);
    register_buffer("forward", sinter::ones({4}), false);
    register_buffer("__count", sinter::arange(4));
    second->eval();
    third->weight.set_requires_grad(false);
  }
  Tensor forward(const Tensor& x) {
    const Tensor y = third(second(first(x))) + named_parameters()["int"];
    return y * named_parameters()["a-b"] + named_buffers()["forward"] + named_buffers()["__count"] +
           graph::captured_constant(constant);
  }
  nn::Linear first{4, 4};
  nn::Dropout second{0.5};
  nn::Linear third{4, 4};
  Tensor constant = sinter::full({4}, 0.25);
};
SINTER_MODULE(Names);

// --- Structure.

struct CellImpl : nn::Module {
  explicit CellImpl(Tensor shared) : weight(register_parameter("weight", std::move(shared))) {}
  std::tuple<Tensor, Tensor> forward(const Tensor& x, const Tensor& state) {
    const Tensor next = sinter::tanh(inner(x) + sinter::matmul(state, weight));
    return {next.view({next.size(0), 2, 2}), next};
  }
  nn::Linear inner = register_module("inner", nn::Linear(4, 4));
  Tensor weight;
};
SINTER_MODULE(Cell);

// Does other things when it is called again.
struct MoodyImpl : nn::Module {
  Tensor forward(const Tensor& x, bool often) {
    const Tensor y = inner(x);
    return often ? y.relu() : y * 2;
  }
  nn::Linear inner = register_module("inner", nn::Linear(4, 4));
};
SINTER_MODULE(Moody);

// Calls a module that belongs to another one.
struct BorrowerImpl : nn::Module {
  Tensor forward(const Tensor& x) { return (*borrowed)(x).sin(); }
  nn::Linear* borrowed = nullptr;
};
SINTER_MODULE(Borrower);

// A module called twice alike, a parameter and a module under two names.
struct SharedImpl : nn::Module {
  std::tuple<Tensor, Tensor> forward(const Tensor& x) {
    auto [y, state] = cell(x, -x);
    std::tie(y, state) = cell(y.view({x.size(0), 4}), state);
    return {y, sinter::matmul(state, tied->weight)};
  }
  Cell cell = register_module("cell", Cell(sinter::randn({4, 4})));
  Cell tied = register_module("tied", Cell(cell->weight));
  Cell again = register_module("again", cell);
};
SINTER_MODULE(Shared);

// Modules whose calls are written out.
struct StructureImpl : nn::Module {
  Tensor forward(const Tensor& x) {
    Tensor y = moody(x, true) + x;
    y = moody(y, false);
    borrower->borrowed = &owner->inner;
    return borrower(y);
  }
  Moody moody = register_module("moody", Moody());
  Borrower borrower = register_module("borrower", Borrower());
  Moody owner = register_module("owner", Moody());
};
SINTER_MODULE(Structure);

// --- Effects.

struct EffectsImpl : nn::Module {
  EffectsImpl() { counter = register_buffer("counter", sinter::zeros({4})); }
  Tensor forward(const Tensor& x) {
    Tensor y = x.clone();
    y.select(0, 1).mul_(3);
    y.add_(x, 0.5);
    counter.add_(1);
    y[0].copy_(counter);
    sinter::relu_(y);
    y = sinter::dropout(y, 0.25) + sinter::randn({4}) * sinter::rand_like(x);
    y.index_put_({sinter::arange(2)}, sinter::zeros({4}));
    Tensor noise = sinter::empty({2, 4});
    noise.uniform_(-1, 1);
    return y * counter + noise.sum(0) + sinter::bernoulli(noise, 0.5).sum(0);
  }
  Tensor counter;
};
SINTER_MODULE(Effects);

struct PointwiseImpl : nn::Module {
  Tensor forward(const Tensor& x) {
    const Tensor y = (layer(x).tanh() + 1).relu() * x;
    return layer(y).exp() - y.sigmoid();
  }
  nn::Linear layer = register_module("layer", nn::Linear(4, 4));
};
SINTER_MODULE(Pointwise);

// Traced through its layers; with fusion, the graph has regions.
CodeCase lowered_case(bool fuse) {
  Pointwise net;
  CodeCase out = module_case(fuse ? "fused" : "lowered", net,
                             {{sinter::randn({3, 4})}, {sinter::randn({2, 4})}});
  out.trace = [net, fuse](const std::vector<Tensor>& x) {
    graph::TraceOptions options;
    options.is_leaf = graph::no_leaves;
    graph::GraphModule captured = graph::trace(net, x, options);
    if (fuse) graph::FusePointwise().run(captured->graph());
    return captured;
  };
  out.same_graph = !fuse;
  return out;
}

CodeCase function_case() {
  nn::Linear layer(4, 4);
  auto function = [layer](const Tensor& x, const Tensor& y) mutable {
    return std::tuple(layer(x) + y, y.t());
  };
  CodeCase out{"function", layer.ptr(), {{sinter::randn({4, 4}), sinter::randn({4, 4})}}, {}, {}};
  out.trace = [layer, function](const std::vector<Tensor>& x) {
    return graph::trace(function, x, layer.ptr().get());
  };
  out.run = [function](const std::vector<Tensor>& x) mutable {
    return graph::detail::flatten_result(function(x[0], x[1]));
  };
  return out;
}

// Integer arithmetic. Its layers are traced through.
CodeCase integer_case() {
  nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(1, 4, 3).padding(1)), nn::ReLU(), nn::Flatten(),
                     nn::Linear(64, 2));
  net->eval();
  const std::vector<Tensor> x = {sinter::randn({3, 1, 4, 4})};
  auto prepared = quant::prepare_ptq(net, x, quant::QConfig::ort_x86());
  quant::calibrate(prepared, x);
  CodeCase out =
      module_case("integer", quant::convert(prepared), {x, {sinter::randn({2, 1, 4, 4})}});
  out.trace = [integer = quant::convert(prepared)](const std::vector<Tensor>& inputs) {
    graph::TraceOptions options;
    options.is_leaf = graph::no_leaves;
    return graph::trace(integer, inputs, options);
  };
  return out;
}

}  // namespace

std::vector<CodeCase> synthetic_code_cases() {
  manual_seed(11);
  const Tensor x = sinter::randn({4, 4});
  const std::vector<std::vector<Tensor>> rows = {{x}, {sinter::randn({5, 4})}};
  std::vector<CodeCase> out;
  out.push_back(module_case("attributes", Attributes(), {{x, sinter::randint(0, 4, {4}, kInt64)}}));
  out.back().gradients = false;
  out.push_back(module_case("names", Names(), rows));
  out.push_back(module_case("shared", Shared(), rows));
  out.push_back(module_case("structure", Structure(), rows));
  out.back().same_graph = false;  // what is written out has lost its module
  out.push_back(module_case("effects", Effects(), rows));
  out.push_back(lowered_case(false));
  out.push_back(lowered_case(true));
  out.push_back(function_case());
  out.push_back(integer_case());
  return out;
}

}  // namespace sinter::testing
