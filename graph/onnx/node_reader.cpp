#include <sinter/graph/onnx/import_internal.h>
#include <sinter/ops/view.h>

#include <algorithm>

namespace sinter::onnx {

namespace {

std::string place(const proto::Node& node) {
  return shown(node.op_type()) + " at node " + shown(node.name());
}

// Read where they lie: an op would be captured.
std::vector<std::int64_t> int_elements(const Tensor& tensor) {
  const auto read = [&](const auto* from) {
    return std::vector<std::int64_t>(from, from + tensor.numel());
  };
  if (tensor.dtype() == kInt64) return read(tensor.data_ptr<std::int64_t>());
  return read(tensor.data_ptr<std::int32_t>());
}

double number_in(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::f32:
      return static_cast<double>(*tensor.data_ptr<float>());
    case DType::f64:
      return *tensor.data_ptr<double>();
    case DType::f16:
      return static_cast<double>(static_cast<float>(*tensor.data_ptr<Half>()));
    case DType::boolean:
      return *tensor.data_ptr<bool>() ? 1 : 0;
    default:
      SINTER_CHECK_AS(NotImplementedError, tensor.dtype() == kInt64 || tensor.dtype() == kInt32,
                      "[onnx] numbers must be floating, bool, i32 or i64; got ", tensor.dtype());
      return static_cast<double>(int_elements(tensor)[0]);
  }
}

}  // namespace

const ImportValue& NodeReader::find(int i) const {
  SINTER_CHECK_AS(IOError, has(i),
                  "[onnx] an operator must have the inputs it needs; got no input ", i, " of ",
                  place(node_));
  const auto found = values_.find(node_.input(i));
  SINTER_CHECK_AS(IOError, found != values_.end(),
                  "[onnx] a node reads what nodes before it give; got ", shown(node_.input(i)),
                  " as an input of ", place(node_));
  return found->second;
}

const Tensor& NodeReader::in(int i) const {
  const Tensor& tensor = find(i).tensor;
  require(tensor.defined(), "a shape that the model computes may only be used as a shape");
  return tensor;
}

Tensor NodeReader::known(int i) const {
  if (!has(i)) return {};
  const Tensor& known = find(i).known;
  require(known.defined(), "shapes, axes, scales and limits must be constants");
  return known;
}

std::optional<std::vector<std::int64_t>> NodeReader::known_ints(int i) const {
  const Tensor values = known(i);
  if (!values.defined()) return std::nullopt;
  SINTER_CHECK_AS(IOError,
                  (values.dtype() == kInt64 || values.dtype() == kInt32) && values.dim() <= 1,
                  "[onnx] a list of integers is needed; got ", values.dtype(), values.sizes(),
                  " as input ", i, " of ", place(node_));
  return int_elements(values);
}

std::optional<double> NodeReader::known_number(int i) const {
  const Tensor value = known(i);
  if (!value.defined()) return std::nullopt;
  SINTER_CHECK_AS(IOError, value.numel() == 1, "[onnx] a number is needed; got sizes ",
                  value.sizes(), " as input ", i, " of ", place(node_));
  return number_in(value);
}

std::optional<NodeReader> NodeReader::maker(int i) const {
  if (!has(i) || find(i).maker == nullptr) return std::nullopt;
  return NodeReader(*find(i).maker, values_, opset_);
}

const proto::Attribute* NodeReader::find_attr(std::string_view name) const {
  const auto& all = node_.attribute();
  const auto it = std::find_if(all.begin(), all.end(),
                               [&](const proto::Attribute& a) { return a.name() == name; });
  return it == all.end() ? nullptr : &*it;
}

namespace {

// The attribute, which must be of that kind; files of IR versions before 2 leave the kind out.
const proto::Attribute* checked_attr(const NodeReader& reader, std::string_view name, int kind) {
  const proto::Attribute* found = reader.find_attr(name);
  if (found == nullptr) return nullptr;
  SINTER_CHECK_AS(IOError, found->type() == kind || found->type() == 0,
                  "[onnx] an attribute must be of the kind its operator says; got kind ",
                  found->type(), " for ", shown(name), " of ", place(reader.node()));
  return found;
}

}  // namespace

std::int64_t NodeReader::int_attr(std::string_view name, std::int64_t fallback) const {
  const auto* found = checked_attr(*this, name, kIntAttribute);
  return found == nullptr ? fallback : found->i();
}

double NodeReader::float_attr(std::string_view name, double fallback) const {
  const auto* found = checked_attr(*this, name, kFloatAttribute);
  return found == nullptr ? fallback : static_cast<double>(found->f());
}

std::string NodeReader::string_attr(std::string_view name, std::string_view fallback) const {
  const auto* found = checked_attr(*this, name, kStringAttribute);
  return found == nullptr ? std::string(fallback) : found->s();
}

std::optional<std::vector<std::int64_t>> NodeReader::ints_attr(std::string_view name) const {
  const auto* found = checked_attr(*this, name, kIntsAttribute);
  if (found == nullptr) return std::nullopt;
  return std::vector<std::int64_t>(found->ints().begin(), found->ints().end());
}

std::optional<std::vector<std::int64_t>> NodeReader::axes(int i, int since) const {
  return opset_ < since ? ints_attr("axes") : known_ints(i);
}

void NodeReader::require(bool fits, const char* rule) const {
  SINTER_CHECK_AS(NotImplementedError, fits, "[onnx] ", rule, "; got ", place(node_));
}

const Reader* find_reader(std::string_view type) {
  for (const auto& table :
       {layer_readers(), shape_readers(), pointwise_readers(), quantized_readers()}) {
    const auto it = std::find_if(table.begin(), table.end(),
                                 [&](const Reader& reader) { return reader.type == type; });
    if (it != table.end()) return &*it;
  }
  return nullptr;
}

}  // namespace sinter::onnx
