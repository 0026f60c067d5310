#include <sinter/nn/layers.h>
#include <sinter/ops/conv_attrs.h>
#include <sinter/ops/pool_attrs.h>
#include <sinter/ops/reduce_attrs.h>
#include <sinter/quant/placement_internal.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace sinter::quant {

using graph::Arg;
using graph::Kind;

// --- Roles.

namespace {

Role module_role(const Node& node) {
  if (node.is_module<nn::Conv2d>()) return Role::convolution;
  if (node.is_module<nn::Linear>()) return Role::linear;
  if (node.is_module<nn::BatchNorm2d>()) return Role::batch_norm;
  if (node.is_module<nn::ReLU>()) return Role::relu;
  if (node.is_module<nn::MaxPool2d>() || node.is_module<nn::Flatten>() ||
      node.is_module<nn::Unflatten>() || node.is_module<nn::Identity>()) {
    return Role::moves;
  }
  if (node.is_module<nn::Dropout>() || node.is_module<nn::Dropout2d>()) return Role::dropout;
  if (node.is_module<nn::AvgPool2d>()) return Role::average_pool;
  if (node.is_module<nn::AdaptiveAvgPool2d>()) return Role::global_pool;
  return Role::other;
}

Role op_role(const Node& node) {
  static const std::map<std::string_view, Role> roles{{"convolution", Role::convolution},
                                                      {"linear", Role::linear},
                                                      {"relu", Role::relu},
                                                      {"add", Role::add},
                                                      {"avg_pool2d", Role::average_pool},
                                                      {"adaptive_avg_pool2d", Role::global_pool},
                                                      {"mean", Role::global_pool},
                                                      {"max_pool2d", Role::moves},
                                                      {"cat", Role::moves},
                                                      {"clone", Role::moves},
                                                      {"flip", Role::moves},
                                                      {"index_select", Role::moves},
                                                      {"view_dtype", Role::other}};
  const auto found = roles.find(node.op()->name);
  if (found != roles.end()) return found->second;
  return node.op()->view ? Role::moves : Role::other;
}

// The mean over whole planes.
bool is_global(const Node& node) {
  const auto& sizes = node.result().meta.sizes;
  const Node* input = node.num_args() > 0 ? node.arg(0).node() : nullptr;
  if (input == nullptr || node.arg(0).value().meta().dim() != 4) return false;
  const bool kept = sizes.size() == 4 && sizes[2] == 1 && sizes[3] == 1;
  if (node.is(Kind::module) || node.op()->name != std::string_view("mean")) return kept;
  const auto& attrs = *static_cast<const ops::SumAttrs*>(node.attributes().data());
  return attrs.dims == Dims{2, 3};
}

bool is_real(const Arg& arg) { return arg.is_value() && arg.value().meta().dtype == kFloat32; }

// Two feature maps of one size.
bool adds_images(const Node& node) {
  if (node.num_args() != 2 || !is_real(node.arg(0)) || !is_real(node.arg(1))) return false;
  const TensorMeta &a = node.arg(0).value().meta(), &b = node.arg(1).value().meta();
  return a.dim() == 4 && a.sizes == b.sizes;
}

bool can_run(const Node& node, Role role) {
  if (role == Role::other) return true;
  if (node.num_args() == 0 || node.num_results() != 1) return false;
  if (node.result().meta.dtype != kFloat32) return false;
  switch (role) {
    case Role::convolution:
      return convolution_options(node).has_value() && parameter_paths(node).has_value();
    case Role::linear:
      return parameter_paths(node).has_value();
    case Role::add:
      return adds_images(node);
    case Role::average_pool:
      return average_pool_options(node).has_value();
    case Role::global_pool:
      return is_global(node);
    default:
      return is_real(node.arg(0));
  }
}

}  // namespace

Role role_of(const Node& node) {
  Role role = Role::other;
  if (node.is(Kind::module) && node.module() != nullptr) role = module_role(node);
  if (node.is(Kind::op)) role = op_role(node);
  return can_run(node, role) ? role : Role::other;
}

Node* only_user(Value value, Role role) {
  if (value.node->num_uses() != 1) return nullptr;
  Node* user = value.node->users()[0];
  const bool first = user->num_args() > 0 && user->arg(0).node() == value.node;
  return first && role_of(*user) == role ? user : nullptr;
}

// --- Geometry.

namespace {

std::optional<nn::Conv2dOptions> of_module(const nn::Conv2dImpl& conv) {
  nn::Conv2dOptions o = conv.options;
  using Padding = nn::ConvPadding<2>::Kind;
  if (!o.padding_mode().is(kZeros)) return std::nullopt;
  if (o.padding().kind() == Padding::valid) o.padding(0);
  if (o.padding().kind() == Padding::same) {
    std::vector<std::int64_t> ends;
    for (std::size_t d = 0; d < 2; ++d) {
      const std::int64_t total = (*o.dilation())[d] * ((*o.kernel_size())[d] - 1);
      if (total % 2 != 0) return std::nullopt;
      ends.push_back(total / 2);
    }
    o.padding(nn::ConvPadding<2>(ends));
  }
  return o;
}

std::optional<nn::Conv2dOptions> of_op(const Node& node) {
  const auto& a = *static_cast<const ops::ConvAttrs*>(node.attributes().data());
  if (a.stride.size() != 2 || a.padding.size() != 4 || !node.arg(1).is_value()) return std::nullopt;
  if (a.padding[0] != a.padding[2] || a.padding[1] != a.padding[3]) return std::nullopt;
  const Dims& weight = node.arg(1).value().meta().sizes;
  return nn::Conv2dOptions(weight[1] * a.groups, weight[0], {weight[2], weight[3]})
      .stride({a.stride[0], a.stride[1]})
      .padding({a.padding[0], a.padding[1]})
      .dilation({a.dilation[0], a.dilation[1]})
      .groups(a.groups)
      .bias(!node.arg(2).is_none());
}

}  // namespace

std::optional<nn::Conv2dOptions> convolution_options(const Node& node) {
  if (!is_real(node.arg(0)) || node.arg(0).value().meta().dim() != 4) return std::nullopt;
  if (const auto* conv = node.module_as<nn::Conv2d>()) return of_module(*conv);
  return node.is(Kind::op) ? of_op(node) : std::nullopt;
}

std::optional<nn::AvgPool2dOptions> average_pool_options(const Node& node) {
  if (!is_real(node.arg(0)) || node.arg(0).value().meta().dim() != 4) return std::nullopt;
  if (const auto* pool = node.module_as<nn::AvgPool2d>()) {
    if (pool->options.divisor_override()) return std::nullopt;
    return pool->options;
  }
  if (!node.is(Kind::op)) return std::nullopt;
  const auto& a = *static_cast<const ops::AvgPoolAttrs*>(node.attributes().data());
  if (a.divisor_override) return std::nullopt;
  return nn::AvgPool2dOptions({a.kernel[0], a.kernel[1]})
      .stride({a.stride[0], a.stride[1]})
      .padding({a.padding[0], a.padding[1]})
      .ceil_mode(a.ceil_mode)
      .count_include_pad(a.count_include_pad);
}

std::optional<std::pair<std::string, std::string>> parameter_paths(const Node& node) {
  if (node.is(Kind::module)) {
    const auto parameters = node.module()->named_parameters(false);
    const bool biased = parameters.contains("bias") && parameters["bias"].defined();
    return std::pair{node.target() + ".weight", biased ? node.target() + ".bias" : std::string()};
  }
  if (node.num_args() != 3) return std::nullopt;
  const Node *weight = node.arg(1).node(), *bias = node.arg(2).node();
  const bool stored = weight != nullptr && weight->is(Kind::attr) &&
                      (bias == nullptr ? node.arg(2).is_none() : bias->is(Kind::attr));
  if (!stored || weight->result().meta.dim() < 2) return std::nullopt;
  return std::pair{weight->target(), bias != nullptr ? bias->target() : std::string()};
}

// --- Classes of values.

std::size_t ValueClasses::index_of(Value value) {
  const auto [at, fresh] = index_.emplace(Key{value.node, value.index}, values_.size());
  if (fresh) {
    values_.push_back(value);
    parents_.push_back(at->second);
  }
  return at->second;
}

std::size_t ValueClasses::root(std::size_t i) {
  while (parents_[i] != i) i = parents_[i] = parents_[parents_[i]];
  return i;
}

std::size_t ValueClasses::find(Value value) { return root(index_of(value)); }

void ValueClasses::join(Value a, Value b) {
  const std::size_t x = find(a), y = find(b);
  parents_[std::max(x, y)] = std::min(x, y);
}

// --- Placement.

namespace {

class Placer {
 public:
  Placer(const graph::Graph& graph, const PlacementRules& rules) : graph_(graph), rules_(rules) {}

  Placement run() {
    for (Node* node : graph_.nodes()) visit(*node);
    Placement out{std::move(groups_), {}};
    std::map<std::size_t, std::vector<Value>> classes;
    for (Node* node : graph_.nodes()) {
      for (std::uint32_t i = 0; i < node->num_results(); ++i) collect(Value{node, i}, classes);
    }
    for (auto& [root, values] : classes) out.classes.push_back(std::move(values));
    return out;
  }

 private:
  // Sources only: what an op moves has been quantized before.
  void collect(Value value, std::map<std::size_t, std::vector<Value>>& classes) {
    const Node& node = *value.node;
    if (node.is(Kind::attr) || value.meta().dtype != kFloat32) return;
    if (shares_params(role_of(node)) || inner_.contains(&node) || moving_.contains(&node)) return;
    const std::size_t root = classes_.find(value);
    if (wanted_roots().contains(root)) classes[root].push_back(value);
  }

  const std::set<std::size_t>& wanted_roots() {
    if (roots_.empty()) {
      for (const Value value : wanted_) roots_.insert(classes_.find(value));
    }
    return roots_;
  }

  void visit(Node& node) {
    const Role role = role_of(node);
    if (shares_params(role)) {
      for (const Arg& arg : node.args()) {
        if (is_real(arg)) classes_.join(arg.value(), node.value());
      }
    } else if (role == Role::relu && moves_bytes(node)) {
      moving_.insert(&node);
      classes_.join(node.arg(0).value(), node.value());
    } else if (role != Role::other && role != Role::batch_norm && role != Role::relu) {
      add_group({role, &node});
    }
  }

  // A ReLU on its own, of something that may be bytes: it cuts them off at the zero point.
  bool moves_bytes(const Node& relu) const {
    const Node* source = relu.arg(0).node();
    if (moving_.contains(source) || shares_params(role_of(*source))) return true;
    return std::any_of(groups_.begin(), groups_.end(), [&](const Group& g) {
      return g.last() == source && source->num_uses() > 1;
    });
  }

  void add_group(Group group) {
    Node* node = group.node;
    if (group.role == Role::convolution) {
      group.batch_norm = foldable(only_user(node->value(), Role::batch_norm));
    }
    const bool weighted = group.role == Role::convolution || group.role == Role::linear;
    if (weighted || group.role == Role::add) {
      group.relu = only_user(group.last()->value(), Role::relu);
    }
    for (Node* inner : {node, group.batch_norm}) {
      if (inner != nullptr && inner != group.last()) inner_.insert(inner);
    }
    groups_.push_back(group);
    want_inputs(group);
    const bool pools = group.role == Role::average_pool || group.role == Role::global_pool;
    const bool both = group.role == Role::add && !rules_.residual_operand_only;
    const bool whole = group.role == Role::convolution && rules_.convolution_outputs;
    if (pools || both || whole) wanted_.push_back(group.last()->value());
  }

  static Node* foldable(Node* node) {
    const auto* norm = node != nullptr ? node->module_as<nn::BatchNorm2d>() : nullptr;
    return norm != nullptr && norm->options.track_running_stats() ? node : nullptr;
  }

  void want_inputs(const Group& group) {
    const Node& node = *group.node;
    const bool two = group.role == Role::add;
    bool first = true, second = two;
    if (two && rules_.residual_operand_only) {
      if (feeds_only_this(node.arg(0).value())) {
        first = false;
      } else if (feeds_only_this(node.arg(1).value())) {
        second = false;
      }
    }
    if (first) wanted_.push_back(node.arg(0).value());
    if (second) wanted_.push_back(node.arg(1).value());
  }

  // A convolution's result that the addition alone uses.
  bool feeds_only_this(Value value) const {
    const auto is_source = [&](const Group& g) {
      return g.role == Role::convolution && g.last() == value.node;
    };
    return value.node->num_uses() == 1 && std::any_of(groups_.begin(), groups_.end(), is_source);
  }

  const graph::Graph& graph_;
  const PlacementRules& rules_;
  ValueClasses classes_;
  std::vector<Group> groups_;
  std::vector<Value> wanted_;
  std::set<std::size_t> roots_;
  std::set<const Node*> inner_;   // of groups, but their last nodes
  std::set<const Node*> moving_;  // activations that run on bytes as they are
};

}  // namespace

Placement place(const graph::Graph& graph, const PlacementRules& rules) {
  return Placer(graph, rules).run();
}

}  // namespace sinter::quant
