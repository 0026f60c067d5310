#include <sinter/graph/passes/pass.h>
#include <sinter/graph/specialisations_internal.h>

#include <algorithm>

namespace sinter::graph {

namespace {

class CompiledModule : public Specialisations {
 public:
  using Specialisations::Specialisations;

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) override {
    const std::lock_guard lock(mutex_);
    const Signature signature = Signature::of(inputs);
    if (wants_gradient(signature)) {
      ++report_.eager_runs;
      return source_.run(inputs);
    }
    Entry* entry = find(signature);
    return run_entry(entry != nullptr ? *entry : capture(signature, inputs), inputs);
  }

 private:
  bool wants_gradient(const Signature& signature) const {
    if (!signature.grad_enabled) return false;
    const auto& inputs = signature.wants_grad;
    if (std::find(inputs.begin(), inputs.end(), true) != inputs.end()) return true;
    const auto parameters = source_.root->parameters();
    return std::any_of(parameters.begin(), parameters.end(),
                       [](const Tensor& p) { return p.requires_grad(); });
  }

  Entry& capture(const Signature& signature, const std::vector<Tensor>& inputs) {
    Entry entry;
    entry.signature = signature;
    for (const auto& module : source_.root->modules()) {
      entry.modes.push_back({module, module->is_training()});
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
    entry.program = std::make_unique<Program>(graph, 0);
    return insert(std::move(entry));
  }
};

}  // namespace

std::shared_ptr<Specialisations> detail::make_compiled(Program program,
                                                       const CompileOptions& options) {
  return std::make_shared<CompiledModule>(std::move(program), options);
}

}  // namespace sinter::graph
