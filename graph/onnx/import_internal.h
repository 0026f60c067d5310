// What turns one node of an ONNX file into calls of Sinter's ops.
#pragma once
#include <sinter/core/error.h>
#include <sinter/core/tensor.h>
#include <sinter/graph/onnx/model_internal.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sinter::onnx {

// A value of the file: a tensor of the program, and its elements where they are known while the
// program is captured (shapes, axes, and constants).
struct ImportValue {
  Tensor tensor;
  Tensor known;
  const proto::Node* maker = nullptr;  // the node that gives it
};
using ImportValues = std::unordered_map<std::string, ImportValue>;

// One node of the file.
class NodeReader {
 public:
  NodeReader(const proto::Node& node, const ImportValues& values, int opset)
      : node_(node), values_(values), opset_(opset) {}

  const proto::Node& node() const { return node_; }
  int opset() const { return opset_; }

  // --- Inputs.
  int num_inputs() const { return node_.input_size(); }
  bool has(int i) const { return i < node_.input_size() && !node_.input(i).empty(); }
  // Throws IOError where it is not given.
  const Tensor& in(int i) const;
  // Undefined where it is not given.
  Tensor optional(int i) const { return has(i) ? in(i) : Tensor(); }
  // The elements of an input that is no part of the computation; undefined where it is not given.
  // Throws NotImplementedError where they depend on inputs of the model.
  Tensor known(int i) const;
  // Whether known() would give elements.
  bool is_known(int i) const { return has(i) && find(i).known.defined(); }
  std::optional<std::vector<std::int64_t>> known_ints(int i) const;
  std::optional<double> known_number(int i) const;

  // The node that gives an input; nullopt for inputs of the model, initializers and constants.
  std::optional<NodeReader> maker(int i) const;

  // --- Attributes. Throw IOError for one of another kind.
  bool has_attr(std::string_view name) const { return find_attr(name) != nullptr; }
  std::int64_t int_attr(std::string_view name, std::int64_t fallback) const;
  double float_attr(std::string_view name, double fallback) const;
  std::string string_attr(std::string_view name, std::string_view fallback) const;
  std::optional<std::vector<std::int64_t>> ints_attr(std::string_view name) const;
  const proto::Attribute* find_attr(std::string_view name) const;
  // Axes: an attribute before opset `since`, input i from then on.
  std::optional<std::vector<std::int64_t>> axes(int i, int since) const;

  // Throws NotImplementedError `[onnx] rule; got Conv at node "conv1"`.
  void require(bool fits, const char* rule) const;

 private:
  const ImportValue& find(int i) const;

  const proto::Node& node_;
  const ImportValues& values_;
  int opset_;
};

using Results = std::vector<Tensor>;

// How an operator is read.
struct Reader {
  std::string_view type;
  Results (*read)(const NodeReader&);
  unsigned known_inputs = 0;   // bit i: input i is read while the program is captured
  unsigned buffer_inputs = 0;  // bit i: a floating initializer there is no parameter
};
std::span<const Reader> layer_readers();
std::span<const Reader> shape_readers();
std::span<const Reader> pointwise_readers();
std::span<const Reader> quantized_readers();
// nullptr: unknown.
const Reader* find_reader(std::string_view type);

// A convolution or product of dequantized bytes as the op on bytes that has real numbers as its
// result; an undefined tensor where it is another.
Tensor read_on_bytes(const NodeReader& layer);

}  // namespace sinter::onnx
