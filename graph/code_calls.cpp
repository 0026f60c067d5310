#include <sinter/graph/argument_internal.h>
#include <sinter/graph/code_calls_internal.h>
#include <sinter/graph/code_text_internal.h>
#include <sinter/graph/fake_mode_internal.h>
#include <sinter/graph/passes/memory_versions_internal.h>
#include <sinter/graph/trace_internal.h>
#include <sinter/ops/random_attrs.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace sinter::graph {

namespace {

// --- Attributes as text.

// The attributes of a node, as they are written.
class AttributeText {
 public:
  AttributeText(const Node& node, std::string batch)
      : items_(node.attributes().items()), node_(node), batch_(std::move(batch)) {}

  // As an argument of a public function; kind is the accessor of CallParts.
  std::string argument(const std::string& kind, const std::string& name) const {
    const ops::AttrValue& value = item(name).value;
    if (kind == "dtype") return code_dtype(ops::from_attr_value<DType>(value));
    if (kind == "format") return format(ops::from_attr_value<MemoryFormat>(value));
    if (kind == "only") return elements(name, value).at(0);
    if (kind == "half") return half(elements(name, value));
    const auto* list = std::get_if<std::vector<std::int64_t>>(&value);
    // Braces with nothing in them could be anything.
    return list != nullptr && list->empty() ? "sinter::IntArrayRef()" : text(name, value);
  }

  // "before" and "after" as the argument of pad().
  std::string pads() const {
    const Dims list = ops::CallParts({}, items_).pads();
    return code_text(ops::AttrValue(IntArrayRef(list).vec()));
  }

  // As attributes of graph::call, without those that have their defaults.
  std::string named() const {
    const std::vector<Attributes::Item> defaults =
        Attributes(node_.attributes().type(), nullptr).items();
    std::string out;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const Attributes::Item& item = items_[i];
      if (item.value == defaults[i].value || is_place_in_stream(item.name)) continue;
      std::string value = text(item.name, item.value);
      if (std::holds_alternative<Scalar>(item.value)) value = str("sinter::Scalar(", value, ")");
      out += (out.empty() ? "{" : ", {") + code_quoted(item.name) + ", " + value + "}";
    }
    return out;
  }

 private:
  const Attributes::Item& item(const std::string& name) const {
    return *std::find_if(items_.begin(), items_.end(),
                         [&](const Attributes::Item& i) { return name == i.name; });
  }

  static std::string half(std::vector<std::string> elements) {
    elements.resize(elements.size() / 2);
    return "{" + join(elements) + "}";
  }

  static std::string format(MemoryFormat value) {
    constexpr std::array kNames = {"contiguous", "channels_last", "preserve"};
    return str("sinter::MemoryFormat::", kNames.at(static_cast<std::size_t>(value)));
  }

  // Each run takes the numbers that come next.
  bool is_place_in_stream(std::string_view name) const {
    return node_.uses_rng() && (name == "seed" || name == "offset");
  }

  std::string number(const std::string& name, std::size_t index, std::int64_t value) const {
    for (const BatchItem& item : node_.batch_items()) {
      if (item.attribute != name || item.index != index) continue;
      return item.per_item == 1 ? batch_ : str(item.per_item, " * ", batch_);
    }
    return code_text(ops::AttrValue(value));
  }

  std::vector<std::string> elements(const std::string& name, const ops::AttrValue& value) const {
    std::vector<std::string> out;
    for (const std::int64_t element : std::get<std::vector<std::int64_t>>(value)) {
      out.push_back(number(name, out.size(), element));
    }
    return out;
  }

  std::string text(const std::string& name, const ops::AttrValue& value) const {
    if (const auto* n = std::get_if<std::int64_t>(&value)) return number(name, 0, *n);
    if (!std::holds_alternative<std::vector<std::int64_t>>(value)) return code_text(value);
    return "{" + join(elements(name, value)) + "}";
  }

  std::vector<Attributes::Item> items_;
  const Node& node_;
  std::string batch_;
};

// --- Trying a spelling.

// Sees the calls of a spelling on fake tensors.
class Probe : public FakeMode {
 public:
  Probe(const Node& node, const std::vector<Tensor>& inputs) : node_(node), inputs_(inputs) {}

  void handle(ops::OpCall& call) override {
    ++calls_;
    same_ = calls_ == 1 && is_the_call(call);
    FakeMode::handle(call);
    for (const Tensor& out : call.out) outputs_.push_back(out.impl());
  }

  // Which result each of these tensors is; nullopt where the call was another one, or lacks a
  // result that is used.
  std::optional<std::vector<std::uint32_t>> results(const std::vector<Tensor>& returned) const {
    if (calls_ != 1 || !same_) return std::nullopt;
    std::vector<std::uint32_t> out;
    for (const Tensor& tensor : returned) {
      const auto found = std::find(outputs_.begin(), outputs_.end(), tensor.impl());
      if (found == outputs_.end()) return std::nullopt;
      out.push_back(static_cast<std::uint32_t>(found - outputs_.begin()));
    }
    for (std::uint32_t i = 0; i < node_.num_results(); ++i) {
      const bool given = std::find(out.begin(), out.end(), i) != out.end();
      if (!given && node_.num_uses(i) > 0) return std::nullopt;
    }
    return out;
  }

 private:
  bool is_the_call(const ops::OpCall& call) const {
    return &call.def == node_.op() && call.in_place == node_.in_place() &&
           call.in.size() == inputs_.size() && same_inputs(call) && same_attributes(call);
  }
  bool same_inputs(const ops::OpCall& call) const {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const Tensor& got = call.in[i];
      const Arg& wanted = node_.arg(i);
      if (!wanted.is_number() && got.impl() != inputs_[i].impl()) return false;
      if (wanted.is_number() && !is_number(got, wanted.number())) return false;
    }
    return true;
  }
  static bool is_number(const Tensor& got, const Scalar& wanted) {
    return got.defined() && got.impl()->wrapped_number &&
           ops::AttrValue(got.item()) == ops::AttrValue(wanted);
  }
  bool same_attributes(const ops::OpCall& call) const {
    Attributes got(*call.def.attrs, call.attributes);
    Attributes wanted = node_.attributes();
    if (call.def.draw != nullptr) {
      for (Attributes* attributes : {&got, &wanted}) {
        ops::DrawAttrs& draw = *call.def.draw(attributes->data());
        draw.seed = draw.offset = 0;
      }
    }
    return got == wanted;
  }

  const Node& node_;
  const std::vector<Tensor>& inputs_;
  std::size_t calls_ = 0;
  bool same_ = false;
  std::vector<const TensorImpl*> outputs_;
};

std::optional<ChosenSpelling> try_spelling(const ops::Spelling& spelling, const Node& node) {
  const std::vector<Tensor> inputs = fake_arguments(node);
  ops::CallParts parts(inputs, node.attributes().items());
  Probe probe(node, inputs);
  const KeepRandomState keep;
  const ops::InterceptorGuard guard(probe, ops::InterceptorGuard::Where::above_autograd);
  try {
    const ops::Returned returned = spelling.run(parts);
    if (auto results = probe.results(returned.tensors)) {
      return ChosenSpelling{&spelling, *results, returned.tuple};
    }
  } catch (const std::exception&) {
    // It does not take such arguments or attributes.
  }
  return std::nullopt;
}

// --- Writing one.

// Whether the memory of a node's first argument or result is written.
bool is_written(const Node& node) {
  const auto class_of = [](Value value) { return value.node->result(value.index).alias_class; };
  const std::array classes = {node.result().alias_class, class_of(node.arg(0).value())};
  bool found = false;
  for (const Node* other : node.graph().nodes()) {
    for_each_written(*other, [&](Value value) {
      found = found || std::find(classes.begin(), classes.end(), class_of(value)) != classes.end();
    });
  }
  return found;
}

// Attributes that grow with the batch must be written: a default stands for one batch size.
bool writes_batch_items(const ops::Spelling& spelling, const Node& node) {
  return std::all_of(
      node.batch_items().begin(), node.batch_items().end(), [&](const BatchItem& item) {
        return spelling.text.find("\"" + item.attribute + "\"") != std::string_view::npos;
      });
}

// The text of a spelling with each c[i] and c.kind(...) replaced.
class Substitution {
 public:
  Substitution(const std::vector<std::string>& arguments, const AttributeText& attributes)
      : arguments_(arguments), attributes_(attributes) {}

  std::string apply(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
      // Where the source has broken its line.
      if (text[0] == ' ' && out.ends_with('(')) text.remove_prefix(1);
      const bool part = (text.starts_with("c[") || text.starts_with("c.")) &&
                        (out.empty() || !is_name(out.back()));
      const std::size_t length = part ? text.find_first_of("])") + 1 : 1;
      out += part ? value(text.substr(0, length)) : std::string(text.substr(0, 1));
      text.remove_prefix(length);
    }
    return out;
  }

 private:
  static bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

  // "c[0]", "c.scalar(1)", "c.dims(\"sizes\")".
  std::string value(std::string_view part) const {
    if (part[1] == '[') return arguments_.at(static_cast<std::size_t>(part[2] - '0'));
    const std::size_t open = part.find('(');
    const std::string kind(part.substr(2, open - 2));
    const std::string_view inner = part.substr(open + 1, part.size() - open - 2);
    if (inner.empty()) return attributes_.pads();
    if (inner[0] == '"') {
      return attributes_.argument(kind, std::string(inner.substr(1, inner.size() - 2)));
    }
    const auto index = static_cast<std::ptrdiff_t>(inner[0] - '0');
    if (kind == "scalar") return arguments_.at(static_cast<std::size_t>(index));
    return "{" + join({arguments_.begin() + index, arguments_.end()}) + "}";
  }

  const std::vector<std::string>& arguments_;
  const AttributeText& attributes_;
};

CallCode call_by_name(const Node& node, const std::vector<std::string>& arguments,
                      const AttributeText& attributes) {
  const std::size_t count = node.num_results();
  CallCode out;
  const char* function = node.in_place() ? "call_in_place" : count > 1 ? "call_multi" : "call";
  out.text = str("sinter::graph::", function, "(", code_quoted(node.target()), ", {",
                 join(arguments), "}");
  const std::string named = attributes.named();
  const bool counted = count > 1 && node.op()->outputs < 0;
  if (!named.empty() || counted) out.text += ", {" + named + "}";
  if (counted) out.text += str(", ", count);
  out.text += ")";
  out.form = count == 0  ? CallCode::Form::nothing
             : count > 1 ? CallCode::Form::vector
                         : CallCode::Form::tensor;
  for (std::uint32_t i = 0; i < count; ++i) out.results.push_back(i);
  return out;
}

}  // namespace

std::optional<ChosenSpelling> choose_spelling(const Node& node) {
  for (const ops::Spelling* spelling : ops::spellings_of(*node.op())) {
    if (!writes_batch_items(*spelling, node)) continue;
    // With another batch size there might be no copy.
    if (spelling->may_return_input && is_written(node)) continue;
    if (auto chosen = try_spelling(*spelling, node)) return chosen;
  }
  return std::nullopt;
}

CallCode call_code(const Node& node, const std::vector<std::string>& arguments,
                   const std::string& batch) {
  const AttributeText attributes(node, batch);
  const auto chosen = choose_spelling(node);
  if (!chosen) return call_by_name(node, arguments, attributes);
  const auto form = chosen->tuple ? CallCode::Form::tuple : CallCode::Form::tensor;
  return {Substitution(arguments, attributes).apply(chosen->spelling->text), form, chosen->results};
}

}  // namespace sinter::graph
