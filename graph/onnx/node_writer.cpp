#include <sinter/core/tensor_factory.h>
#include <sinter/graph/batch.h>
#include <sinter/graph/onnx/export_internal.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/pointwise_op.h>

#include <algorithm>

namespace sinter::onnx {

namespace {

void set_attribute(proto::Attribute& out, const ops::AttrValue& value) {
  if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) {
    out.set_type(kIntsAttribute);
    for (const std::int64_t v : *list) out.add_ints(v);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.set_type(kStringAttribute);
    out.set_s(*text);
  } else if (const auto* real = std::get_if<double>(&value)) {
    out.set_type(kFloatAttribute);
    out.set_f(static_cast<float>(*real));
  } else {
    const auto* flag = std::get_if<bool>(&value);
    out.set_type(kIntAttribute);
    out.set_i(flag != nullptr ? *flag : std::get<std::int64_t>(value));
  }
}

// Calls an op whose arguments are all known.
Tensor compute(const graph::Value& value, const std::vector<Tensor>& inputs) {
  const graph::Node& node = *value.node;
  const ops::TensorPointers refs(inputs);
  std::vector<Tensor> out(node.num_results());
  ops::OpCall call{{*node.op(), refs, node.attributes().data(), out}, false};
  ops::dispatch(call);
  return out.at(value.index);
}

}  // namespace

Tensor constant_value(const graph::Value& value) {
  const graph::Node& node = *value.node;
  if (node.is(graph::Kind::attr)) return node.graph().find_tensor(node.target());
  if (!node.is(graph::Kind::op) || !node.is_pure() || !node.batch_items().empty()) return {};
  std::vector<Tensor> inputs;
  for (const graph::Arg& arg : node.args()) {
    Tensor& input = inputs.emplace_back();
    if (arg.is_none()) continue;
    input = arg.is_number() ? wrapped_number(arg.number()) : constant_value(arg.value());
    if (!input.defined()) return {};
  }
  return compute(value, inputs);
}

void ModelWriter::prune() {
  std::unordered_set<std::string> needed;
  for (const auto& output : graph_.output()) needed.insert(output.name());
  std::vector<bool> keep(static_cast<std::size_t>(graph_.node_size()));
  for (int i = graph_.node_size() - 1; i >= 0; --i) {
    const proto::Node& node = graph_.node(i);
    for (const auto& output : node.output()) {
      if (needed.contains(output)) keep[static_cast<std::size_t>(i)] = true;
    }
    if (!keep[static_cast<std::size_t>(i)]) continue;
    needed.insert(node.input().begin(), node.input().end());
  }
  auto& nodes = *graph_.mutable_node();
  std::size_t index = 0;
  nodes.erase(
      std::remove_if(nodes.begin(), nodes.end(), [&](const auto&) { return !keep[index++]; }),
      nodes.end());
  auto& tensors = *graph_.mutable_initializer();
  tensors.erase(std::remove_if(tensors.begin(), tensors.end(),
                               [&](const auto& tensor) { return !needed.contains(tensor.name()); }),
                tensors.end());
}

std::string ModelWriter::unique(const std::string& hint) {
  std::string name = hint;
  for (unsigned i = 1; !names_.insert(name).second; ++i) name = hint + "_" + std::to_string(i);
  return name;
}

std::string ModelWriter::add_initializer(const std::string& name, const Tensor& tensor) {
  proto::Tensor& message = *graph_.add_initializer();
  write_tensor(tensor, message);
  message.set_name(unique(name));
  return message.name();
}

std::string ModelWriter::add_constant(const std::string& name, const Tensor& tensor) {
  proto::Tensor message;
  write_tensor(tensor, message);
  std::string& shared = shared_[message.SerializeAsString()];
  if (!shared.empty()) return shared;
  shared = unique(name);
  proto::Node& node = *graph_.add_node();
  node.set_op_type("Constant");
  node.set_name(shared);
  node.add_output(shared);
  proto::Attribute& value = *node.add_attribute();
  value.set_name("value");
  value.set_type(kTensorAttribute);
  *value.mutable_t() = std::move(message);
  return shared;
}

void ModelWriter::add_node(const std::string& type, const Names& inputs, const Names& outputs,
                           const OnnxAttributes& attributes) {
  proto::Node& node = *graph_.add_node();
  node.set_op_type(type);
  node.set_name(outputs.at(0));
  for (const auto& input : inputs) node.add_input(input);
  for (const auto& output : outputs) node.add_output(output);
  for (const auto& [name, value] : attributes) {
    if (std::holds_alternative<std::monostate>(value)) continue;
    proto::Attribute& attribute = *node.add_attribute();
    attribute.set_name(name);
    set_attribute(attribute, value);
  }
}

std::string NodeWriter::in(std::size_t i, std::optional<DType> dtype) {
  if (!has(i)) return {};
  const graph::Arg& arg = node_.arg(i);
  if (arg.is_number()) {
    const TensorOptions options = TensorOptions().dtype(dtype.value_or(out_meta().dtype));
    return constant(full({}, arg.number(), options));
  }
  const graph::Value value = arg.value();
  const Names& names = values_.at(value.node);
  require(value.index < names.size() && !names[value.index].empty(),
          "only the first result of the op before has a form there");
  return names[value.index];
}

std::string NodeWriter::in_as(std::size_t i, DType dtype) {
  if (!has(i) || node_.arg(i).is_number() || meta(i).dtype == dtype) return in(i, dtype);
  return add("Cast", {in(i)}, {{"to", std::int64_t{onnx_dtype(dtype)}}});
}

bool NodeWriter::grows(std::string_view attribute) const {
  const auto& items = node_.batch_items();
  return std::any_of(items.begin(), items.end(),
                     [&](const auto& item) { return item.attribute == attribute; });
}

std::vector<std::int64_t> NodeWriter::reshape_sizes(std::string_view attribute) const {
  auto sizes = out_meta().sizes.operator IntArrayRef().vec();
  require(node_.batch_items().size() <= 1, "one size only may grow with the batch");
  for (const graph::BatchItem& item : node_.batch_items()) {
    require(item.attribute == attribute, "only sizes may grow with the batch");
    sizes.at(item.index) = -1;
  }
  return sizes;
}

std::string NodeWriter::add(const std::string& type, const Names& inputs,
                            const OnnxAttributes& attributes) {
  const std::string name = model_.unique(node_.name() + "/" + type);
  model_.add_node(type, inputs, {name}, attributes);
  return name;
}

void NodeWriter::result(const std::string& type, const Names& inputs,
                        const OnnxAttributes& attributes) {
  const auto wanted = model_.output_names.find(&node_);
  const bool is_output = wanted != model_.output_names.end();
  const std::string name = is_output ? wanted->second : model_.unique(node_.name());
  model_.add_node(type, inputs, {name}, attributes);
  alias(name);
}

std::string NodeWriter::constant(const Tensor& tensor, const std::string& hint) {
  return model_.add_constant(node_.name() + "/" + hint, tensor);
}

std::string NodeWriter::initializer(std::size_t i, const Tensor& tensor,
                                    const std::string& suffix) {
  const graph::Node& source = *node_.arg(i).node();
  const std::string name = source.is(graph::Kind::attr) ? source.target() : source.name();
  return model_.add_initializer(name + suffix, tensor);
}

Tensor NodeWriter::find_value(std::size_t i) {
  if (!has(i)) return {};
  if (node_.arg(i).is_number()) return full({}, node_.arg(i).number());
  return constant_value(node_.arg(i).value());
}

Tensor NodeWriter::value(std::size_t i) {
  const Tensor found = find_value(i);
  require(found.defined(), "scales, zero points and weights may not depend on inputs");
  return found;
}

std::string NodeWriter::ints(const std::vector<std::int64_t>& values) {
  Tensor list = empty({static_cast<std::int64_t>(values.size())}, TensorOptions().dtype(kInt64));
  std::copy(values.begin(), values.end(), list.data_ptr<std::int64_t>());
  return constant(list);
}

std::string NodeWriter::number(double value, DType dtype) {
  return constant(full({}, value, TensorOptions().dtype(dtype)));
}

void NodeWriter::refuse(const std::string& rule) const {
  const std::string line = node_.location();
  fail<NotImplementedError>("[onnx] ", rule, "; got ", node_.target(), " at node ", node_.name(),
                            line.empty() ? "" : ", ", line);
}

namespace {

// Attributes in their ONNX spelling, where the op's fields name one each.
std::optional<OnnxAttributes> named_attributes(const graph::Node& node) {
  OnnxAttributes out;
  for (const auto& item : node.attributes().items()) {
    if (item.onnx == item.name || std::holds_alternative<Scalar>(item.value)) return std::nullopt;
    out.emplace_back(item.onnx, item.value);
  }
  return out;
}

// The dtype that operands are brought to: ONNX promotes nothing.
DType operand_dtype(const graph::Node& node) {
  if (!node.op()->pointwise->traits.bool_result) return node.result().meta.dtype;
  std::optional<DType> dtype;
  for (const graph::Arg& arg : node.args()) {
    if (!arg.is_value()) continue;
    const DType own = arg.value().meta().dtype;
    dtype = dtype ? promote_types(*dtype, own) : own;
  }
  for (const graph::Arg& arg : node.args()) {
    if (arg.is_number() && arg.number().is_floating_point() && !is_floating_point(*dtype)) {
      dtype = kFloat32;
    }
  }
  return dtype.value_or(kFloat32);
}

Names operands(NodeWriter& w) {
  const graph::Node& node = w.node();
  const ops::PointwiseOp* pointwise = node.op()->pointwise;
  Names out;
  for (std::size_t i = 0; i < node.num_args(); ++i) {
    const bool condition = pointwise != nullptr && pointwise->traits.condition_first && i == 0;
    out.push_back(pointwise == nullptr || condition ? w.in(i) : w.in_as(i, operand_dtype(node)));
  }
  while (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

const Converter* find_converter(std::string_view op) {
  for (const auto& table :
       {layer_converters(), shape_converters(), pointwise_converters(), quantized_converters()}) {
    const auto it = std::find_if(table.begin(), table.end(),
                                 [&](const Converter& converter) { return converter.op == op; });
    if (it != table.end()) return &*it;
  }
  return nullptr;
}

}  // namespace

void write_op(NodeWriter& w) {
  const graph::Node& node = w.node();
  const ops::OpDef& op = *node.op();
  w.require(!node.has_side_effects(), "a write to memory that others see has no form there");
  w.require(!node.uses_rng(), "random numbers have no form there (eval() leaves dropout out)");
  const Converter* converter = find_converter(op.name);
  const bool any_batch = converter != nullptr && converter->any_batch;
  w.require(any_batch || node.batch_items().empty(), "an attribute may not grow with the batch");
  if (converter != nullptr) return converter->write(w);
  const auto attributes = named_attributes(node);
  if (op.onnx.type == nullptr || op.onnx.since > kOpset || !attributes) {
    w.refuse("there is no form of this op in opset " + std::to_string(kOpset));
  }
  w.result(op.onnx.type, operands(w), *attributes);
}

}  // namespace sinter::onnx
