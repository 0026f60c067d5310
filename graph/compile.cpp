#include <sinter/graph/gradient_program_internal.h>
#include <sinter/graph/passes/pass.h>

#include <algorithm>

namespace sinter::graph {

namespace {

class CompiledModule : public Specialisations {
 public:
  using Specialisations::Specialisations;

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) override {
    const auto is_fake = [](const Tensor& input) {
      return input.defined() && input.impl()->fake();
    };
    if (std::any_of(inputs.begin(), inputs.end(), is_fake)) return source_.run(inputs);
    const std::lock_guard lock(mutex_);
    return run_program(inputs);
  }

 private:
  static bool wants_gradient(const Signature& signature) {
    const auto any = [](const std::vector<bool>& flags) {
      return std::find(flags.begin(), flags.end(), true) != flags.end();
    };
    return signature.grad_enabled && (any(signature.wants_grad) || any(signature.trainable));
  }

  Entry capture(const std::vector<Tensor>& inputs) override {
    Entry entry;
    entry.signature = Signature::of(inputs, source_.root);
    const WatchNumbers watch(entry.numbers);
    if (wants_gradient(entry.signature)) {
      entry.gradient = std::make_shared<GradientProgram>(source_, inputs, arena_);
      entry.modes = entry.gradient->modes();
    } else {
      capture_inference(entry, inputs);
    }
    return entry;
  }

  void capture_inference(Entry& entry, const std::vector<Tensor>& inputs) {
    for (const auto& module : source_.root->modules()) {
      entry.modes.emplace_back(*module);
    }
    TraceOptions options;
    options.is_leaf = options_.fast ? default_leaves : no_leaves;
    options.any_batch = false;
    entry.module = detail::trace_program(source_, inputs, options);
    std::shared_ptr<Graph> graph;
    if (options_.fast) {
      FoldConvBatchNorm().run(entry.module->graph());
      graph = lower(*entry.module, inputs);
      run_passes(*graph, fast_passes());
    } else {
      graph = entry.module->graph().copy();
      run_passes(*graph, default_passes());
    }
    entry.program = std::make_unique<Program>(graph, arena_);
  }
};

}  // namespace

std::shared_ptr<Specialisations> detail::make_compiled(Program program,
                                                       const CompileOptions& options) {
  return std::make_shared<CompiledModule>(std::move(program), options);
}

}  // namespace sinter::graph
