// Which nodes of a graph run on integers, and which of their values share parameters.
#pragma once
#include <sinter/graph/graph.h>
#include <sinter/nn/options/conv.h>
#include <sinter/nn/options/pooling.h>
#include <sinter/quant/qconfig.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace sinter::quant {

using graph::Node;
using graph::Value;

// What a node is to quantization.
enum class Role : std::uint8_t {
  other,
  convolution,
  linear,
  batch_norm,
  relu,
  add,
  average_pool,
  global_pool,
  // Its elements are elements of its inputs: it runs on bytes as it is.
  moves,
  dropout
};
Role role_of(const Node& node);
inline bool shares_params(Role role) { return role == Role::moves || role == Role::dropout; }

// The user of a value, where there is exactly one use and the user has that role; else null.
Node* only_user(Value value, Role role);

// The geometry of a convolution that QConv2d can compute: two dimensions, zeros at both ends of a
// dimension alike; nullopt for others.
std::optional<nn::Conv2dOptions> convolution_options(const Node& node);
// That of an average pooling that QAvgPool2d can compute.
std::optional<nn::AvgPool2dOptions> average_pool_options(const Node& node);
// Paths of weight and bias (empty: none) of a convolution or linear layer; nullopt where the weight
// is computed.
std::optional<std::pair<std::string, std::string>> parameter_paths(const Node& node);

// Nodes that become one: convolution, batch norm and ReLU, or addition and ReLU.
struct Group {
  Role role;
  Node* node;
  Node* batch_norm = nullptr;
  Node* relu = nullptr;
  Node* last() const { return relu != nullptr ? relu : batch_norm != nullptr ? batch_norm : node; }
};

// Values in classes that must have one scale and zero point.
class ValueClasses {
 public:
  using Key = std::pair<Node*, std::uint32_t>;
  // Some number that the values of a class have in common.
  std::size_t find(Value value);
  void join(Value a, Value b);
  const std::vector<Value>& values() const { return values_; }

 private:
  std::size_t index_of(Value value);
  std::size_t root(std::size_t i);

  std::map<Key, std::size_t> index_;
  std::vector<Value> values_;
  std::vector<std::size_t> parents_;
};

// Where fake quantization goes.
struct Placement {
  std::vector<Group> groups;
  // Values to quantize, in the order of the graph; those of one class share their parameters.
  std::vector<std::vector<Value>> classes;
};
Placement place(const graph::Graph& graph, const PlacementRules& rules);

}  // namespace sinter::quant
