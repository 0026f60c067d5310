#include <sinter/graph/fake_mode_internal.h>
#include <sinter/graph/recorder_internal.h>
#include <sinter/graph/trace.h>
#include <sinter/graph/transformer.h>

namespace sinter::graph {

Transformer::Transformer(GraphModuleImpl& module) : Interpreter(module.graph()), module_(module) {}

GraphModule Transformer::transform() {
  detail::Program program{&module_, module_.name()};
  program.run = [this](const std::vector<Tensor>& values) { return run(values); };
  program.one_result = graph().output() != nullptr && !graph().output()->arg(0).is_list();
  std::vector<Tensor> inputs;
  for (const Node* node : graph().inputs()) {
    inputs.push_back(make_fake(node->result().meta));
    program.input_names.push_back(node->target());
  }
  for (const Node* node : graph().nodes()) {
    if (node->is(Kind::module)) program.leaves.push_back(node->module());
  }
  TraceOptions options;
  options.any_batch = graph().batch() >= 0;
  return detail::trace_program(program, inputs, options);
}

std::vector<Tensor> Transformer::run_node(Node& node) {
  Recorder* recorder = Recorder::current();
  if (recorder == nullptr) return Interpreter::run_node(node);
  const Node* last = recorder->graph().last();
  std::vector<Tensor> results = Interpreter::run_node(node);
  Node* made = last != nullptr ? last->next() : recorder->graph().first();
  for (; made != nullptr; made = made->next()) {
    if (!made->is(Kind::attr)) made->provenance() = node.provenance();
  }
  return results;
}

std::vector<Tensor> Transformer::call_region(Node& node, const std::vector<Tensor>& inputs) {
  Recorder* recorder = Recorder::current();
  if (recorder == nullptr) return Interpreter::call_region(node, inputs);
  return recorder->call_region(node, inputs);
}

}  // namespace sinter::graph
