#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/graph/interpreter.h>
#include <sinter/graph/module_call_internal.h>
#include <sinter/graph/recorder_internal.h>
#include <sinter/graph/trace.h>

#include <algorithm>

namespace sinter::graph {

namespace {

// The random stream is where it was when capture began.
class KeepRandomState {
 public:
  KeepRandomState() : state_(default_generator().get_state()) {}
  ~KeepRandomState() { default_generator().set_state(state_); }
  KeepRandomState(const KeepRandomState&) = delete;
  KeepRandomState& operator=(const KeepRandomState&) = delete;

 private:
  PhiloxState state_;
};

// Records a program over the modules and tensors of a root.
class ProgramRecorder : public Recorder {
 public:
  ProgramRecorder(Graph& graph, const detail::Program& program, const TraceOptions& options)
      : Recorder(graph) {
    if (program.root == nullptr) return;
    const auto leaf = options.is_leaf != nullptr ? options.is_leaf : default_leaves;
    for (const auto& item : modules_of(*program.root)) {
      const bool is_root = item.key().empty();
      name_module(*item.value(), item.key(), !is_root && leaf(*item.value(), item.key()));
    }
    for (const auto& item : program.root->named_parameters()) name_tensor(*item, item.key());
    for (const auto& item : program.root->named_buffers()) name_tensor(*item, item.key());
  }

 private:
  static OrderedDict<std::string, std::shared_ptr<nn::Module>> modules_of(nn::Module& root) {
    return root.named_modules({}, true);
  }
};

Tensor example(const Tensor& input, std::int64_t batch, std::int64_t new_batch, Recorder& recorder,
               std::size_t i) {
  SINTER_CHECK_AS(ValueError, input.defined(), "[trace] example inputs must be defined; got an ",
                  "undefined tensor as input ", i);
  TensorMeta meta = input.impl()->meta;
  meta.offset = 0;
  if (new_batch >= 0 && meta.dim() > 0 && meta.sizes[0] == batch) {
    Dims sizes = meta.sizes;
    sizes[0] = new_batch;
    if (meta.channels_last && !meta.contiguous) {
      meta.set_channels_last(sizes);
    } else {
      meta.set_contiguous(sizes);
    }
  }
  return recorder.add_input(str("input", i), meta);
}

// new_batch: -1 for the batch of the inputs.
void record(Graph& graph, ProgramRecorder& recorder, const detail::Program& program,
            const std::vector<Tensor>& inputs, std::int64_t batch, std::int64_t new_batch) {
  const KeepRandomState keep;
  std::vector<Tensor> fakes;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    fakes.push_back(example(inputs[i], batch, new_batch, recorder, i));
  }
  const Recorder::Session session(recorder, ops::InterceptorGuard::Where::above_autograd);
  Arg::List results;
  for (const Tensor& result : program.run(fakes)) {
    SINTER_CHECK_AS(ValueError, result.defined(),
                    "[trace] the results must be defined; got an undefined tensor");
    results.emplace_back(recorder.value_of(result));
  }
  SINTER_CHECK_AS(ValueError, !program.one_result || results.size() == 1,
                  "[trace] the program must return a tensor; got ", results.size());
  graph.add_output(program.one_result ? std::move(results[0]) : Arg(std::move(results)));
}

std::int64_t batch_of(const std::vector<Tensor>& inputs) {
  for (const Tensor& input : inputs) {
    if (input.defined() && input.dim() > 0) return input.size(0);
  }
  return -1;
}

// Whether the program is the same for another batch size, and what in it grows.
void find_batch_items(Graph& graph, const detail::Program& program,
                      const std::vector<Tensor>& inputs, const TraceOptions& options) {
  const std::int64_t batch = batch_of(inputs);
  if (batch <= 0) return;
  Graph other;
  other.set_root(program.root);
  graph.set_batch(batch);
  other.set_batch(batch + 1);
  bool alike = false;
  try {
    ProgramRecorder recorder(other, program, options);
    record(other, recorder, program, inputs, batch, batch + 1);
    alike = mark_batch_items(graph, other);
  } catch (const Error&) {
    // The program accepts no other batch size.
  }
  if (!alike) graph.set_batch(-1);
}

}  // namespace

bool no_leaves(const nn::Module&, const std::string&) { return false; }

bool default_leaves(const nn::Module& module, const std::string&) {
  const nn::detail::ModuleOps* ops = nn::detail::recorded_ops(module);
  return ops != nullptr && ops->tensor_forward != nullptr && module.children().empty() &&
         module.name().starts_with("sinter::nn::");
}

GraphModule detail::trace_program(const Program& program, const std::vector<Tensor>& inputs,
                                  const TraceOptions& options) {
  auto graph = std::make_shared<Graph>();
  graph->set_root(program.root);
  ProgramRecorder recorder(*graph, program, options);
  record(*graph, recorder, program, inputs, -1, -1);
  if (options.any_batch) find_batch_items(*graph, program, inputs, options);
  GraphModule module(std::make_shared<GraphModuleImpl>(graph, program.name));
  if (program.root != nullptr) module->mirror(*program.root);
  for (const auto& [name, tensor] : recorder.constants()) module->register_buffer(name, tensor);
  graph->set_root(module.ptr().get());
  return module;
}

void detail::throw_wrong_arity(std::size_t wanted, std::size_t got) {
  fail<ValueError>("[trace] the program takes ", wanted, " tensors; got ", got);
}

Tensor captured_constant(const Tensor& tensor) {
  Recorder* recorder = Recorder::current();
  if (recorder != nullptr) recorder->add_constant(tensor);
  return tensor;
}

std::shared_ptr<Graph> lower(GraphModuleImpl& module, const std::vector<Tensor>& inputs) {
  detail::Program program{&module, "lowered", [&](const std::vector<Tensor>& values) {
                            return Interpreter(module.graph()).run(values);
                          }};
  program.one_result = !module.graph().output()->arg(0).is_list();
  TraceOptions options;
  options.is_leaf = no_leaves;
  auto graph = std::make_shared<Graph>();
  graph->set_root(&module);
  ProgramRecorder recorder(*graph, program, options);
  record(*graph, recorder, program, inputs, -1, -1);
  return graph;
}

}  // namespace sinter::graph
