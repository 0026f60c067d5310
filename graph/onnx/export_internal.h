// What turns one node of a graph into nodes of an ONNX file.
#pragma once
#include <sinter/core/error.h>
#include <sinter/graph/graph.h>
#include <sinter/graph/onnx/model_internal.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace sinter::onnx {

inline constexpr int kOpset = 17;
inline constexpr int kIrVersion = 8;

using Names = std::vector<std::string>;
using OnnxAttributes = std::vector<std::pair<std::string, ops::AttrValue>>;

// The file under construction.
class ModelWriter {
 public:
  explicit ModelWriter(proto::Graph& graph) : graph_(graph) {}

  proto::Graph& graph() { return graph_; }
  // A name that nothing has yet, from this one.
  std::string unique(const std::string& hint);
  std::string add_initializer(const std::string& name, const Tensor& tensor);
  // A Constant node. Equal numbers and short lists share one.
  std::string add_constant(const std::string& name, const Tensor& tensor);
  // Outputs are names that unique() gave. An empty input is one that is not given.
  void add_node(const std::string& type, const Names& inputs, const Names& outputs,
                const OnnxAttributes& attributes = {});
  // Drops nodes and initializers that no output needs.
  void prune();

  // The name that the result of a node must have, for it is an output.
  std::unordered_map<const graph::Node*, std::string> output_names;

 private:
  proto::Graph& graph_;
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, std::string> shared_;  // constants by their bytes
};

// One node of Sinter's graph and the file that it goes to.
class NodeWriter {
 public:
  using Values = std::unordered_map<const graph::Node*, Names>;
  NodeWriter(ModelWriter& model, const graph::Node& node, Values& values)
      : model_(model), node_(node), values_(values) {}

  const graph::Node& node() const { return node_; }
  // --- Arguments. Numbers become constants of `dtype`, by default that of the result.
  bool has(std::size_t i) const { return i < node_.num_args() && !node_.arg(i).is_none(); }
  std::string in(std::size_t i, std::optional<DType> dtype = std::nullopt);
  // The same, cast where it has another dtype.
  std::string in_as(std::size_t i, DType dtype);
  const TensorMeta& meta(std::size_t i) const { return node_.arg(i).value().meta(); }
  const TensorMeta& out_meta(std::size_t i = 0) const { return node_.result(i).meta; }
  std::size_t rank() const { return meta(0).dim(); }

  // The elements of an argument that no input has a part in; value() refuses others, and
  // find_value() gives an undefined tensor for them.
  Tensor value(std::size_t i);
  Tensor find_value(std::size_t i);

  // --- Attributes of the op.
  template <class T>
  T attr(std::string_view name) const {
    return ops::from_attr_value<T>(node_.attributes().get(name));
  }
  std::vector<std::int64_t> list(std::string_view name) const {
    return std::get<std::vector<std::int64_t>>(node_.attributes().get(name));
  }
  bool grows(std::string_view attribute) const;
  // Sizes of the result for Reshape: -1 for the one that grows with the batch.
  std::vector<std::int64_t> reshape_sizes(std::string_view attribute) const;

  // --- What is written.
  // A node with one output whose name is made from this one's, and which is returned.
  std::string add(const std::string& type, const Names& inputs,
                  const OnnxAttributes& attributes = {});
  // The node that gives result 0.
  void result(const std::string& type, const Names& inputs, const OnnxAttributes& attributes = {});
  // Result 0 is this value.
  void alias(const std::string& name) { values_[&node_] = {name}; }
  std::string constant(const Tensor& tensor, const std::string& hint = "constant");
  // An initializer under the path of argument i, where that is one, and a suffix.
  std::string initializer(std::size_t i, const Tensor& tensor, const std::string& suffix = "");
  std::string ints(const std::vector<std::int64_t>& values);
  std::string number(double value, DType dtype);

  // Throws NotImplementedError naming op, node and line: what must be, and what is.
  [[noreturn]] void refuse(const std::string& rule) const;
  void require(bool fits, const char* rule) const {
    if (!fits) refuse(rule);
  }

 private:
  ModelWriter& model_;
  const graph::Node& node_;
  Values& values_;
};

// What a value is where no input has a part in it; else an undefined tensor.
Tensor constant_value(const graph::Value& value);

// How an op whose OnnxName alone does not say it all is written.
struct Converter {
  const char* op;
  void (*write)(NodeWriter&);
  bool any_batch = false;  // it copes with attributes that grow with the batch
};
std::span<const Converter> layer_converters();
std::span<const Converter> shape_converters();
std::span<const Converter> pointwise_converters();
std::span<const Converter> quantized_converters();

// Writes a node by its converter, or as its OnnxName and attributes say.
void write_op(NodeWriter& writer);

}  // namespace sinter::onnx
