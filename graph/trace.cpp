#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/core/fake_read.h>
#include <sinter/graph/interpreter.h>
#include <sinter/graph/module_call_internal.h>
#include <sinter/graph/recorder_internal.h>
#include <sinter/graph/trace_internal.h>

#include <algorithm>

namespace sinter::graph {

namespace {

// Records a program over the modules and tensors of a root.
class ProgramRecorder : public Recorder {
 public:
  ProgramRecorder(Graph& graph, const detail::Program& program, const TraceOptions& options)
      : Recorder(graph) {
    if (program.root == nullptr) return;
    const auto leaf = options.is_leaf != nullptr ? options.is_leaf : default_leaves;
    for (const auto& item : modules_of(*program.root)) {
      const bool is_root = item.key().empty();
      const bool called = std::find(program.leaves.begin(), program.leaves.end(),
                                    item.value().get()) != program.leaves.end();
      name_module(*item.value(), item.key(),
                  !is_root && (called || leaf(*item.value(), item.key())));
    }
    for (const auto& item : program.root->named_parameters()) name_tensor(*item, item.key());
    for (const auto& item : program.root->named_buffers()) name_tensor(*item, item.key());
  }

 private:
  static OrderedDict<std::string, std::shared_ptr<nn::Module>> modules_of(nn::Module& root) {
    return root.named_modules({}, true);
  }
};

void record(Graph& graph, ProgramRecorder& recorder, const detail::Program& program,
            const std::vector<TensorMeta>& inputs, const TraceOptions& options) {
  const KeepRandomState keep;
  std::vector<Tensor> fakes;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool named = i < program.input_names.size();
    fakes.push_back(
        recorder.add_input(named ? program.input_names[i] : str("input", i), inputs[i]));
  }
  const Recorder::Session session(recorder, ops::InterceptorGuard::Where::above_autograd);
  // The session puts it back. Fake tensors have no elements even so.
  if (options.read_values) explain_fake_read = nullptr;
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

std::vector<TensorMeta> metas_of(const std::vector<Tensor>& inputs) {
  std::vector<TensorMeta> out;
  for (const Tensor& input : inputs) {
    SINTER_CHECK_AS(ValueError, input.defined(), "[trace] example inputs must be defined; got an ",
                    "undefined tensor as input ", out.size());
    out.push_back(input.impl()->meta);
    out.back().offset = 0;
  }
  return out;
}

std::int64_t batch_of(const std::vector<TensorMeta>& inputs) {
  for (const TensorMeta& input : inputs) {
    if (input.dim() > 0) return input.sizes[0];
  }
  return -1;
}

// Whether the program is the same for another batch size, and what in it grows.
void find_batch_items(Graph& graph, const detail::Program& program,
                      const std::vector<TensorMeta>& inputs, const TraceOptions& options) {
  const std::int64_t batch = batch_of(inputs);
  if (batch <= 0) return;
  Graph other;
  other.set_root(program.root);
  graph.set_batch(batch);
  other.set_batch(batch + 1);
  bool alike = false;
  try {
    ProgramRecorder recorder(other, program, options);
    record(other, recorder, program, with_batch(inputs, batch, batch + 1), options);
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

std::vector<TensorMeta> with_batch(std::vector<TensorMeta> metas, std::int64_t from,
                                   std::int64_t to) {
  for (TensorMeta& meta : metas) {
    if (meta.dim() == 0 || meta.sizes[0] != from) continue;
    Dims sizes = meta.sizes;
    sizes[0] = to;
    if (meta.channels_last && !meta.contiguous) {
      meta.set_channels_last(sizes);
    } else {
      meta.set_contiguous(sizes);
    }
  }
  return metas;
}

Traced trace_once(const detail::Program& program, const std::vector<TensorMeta>& inputs,
                  const TraceOptions& options) {
  Traced out{std::make_shared<Graph>(), {}};
  out.graph->set_root(program.root);
  ProgramRecorder recorder(*out.graph, program, options);
  record(*out.graph, recorder, program, inputs, options);
  out.constants = recorder.constants();
  return out;
}

GraphModule detail::trace_program(const Program& program, const std::vector<Tensor>& inputs,
                                  const TraceOptions& options) {
  const std::vector<TensorMeta> metas = metas_of(inputs);
  const auto [graph, constants] = trace_once(program, metas, options);
  if (options.any_batch) find_batch_items(*graph, program, metas, options);
  GraphModule module(std::make_shared<GraphModuleImpl>(graph, program.name));
  if (program.root != nullptr) module->mirror(*program.root);
  for (const auto& [name, tensor] : constants) module->register_buffer(name, tensor);
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

std::shared_ptr<Graph> lower(GraphModuleImpl& module, const std::vector<Tensor>& inputs,
                             TraceOptions options) {
  detail::Program program{&module, "lowered", [&](const std::vector<Tensor>& values) {
                            return Interpreter(module.graph()).run(values);
                          }};
  program.one_result = !module.graph().output()->arg(0).is_list();
  options.is_leaf = no_leaves;
  return trace_once(program, metas_of(inputs), options).graph;
}

}  // namespace sinter::graph
