// trace: captures a module or a function as a graph.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/graph/graph_module.h>

#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace sinter::graph {

struct TraceOptions {
  // Which modules become one node; others are traced through. Null: those of sinter::nn that take
  // tensors, return one and have no submodules.
  bool (*is_leaf)(const nn::Module& module, const std::string& path) = nullptr;
  // Traces a second time with another batch size (the first size of the inputs) to find out whether
  // the graph can run with any.
  bool any_batch = true;
  // Lets the program read the elements of parameters and buffers: what it makes of them becomes
  // part of the graph, which does not follow later changes.
  bool read_values = false;
};
// For TraceOptions::is_leaf: every module is traced through, down to ops.
bool no_leaves(const nn::Module& module, const std::string& path);
bool default_leaves(const nn::Module& module, const std::string& path);

// Captures module: its forward() runs once, on fake tensors that have the sizes, dtypes and layouts
// of the example inputs; nothing is computed, no buffer changes and no random numbers are drawn.
// What it calls becomes nodes: ops, and calls of modules through their holders. Sizes are numbers
// for the program; values are not: reading one (item(), data_ptr()) throws Error, and so does a
// tensor that is no argument, parameter or buffer. Both name the line of the program.
template <class M>
GraphModule trace(const nn::ModuleHolder<M>& module, const std::vector<Tensor>& inputs,
                  const TraceOptions& options = {});
// Captures a function of tensors, a lambda as a rule, that uses the modules and tensors below root.
template <class F>
requires std::is_class_v<F> && requires { &F::operator(); }
GraphModule trace(F function, const std::vector<Tensor>& inputs, nn::Module* root = nullptr,
                  const TraceOptions& options = {});

// A tensor that a function being captured uses although it is no argument, parameter or buffer: its
// elements become a constant of the graph. Outside of capture, tensor itself.
Tensor captured_constant(const Tensor& tensor);

// The same graph with every module traced through: nodes are ops only. The result refers to the
// parameters and buffers of module. Of the options, read_values counts.
std::shared_ptr<Graph> lower(GraphModuleImpl& module, const std::vector<Tensor>& inputs,
                             TraceOptions options = {});

namespace detail {

// What is captured, with its types gone.
struct Program {
  nn::Module* root = nullptr;
  std::string name;
  Callable<std::vector<Tensor>(const std::vector<Tensor>&)> run = nullptr;
  bool one_result = true;
  std::vector<std::string> input_names = {};   // input0, input1, ... where there are too few
  std::vector<const nn::Module*> leaves = {};  // become one node, whatever the options say
};
GraphModule trace_program(const Program& program, const std::vector<Tensor>& inputs,
                          const TraceOptions& options);
[[noreturn]] void throw_wrong_arity(std::size_t wanted, std::size_t got);

template <class Call, std::size_t... I>
decltype(auto) apply_inputs(Call&& call, const std::vector<Tensor>& inputs,
                            std::index_sequence<I...>) {
  if (inputs.size() != sizeof...(I)) throw_wrong_arity(sizeof...(I), inputs.size());
  return call(inputs[I]...);
}

template <class R>
std::vector<Tensor> flatten_result(R result) {
  static_assert(nn::TensorTree<R>::value, "what is captured returns tensors");
  std::vector<Tensor> out;
  nn::TensorTree<R>::visit(result, [&](Tensor& tensor) { out.push_back(tensor); });
  return out;
}

// A module as a program. The module must outlive it.
template <class M>
Program program_of(const nn::ModuleHolder<M>& module) {
  Program program{module.ptr().get(), module->name(), {}, true};
  const std::shared_ptr<M> self = module.ptr();
  if constexpr (nn::detail::HasForward<M>) {
    using Traits = nn::detail::ForwardTraits<decltype(&M::forward)>;
    program.one_result = std::is_same_v<typename Traits::Result, Tensor>;
    program.run = [self](const std::vector<Tensor>& values) {
      return flatten_result(
          apply_inputs([&](const auto&... args) { return nn::detail::call_module(*self, args...); },
                       values, std::make_index_sequence<Traits::arity>()));
    };
  } else {
    program.run = [self](const std::vector<Tensor>& values) {
      if (values.size() != 1) throw_wrong_arity(1, values.size());
      return std::vector<Tensor>{nn::detail::call_module(*self, values[0])};
    };
  }
  return program;
}

}  // namespace detail

template <class M>
GraphModule trace(const nn::ModuleHolder<M>& module, const std::vector<Tensor>& inputs,
                  const TraceOptions& options) {
  return detail::trace_program(detail::program_of(module), inputs, options);
}

template <class F>
requires std::is_class_v<F> && requires { &F::operator(); }
GraphModule trace(F function, const std::vector<Tensor>& inputs, nn::Module* root,
                  const TraceOptions& options) {
  using Traits = nn::detail::ForwardTraits<decltype(&F::operator())>;
  detail::Program program{root, "Function", {}, std::is_same_v<typename Traits::Result, Tensor>};
  program.run = [&function](const std::vector<Tensor>& values) mutable {
    return detail::flatten_result(
        detail::apply_inputs(function, values, std::make_index_sequence<Traits::arity>()));
  };
  return detail::trace_program(program, inputs, options);
}

}  // namespace sinter::graph
