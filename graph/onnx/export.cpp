#include <sinter/autograd/grad_mode.h>
#include <sinter/core/file.h>
#include <sinter/core/version.h>
#include <sinter/graph/batch.h>
#include <sinter/graph/onnx/export_internal.h>
#include <sinter/graph/onnx/onnx.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/trace.h>
#include <sinter/ops/creation.h>

#include <limits>

namespace sinter::onnx {

namespace {

using graph::Graph;
using graph::Kind;
using graph::Node;

// A graph of ops alone, and the sizes of its results for a second batch size.
struct Lowered {
  std::shared_ptr<Graph> graph;
  std::unordered_map<const Node*, std::vector<Dims>> other_sizes;
};

std::vector<Tensor> example_inputs(const Graph& graph, std::int64_t batch) {
  std::vector<Tensor> out;
  for (const Node* input : graph.inputs()) {
    const TensorMeta& meta = input->result().meta;
    Dims sizes = meta.sizes;
    if (!sizes.empty() && sizes[0] == graph.batch() && batch >= 0) sizes[0] = batch;
    out.push_back(zeros(sizes, TensorOptions().dtype(meta.dtype)));
  }
  return out;
}

// Lowers for two batch sizes where the graph runs with any, so that what grows can be told.
Lowered lower_for_any_batch(graph::GraphModuleImpl& module) {
  const Graph& source = module.graph();
  graph::TraceOptions options;
  options.read_values = true;  // scales and switches of quantized modules
  Lowered out{graph::lower(module, example_inputs(source, -1), options), {}};
  if (source.batch() < 0) return out;
  const auto other = graph::lower(module, example_inputs(source, source.batch() + 1), options);
  out.graph->set_batch(source.batch());
  other->set_batch(source.batch() + 1);
  if (!graph::mark_batch_items(*out.graph, *other)) {
    out.graph->set_batch(-1);
    return out;
  }
  const Node* theirs = other->first();
  for (const Node* node : out.graph->nodes()) {
    for (const auto& result : theirs->results()) {
      out.other_sizes[node].push_back(result.meta.sizes);
    }
    theirs = theirs->next();
  }
  return out;
}

// Arguments that passes leave constant need no computing in the file.
void simplify(Graph& graph) {
  graph::Functionalise().run(graph);
  graph::FoldConstants().run(graph);
  graph::EliminateDeadCode().run(graph);
}

class Exporter {
 public:
  Exporter(const Lowered& lowered, const SaveOptions& options, proto::Graph& out)
      : lowered_(lowered), options_(options), model_(out) {}

  void run() {
    reserve_names();
    for (const Node* node : lowered_.graph->nodes()) write(*node);
    model_.prune();
  }

 private:
  // Inputs and outputs first, so that nothing else takes their names.
  void reserve_names() {
    for (const Node* input : lowered_.graph->inputs()) {
      const std::size_t i = inputs_.size();
      const bool given = i < options_.input_names.size();
      inputs_.push_back(model_.unique(given ? options_.input_names[i] : input->target()));
    }
    for (const graph::Value value : lowered_.graph->results()) {
      const std::size_t i = outputs_.size();
      const bool given = i < options_.output_names.size();
      const std::string hint = "output" + std::to_string(i);
      outputs_.push_back(model_.unique(given ? options_.output_names[i] : hint));
      if (value.index == 0) model_.output_names.try_emplace(value.node, outputs_.back());
    }
  }

  void write(const Node& node) {
    switch (node.kind()) {
      case Kind::input:
        values_[&node] = {inputs_.at(next_input_)};
        describe(*model_.graph().add_input(), inputs_.at(next_input_++),
                 graph::Value{const_cast<Node*>(&node)});
        break;
      case Kind::attr:
        values_[&node] = {write_attr(node)};
        break;
      case Kind::op: {
        NodeWriter writer(model_, node, values_);
        write_op(writer);
        break;
      }
      case Kind::output:
        write_outputs();
        break;
      default:
        fail<NotImplementedError>("[onnx] only graphs of ops can be written; got node ",
                                  node.name());
    }
  }

  std::string write_attr(const Node& node) {
    const Tensor tensor = lowered_.graph->find_tensor(node.target());
    SINTER_CHECK_AS(ValueError, tensor.defined(), "[onnx] the graph's tensors must exist; got \"",
                    node.target(), "\"");
    if (lowered_.graph->is_constant(node.target())) return model_.add_constant(node.name(), tensor);
    return model_.add_initializer(node.target(), tensor);
  }

  // Identity makes outputs of what has another name: inputs, tensors, and values given twice.
  void write_outputs() {
    std::size_t i = 0;
    for (const graph::Value value : lowered_.graph->results()) {
      const Names& names = values_.at(value.node);
      SINTER_CHECK_AS(NotImplementedError, value.index < names.size(),
                      "[onnx] only the first result of an op has a form in ONNX; got result ",
                      value.index, " of ", value.node->name());
      const std::string& name = outputs_.at(i++);
      if (names[value.index] != name) model_.add_node("Identity", {names[value.index]}, {name});
      describe(*model_.graph().add_output(), name, value);
    }
  }

  void describe(proto::ValueInfo& out, const std::string& name, graph::Value value) {
    out.set_name(name);
    proto::TensorType& type = *out.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx_dtype(value.meta().dtype));
    proto::Shape& shape = *type.mutable_shape();
    const auto found = lowered_.other_sizes.find(value.node);
    const Dims& sizes = value.meta().sizes;
    for (std::size_t d = 0; d < sizes.size(); ++d) {
      proto::Size& size = *shape.add_dim();
      if (found == lowered_.other_sizes.end() || found->second.at(value.index)[d] == sizes[d]) {
        size.set_dim_value(sizes[d]);
      } else {
        const std::int64_t per_item = sizes[d] / lowered_.graph->batch();
        size.set_dim_param((per_item == 1 ? "" : std::to_string(per_item)) + options_.batch_name);
      }
    }
  }

  const Lowered& lowered_;
  const SaveOptions& options_;
  ModelWriter model_;
  NodeWriter::Values values_;
  Names inputs_;
  Names outputs_;
  std::size_t next_input_ = 0;
};

void write_file(const proto::Model& model, const std::string& path) {
  const std::size_t bytes = model.ByteSizeLong();
  SINTER_CHECK_AS(ValueError, bytes <= std::numeric_limits<std::int32_t>::max(),
                  "[onnx] a file holds at most 2 GiB; got ", bytes, " bytes");
  const std::string text = model.SerializeAsString();
  AtomicFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

}  // namespace

void save(graph::GraphModule module, const std::string& path, const SaveOptions& options) {
  const NoGradGuard no_grad;
  Lowered lowered = lower_for_any_batch(*module);
  simplify(*lowered.graph);
  proto::Model model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("sinter");
  model.set_producer_version(version());
  model.add_opset_import()->set_version(kOpset);
  model.mutable_graph()->set_name(module->name());
  Exporter(lowered, options, *model.mutable_graph()).run();
  write_file(model, path);
}

}  // namespace sinter::onnx
