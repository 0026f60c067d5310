#include <sinter/graph/passes/pass.h>
#include <sinter/graph/step_recorder_internal.h>
#include <sinter/graph/trace_internal.h>
#include <sinter/nn/optim/lr_observer.h>

#include <utility>

namespace sinter::graph {

namespace {

bool has_fake_gradient(const Tensor& tensor) {
  return tensor.is_floating_point() && tensor.is_leaf() && tensor.grad().defined() &&
         tensor.grad().impl()->fake();
}

// Parameters do not keep the fake gradients of a capture that failed.
class ForgetFakes {
 public:
  explicit ForgetFakes(const StepRecorder& recorder) : recorder_(recorder) {}
  ~ForgetFakes() {
    for (const Tensor& tensor : recorder_.state) {
      if (has_fake_gradient(tensor)) tensor.mutable_grad() = Tensor();
    }
  }
  ForgetFakes(const ForgetFakes&) = delete;
  ForgetFakes& operator=(const ForgetFakes&) = delete;

 private:
  const StepRecorder& recorder_;
};

// Notes the parameter groups of the optimizers that take a step meanwhile.
class WatchGroups {
 public:
  explicit WatchGroups(std::vector<optim::OptimizerParamGroup*>& groups)
      : outer_(std::exchange(optim::detail::lr_observer, &groups)) {}
  ~WatchGroups() { optim::detail::lr_observer = outer_; }
  WatchGroups(const WatchGroups&) = delete;
  WatchGroups& operator=(const WatchGroups&) = delete;

 private:
  std::vector<optim::OptimizerParamGroup*>* outer_;
};

class CompiledStep : public Specialisations {
 public:
  using Specialisations::Specialisations;

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) override {
    const std::lock_guard lock(mutex_);
    if (!ran_) {
      std::vector<Tensor> out = source_.run(inputs);
      ran_ = true;
      ++report_.eager_runs;
      report_.reason = "the first call runs eagerly";
      return out;
    }
    return run_program(inputs);
  }

 private:
  Entry capture(const std::vector<Tensor>& inputs) override {
    Entry entry;
    entry.signature = Signature::of(inputs, nullptr);
    auto graph = std::make_shared<Graph>();
    StepRecorder recorder(*graph, "compile_step");
    record(*graph, recorder, inputs, entry);
    entry.modes = std::move(recorder.modes);
    recorder.check_state();
    graph->lint();
    run_passes(*graph, default_passes());
    std::vector<Storage> gradients;
    for (const Tensor& parameter : entry.parameters) {
      gradients.push_back(gradient_memory(parameter));
    }
    entry.program = std::make_unique<Program>(graph, arena_, gradients);
    return entry;
  }

  void record(Graph& graph, StepRecorder& recorder, const std::vector<Tensor>& inputs,
              Entry& entry) {
    const KeepRandomState keep;
    const ForgetFakes forget(recorder);
    const WatchGroups watch(entry.groups);
    const WatchNumbers watch_numbers(entry.numbers);
    const std::vector<Tensor> fakes = recorder.add_arguments(inputs);
    const Recorder::Session session(recorder, ops::InterceptorGuard::Where::below_autograd);
    Arg::List results;
    for (const Tensor& result : source_.run(fakes)) results.emplace_back(recorder.value_of(result));
    for (std::size_t i = 0; i < recorder.state.size(); ++i) {
      const Tensor parameter = recorder.state[i];
      if (!has_fake_gradient(parameter)) continue;
      results.emplace_back(recorder.value_of(parameter.grad()));
      entry.parameters.push_back(parameter);
    }
    graph.add_output(std::move(results));
  }

  bool ran_ = false;
};

}  // namespace

std::shared_ptr<Specialisations> detail::make_compiled_step(Program program,
                                                            const CompileOptions& options) {
  return std::make_shared<CompiledStep>(std::move(program), options);
}

}  // namespace sinter::graph
