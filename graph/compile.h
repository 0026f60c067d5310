// compile and compile_step: modules and training steps as planned programs.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/graph/memory_plan.h>
#include <sinter/graph/trace.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace sinter::graph {

struct CompileOptions {
  // Programs kept for different inputs; the one used longest ago goes first.
  std::size_t max_specialisations = 8;
  // Of compile(): also passes whose results may differ from the eager module's in the last bits.
  // In evaluation mode batch norms are folded into convolutions, so that the program has weights of
  // its own: it does not see parameters that change later.
  bool fast = false;
};

// What the last program, or the last miss, was.
struct CompileReport {
  MemoryReport memory;           // of the program that ran last
  MemoryReport backward_memory;  // of the backward program that goes with it, where there is one
  std::size_t steps = 0;         // its kernel calls
  std::size_t programs = 0;      // kept now
  std::size_t captures = 0;      // so far
  std::size_t eager_runs = 0;    // calls that ran what was compiled as it was written
  std::int64_t allocations = 0;  // made by the last run between its first and its last kernel: 0
  std::string reason;            // why the last capture was made, in one line
};

class Specialisations;

namespace detail {

std::shared_ptr<Specialisations> make_compiled(Program program, const CompileOptions& options);
std::shared_ptr<Specialisations> make_compiled_step(Program program, const CompileOptions& options);
std::vector<Tensor> run_compiled(Specialisations& compiled, const std::vector<Tensor>& inputs);
CompileReport report_of(const Specialisations& compiled);
std::string graph_text(const Specialisations& compiled);

template <class R>
R rebuild(std::vector<Tensor> values) {
  if constexpr (std::is_same_v<R, Tensor>) {
    return std::move(values.at(0));
  } else {
    R out{};
    std::size_t next = 0;
    nn::TensorTree<R>::visit(out, [&](Tensor& tensor) { tensor = std::move(values.at(next++)); });
    return out;
  }
}

}  // namespace detail

// A compiled module or step: called as the original, with tensors.
template <class R>
class Compiled {
 public:
  explicit Compiled(std::shared_ptr<Specialisations> programs) : programs_(std::move(programs)) {}

  template <class... T>
  R operator()(const T&... inputs) {
    if constexpr (std::is_void_v<R>) {
      detail::run_compiled(*programs_, {inputs...});
    } else {
      return detail::rebuild<R>(detail::run_compiled(*programs_, {inputs...}));
    }
  }
  CompileReport report() const { return detail::report_of(*programs_); }
  // The graph of the program that ran last, as a table.
  std::string graph_text() const { return detail::graph_text(*programs_); }

 private:
  std::shared_ptr<Specialisations> programs_;
};

// The module as a program. It is captured when it is first called with inputs of some sizes, dtypes
// and layouts, in some mode (training or evaluation of each module, number of threads,
// deterministic mode); later calls of that kind run the program: no dispatch, no allocation but for
// the results, intermediate values in one planned arena. Results are the bits of the eager module.
// Where a gradient is wanted (grad mode is on and a parameter or an input requires one), forward
// and backward are captured as a program each, and autograd sees the module as one call: what
// backward needs are further results of forward. Gradients are the bits of the eager module's where
// every result gets one that lies as the result does; gradients of gradients throw
// NotImplementedError. Parameters may change meanwhile, in place. Throws what trace() throws, and
// NotImplementedError `[compile] ...` for what cannot be planned.
template <class M>
auto compile(const nn::ModuleHolder<M>& module, const CompileOptions& options = {}) {
  if constexpr (nn::detail::HasForward<M>) {
    using R = typename nn::detail::ForwardTraits<decltype(&M::forward)>::Result;
    return Compiled<R>(detail::make_compiled(detail::program_of(module), options));
  } else {
    return Compiled<Tensor>(detail::make_compiled(detail::program_of(module), options));
  }
}

// A training step as one program: forward, backward and optimizer. step is a lambda of tensors that
// returns tensors (Tensor, or a pair, tuple or array of them) or nothing:
//
//   auto step = graph::compile_step([&](const Tensor& x, const Tensor& y) {
//     optimizer.zero_grad();
//     auto loss = nn::functional::cross_entropy(net(x), y);
//     loss.backward();
//     optimizer.step();
//     return loss;
//   });
//
// The first call runs eagerly: optimizers make their state then. The next one captures; from then
// on the program runs, with the bits that the eager step would give: results, gradients, buffers,
// optimizer state, random numbers. Tensors that the lambda uses are read anew in every run,
// learning rates among them (OptimizerParamGroup::lr_tensor); C++ numbers are constants of the
// program. A new program is captured for other inputs and when a module that was called changes
// between train() and eval(). A tensor that the lambda makes from C++ values (tensor({1, 2}))
// throws Error unless captured_constant() names it.
template <class F>
auto compile_step(F step, const CompileOptions& options = {}) {
  using Traits = nn::detail::ForwardTraits<decltype(&F::operator())>;
  using R = typename Traits::Result;
  detail::Program program{nullptr, "step", {}, false};
  program.run = [step = std::move(step)](const std::vector<Tensor>& values) mutable {
    const auto call = [&]() -> decltype(auto) {
      return detail::apply_inputs(step, values, std::make_index_sequence<Traits::arity>());
    };
    if constexpr (std::is_void_v<R>) {
      call();
      return std::vector<Tensor>();
    } else {
      return detail::flatten_result<R>(call());
    }
  };
  return Compiled<R>(detail::make_compiled_step(std::move(program), options));
}

}  // namespace sinter::graph
