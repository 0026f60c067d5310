#include <sinter/autograd/grad_mode.h>
#include <sinter/graph/onnx/import_internal.h>
#include <sinter/graph/onnx/onnx.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/trace.h>
#include <sinter/ops/creation.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <set>

namespace sinter::onnx {

namespace {

constexpr int kOldestOpset = 7;
constexpr int kNewestOpset = 21;
constexpr std::size_t kDeepestPath = 16;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  SINTER_CHECK_AS(IOError, file.good(), "[onnx] the file must be there to be read; got \"", path,
                  "\"");
  const auto size = static_cast<std::int64_t>(file.tellg());
  SINTER_CHECK_AS(IOError, size >= 0 && size <= std::numeric_limits<std::int32_t>::max(),
                  "[onnx] a file holds at most 2 GiB; got ", size, " bytes in \"", path, "\"");
  std::string out(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  file.read(out.data(), size);
  SINTER_CHECK_AS(IOError, file.gcount() == size, "[onnx] the file ended early; got \"", path,
                  "\"");
  return out;
}

// The opset of the standard operators.
int opset_of(const proto::Model& model) {
  for (const auto& set : model.opset_import()) {
    if (!set.domain().empty() && set.domain() != "ai.onnx") continue;
    SINTER_CHECK_AS(
        NotImplementedError, set.version() >= kOldestOpset && set.version() <= kNewestOpset,
        "[onnx] opsets ", kOldestOpset, " to ", kNewestOpset, " can be read; got ", set.version());
    return static_cast<int>(set.version());
  }
  fail<IOError>("[onnx] the file must say which opset it uses; got none");
}

proto::Model parse(const std::string& path) {
  proto::Model model;
  SINTER_CHECK_AS(IOError, model.ParseFromString(read_file(path)) && model.has_graph(),
                  "[onnx] the file must hold a model; got \"", path, "\"");
  SINTER_CHECK_AS(NotImplementedError, model.functions().empty(),
                  "[onnx] functions of a model cannot be read; got ", model.functions_size());
  SINTER_CHECK_AS(NotImplementedError, model.graph().sparse_initializer().empty(),
                  "[onnx] sparse tensors cannot be read; got ",
                  model.graph().sparse_initializer_size());
  return model;
}

// Something that holds tensors and modules by names.
struct HolderImpl : nn::Module {};
SINTER_MODULE(Holder);

std::vector<std::string> split_path(const std::string& name) {
  std::vector<std::string> out(1);
  for (const char c : name) {
    if (c == '.') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

// Registers tensors under their names, dots being levels of modules.
class Registry {
 public:
  explicit Registry(nn::Module& root) : root_(root) {}

  void add(const std::string& name, const Tensor& tensor, bool parameter) {
    std::vector<std::string> path = split_path(name);
    if (!fits(path)) path = {flat_name(name)};
    nn::Module* module = &root_;
    std::string prefix;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      prefix += path[i] + ".";
      nn::Module*& child = modules_[prefix];
      if (child == nullptr) child = module->register_module(path[i], Holder()).get();
      module = child;
    }
    tensors_.insert(prefix + path.back());
    if (parameter) {
      module->register_parameter(path.back(), tensor);
    } else {
      module->register_buffer(path.back(), tensor);
    }
  }

 private:
  // Whether nothing on the way is a tensor, or has no name.
  bool fits(const std::vector<std::string>& path) const {
    if (path.size() > kDeepestPath) return false;
    std::string prefix;
    for (const std::string& part : path) {
      if (part.empty() || tensors_.contains(prefix + part)) return false;
      prefix += part + ".";
    }
    return !modules_.contains(prefix);
  }

  std::string flat_name(const std::string& name) const {
    std::string hint = "tensor_" + name.substr(0, kDeepestPath * 8);
    std::replace(hint.begin(), hint.end(), '.', '_');
    std::string out = hint;
    for (unsigned i = 1; tensors_.contains(out) || modules_.contains(out + "."); ++i) {
      out = hint + "_" + std::to_string(i);
    }
    return out;
  }

  nn::Module& root_;
  std::set<std::string> tensors_;
  std::unordered_map<std::string, nn::Module*> modules_;
};

class Importer {
 public:
  Importer(const proto::Model& model, const LoadOptions& options)
      : graph_(model.graph()), opset_(opset_of(model)), options_(options) {}

  graph::GraphModule run() {
    check_nodes();
    read_initializers();
    read_constants();
    const std::vector<Tensor> inputs = example_inputs();
    const auto program_of = [this](const std::vector<Tensor>& values) { return compute(values); };
    graph::detail::Program program{root_.ptr().get(), "OnnxModel", program_of};
    program.one_result = graph_.output_size() == 1;
    for (const proto::ValueInfo* input : inputs_) program.input_names.push_back(plain(*input));
    graph::TraceOptions options;
    options.any_batch = open_batch_;
    graph::GraphModule module = graph::detail::trace_program(program, inputs, options);
    // Bytes that are computed with were read as real numbers too.
    graph::EliminateDeadCode().run(module->graph());
    return module;
  }

 private:
  // Operators that are known, and outputs that are new.
  void check_nodes() {
    std::set<std::string> names;
    for (const auto& input : graph_.input()) names.insert(input.name());
    for (const proto::Node& node : graph_.node()) {
      const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
      SINTER_CHECK_AS(NotImplementedError,
                      standard && (node.op_type() == "Constant" || find_reader(node.op_type())),
                      "[onnx] there is no form of this operator here; got ", shown(node.op_type()),
                      " of domain ", shown(node.domain()), " at node ", shown(node.name()));
      for (const std::string& output : node.output()) {
        SINTER_CHECK_AS(IOError, output.empty() || names.insert(output).second,
                        "[onnx] a name stands for one value; got ", shown(output), " again");
      }
    }
  }

  // How an initializer is used: as a tensor, only as a known value, and as a parameter or not.
  struct Use {
    bool tensor = false;
    bool buffer = false;
  };

  std::unordered_map<std::string, Use> uses() const {
    std::unordered_map<std::string, Use> out;
    for (const proto::Node& node : graph_.node()) {
      const Reader* reader = find_reader(node.op_type());
      for (int i = 0; reader != nullptr && i < node.input_size(); ++i) {
        const unsigned bit = i < 32 ? 1U << static_cast<unsigned>(i) : 0U;
        Use& use = out[node.input(i)];
        if ((reader->known_inputs & bit) == 0) use.tensor = true;
        if ((reader->buffer_inputs & bit) != 0) use.buffer = true;
      }
    }
    for (const auto& output : graph_.output()) out[output.name()].tensor = true;
    return out;
  }

  void read_initializers() {
    const auto used = uses();
    Registry registry(*root_);
    for (const proto::Tensor& message : graph_.initializer()) {
      SINTER_CHECK_AS(IOError, !message.name().empty() && !fixed_.contains(message.name()),
                      "[onnx] an initializer must have a name of its own; got ",
                      shown(message.name()));
      const Tensor tensor = read_tensor(message);
      fixed_[message.name()] = {tensor, tensor, nullptr};
      const auto use = used.find(message.name());
      if (use == used.end() || !use->second.tensor) continue;
      const bool parameter = is_floating_point(tensor.dtype()) && !use->second.buffer;
      registry.add(message.name(), tensor, parameter);
    }
  }

  // Constants are read before anything is captured: their elements are not computed.
  void read_constants() {
    for (const proto::Node& node : graph_.node()) {
      if (node.op_type() != "Constant") continue;
      const NodeReader reader(node, fixed_, opset_);
      SINTER_CHECK_AS(IOError, node.output_size() == 1 && node.attribute_size() == 1,
                      "[onnx] a constant has one value; got ", node.attribute_size(), " for ",
                      shown(node.name()));
      fixed_[node.output(0)].known = constant_of(reader);
    }
  }

  static Tensor constant_of(const NodeReader& reader) {
    const proto::Attribute& value = reader.node().attribute(0);
    if (value.name() == "value") return read_tensor(value.t());
    if (value.name() == "value_float") return full({}, reader.float_attr("value_float", 0), kF32());
    if (value.name() == "value_int") return full({}, reader.int_attr("value_int", 0), kI64());
    if (value.name() == "value_ints") return tensor(*reader.ints_attr("value_ints"), kI64());
    reader.require(false, "a constant must be a tensor, a number or a list of integers");
    return {};
  }
  static TensorOptions kF32() { return TensorOptions().dtype(kFloat32); }
  static TensorOptions kI64() { return TensorOptions().dtype(kInt64); }

  // The model's inputs are those that no initializer gives a value.
  std::vector<Tensor> example_inputs() {
    for (const auto& input : graph_.input()) {
      if (!fixed_.contains(input.name())) inputs_.push_back(&input);
    }
    choose_batch();
    std::vector<Tensor> out;
    for (const proto::ValueInfo* input : inputs_) {
      const auto& type = input->type().tensor_type();
      SINTER_CHECK_AS(IOError, input->type().has_tensor_type() && type.has_shape(),
                      "[onnx] an input must be a tensor whose dimensions are known; got ",
                      shown(input->name()));
      Dims sizes;
      for (int d = 0; d < type.shape().dim_size(); ++d) sizes.push_back(size_of(*input, d));
      // Metadata is all that is needed: the elements are one zero.
      const Tensor zero = zeros({}, TensorOptions().dtype(dtype_of(type.elem_type())));
      out.push_back(zero.expand(sizes));
    }
    return out;
  }

  static const proto::Size& dim_of(const proto::ValueInfo& input, int d) {
    return input.type().tensor_type().shape().dim(d);
  }

  // A batch size that no fixed first size equals, so that the two are told apart.
  void choose_batch() {
    std::set<std::int64_t> taken;
    for (const proto::ValueInfo* input : inputs_) {
      if (input->type().tensor_type().shape().dim_size() == 0) continue;
      const proto::Size& first = dim_of(*input, 0);
      if (first.has_dim_value()) {
        taken.insert(first.dim_value());
      } else if (given_size(first) < 0) {
        open_batch_ = true;
      }
    }
    batch_ = options_.batch;
    for (std::int64_t b = 2; batch_ <= 0; ++b) {
      if (!taken.contains(b) && !taken.contains(b + 1)) batch_ = b;
    }
  }

  std::int64_t given_size(const proto::Size& size) const {
    for (const auto& [name, value] : options_.sizes) {
      if (name == size.dim_param() && !name.empty()) return value;
    }
    return -1;
  }

  std::int64_t size_of(const proto::ValueInfo& input, int d) const {
    const proto::Size& size = dim_of(input, d);
    if (size.has_dim_value()) {
      SINTER_CHECK_AS(IOError, size.dim_value() >= 0, "[onnx] sizes must not be negative; got ",
                      size.dim_value(), " for input ", shown(input.name()));
      return size.dim_value();
    }
    const std::int64_t given = given_size(size);
    if (given >= 0) return given;
    SINTER_CHECK_AS(ValueError, d == 0, "[onnx] a size that the file leaves open must be given; ",
                    "got ", shown(size.dim_param()), " of input ", shown(input.name()));
    return batch_;
  }

  // A name that a C++ argument can have.
  static std::string plain(const proto::ValueInfo& input) {
    std::string out = input.name().substr(0, 64);
    for (char& c : out) {
      const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!fits) c = '_';
    }
    return out.empty() || (out[0] >= '0' && out[0] <= '9') ? "input_" + out : out;
  }

  // The model itself, on the tensors that capture gives it.
  std::vector<Tensor> compute(const std::vector<Tensor>& inputs) {
    ImportValues values = fixed_;
    for (auto& [name, value] : values) {
      if (!value.tensor.defined()) value.tensor = graph::captured_constant(value.known);
    }
    for (std::size_t i = 0; i < inputs.size(); ++i)
      values[inputs_[i]->name()] = {inputs[i], {}, nullptr};
    for (const proto::Node& node : graph_.node()) {
      if (node.op_type() != "Constant") compute(node, values);
    }
    std::vector<Tensor> out;
    for (const auto& output : graph_.output()) {
      const auto found = values.find(output.name());
      SINTER_CHECK_AS(IOError, found != values.end() && found->second.tensor.defined(),
                      "[onnx] outputs must be computed by the model; got ", shown(output.name()));
      out.push_back(found->second.tensor);
    }
    return out;
  }

  void compute(const proto::Node& node, ImportValues& values) const {
    const NodeReader reader(node, values, opset_);
    const std::vector<Tensor> results = find_reader(node.op_type())->read(reader);
    for (int i = 0; i < node.output_size(); ++i) {
      if (node.output(i).empty()) continue;
      reader.require(static_cast<std::size_t>(i) < results.size(),
                     "only the first outputs of the operator have a form here");
      values[node.output(i)] = {results[static_cast<std::size_t>(i)], {}, &node};
    }
  }

  const proto::Graph& graph_;
  int opset_;
  const LoadOptions& options_;
  Holder root_;
  ImportValues fixed_;  // initializers and constants
  std::vector<const proto::ValueInfo*> inputs_;
  std::int64_t batch_ = 0;
  bool open_batch_ = false;
};

}  // namespace

graph::GraphModule load(const std::string& path, const LoadOptions& options) {
  const NoGradGuard no_grad;
  const proto::Model model = parse(path);
  SINTER_CHECK_AS(IOError, model.graph().output_size() > 0, "[onnx] a model has outputs; got none");
  return Importer(model, options).run();
}

}  // namespace sinter::onnx
