#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/nn/layers.h>
#include <sinter/ops/copy.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/quantize.h>
#include <sinter/quant/convert.h>
#include <sinter/quant/graph_copy_internal.h>
#include <sinter/quant/placement_internal.h>
#include <sinter/quant/qat_layers.h>

#include <cmath>
#include <map>
#include <set>

namespace sinter::quant {

using graph::Arg;
using graph::Graph;
using graph::GraphModule;
using graph::GraphModuleImpl;
using graph::Kind;

namespace {

// --- Weights

constexpr double kMostBias = 0x1p30;

struct IntegerWeight {
  Tensor values, scales, bias;
};

// weight and bias are real; scales those that were trained with.
IntegerWeight to_integers(const Tensor& weight, const Tensor& bias, const Tensor& scales,
                          double input_scale) {
  IntegerWeight out{{}, scales.clone(), zeros({weight.size(0)}, kInt32)};
  const auto sx = static_cast<float>(input_scale);
  float* scale = out.scales.data_ptr<float>();
  if (bias.defined()) {
    const Tensor real = bias.detach().to(kFloat32).contiguous();
    for (std::int64_t o = 0; o < real.numel(); ++o) {
      const auto b = static_cast<double>(real.data_ptr<float>()[o]);
      const double least = std::abs(b) / (static_cast<double>(sx) * kMostBias);
      if (static_cast<double>(scale[o]) < least) scale[o] = static_cast<float>(least * (1 + 1e-6));
      const double units = b / static_cast<double>(sx * scale[o]);
      out.bias.data_ptr<std::int32_t>()[o] = static_cast<std::int32_t>(std::nearbyint(units));
    }
  }
  out.values = clamp_min(quantize(weight.detach(), out.scales, {}, kInt8, 0), -127);
  return out;
}

// The scales of a weight: those in use, or what its observer says of it where it still looks.
Tensor weight_scales(FakeQuantizeImpl& quantizer, const Tensor& weight) {
  if (quantizer.observer_enabled()) {
    quantizer.observer->observe(weight);
    quantizer.update_params();
  }
  return quantizer.scale;
}

ByteParams params_of(FakeQuantizeImpl& quantizer) {
  if (quantizer.observer_enabled()) quantizer.update_params();
  return {{quantizer.scale.item<double>(), quantizer.zero_point.item<std::int64_t>()},
          quantizer.options.scheme.dtype};
}

// --- The graph

// What stands for a value of the prepared graph.
struct Known {
  Value real;
  Value bytes;
  ByteParams params;
};

class Converter {
 public:
  Converter(GraphModuleImpl& from, GraphModuleImpl& to)
      : from_(from.graph()), module_(to), graph_(std::make_shared<Graph>()) {
    graph_->set_root(&to);
    graph_->set_batch(from_.batch());
  }

  std::shared_ptr<Graph> run() {
    ensure_holder(module_);
    for (Node* node : from_.inputs()) {
      known(node->value()).real = graph_->add_input(node->target(), node->result().meta)->value();
    }
    for (Node* node : from_.nodes()) {
      if (!done_.contains(node)) visit(*node);
    }
    graph_->add_output(mapped(from_.output()->arg(0)));
    return graph_;
  }

 private:
  Known& known(Value value) { return known_[{value.node, value.index}]; }

  void visit(Node& node) {
    if (node.is(Kind::input) || node.is(Kind::attr) || node.is(Kind::output)) return;
    if (auto* quantizer = node.module_as<FakeQuantize>()) return quantize_value(node, *quantizer);
    if (auto* layer = node.module_as<QatConv2d>()) return convolution(node, *layer);
    if (auto* layer = node.module_as<QatLinear>()) return linear(node, *layer);
    const Role role = role_of(node);
    if (role == Role::dropout) {
      known(node.value()) = known(node.arg(0).value());
      return;
    }
    if (shares_params(role) && move_bytes(node)) return;
    if (role == Role::relu && cut_bytes(node)) return;
    if (role == Role::add && add_bytes(node)) return;
    if (role == Role::average_pool || role == Role::global_pool) {
      if (pool_bytes(node, role)) return;
    }
    keep(node);
  }

  // --- Values.

  // The tensors of the prepared model that a layer is called with.
  Tensor tensor(const Node& node, std::size_t i) const {
    const Node* attr = i < node.num_args() ? node.arg(i).node() : nullptr;
    return attr != nullptr ? from_.find_tensor(attr->target()) : Tensor();
  }

  Value real(Value value) {
    Known& k = known(value);
    if (k.real) return k.real;
    if (value.node->is(Kind::attr)) {
      return k.real = graph_->add_attr(value.node->target(), value.meta())->value();
    }
    SINTER_CHECK_AS(ValueError, static_cast<bool>(k.bytes),
                    "[convert] a value must come from the graph; got ", value.node->name());
    const std::string path = unused(path_for("dequantize_" + k.bytes.node->name()));
    Node* node = call(path, DeQuantize(k.params.params), {k.bytes}, value.meta());
    return k.real = node->value();
  }

  Arg mapped(Arg arg) {
    arg.for_each_value([&](Value& value) { value = real(value); });
    return arg;
  }

  // A path that no layer has yet.
  std::string unused(const std::string& wanted) {
    std::string path = wanted;
    for (int i = 1; !used_.insert(path).second; ++i) path = str(wanted, "_", i);
    return path;
  }

  template <class M>
  Node* call(const std::string& path, const nn::ModuleHolder<M>& layer, Arg::List args,
             TensorMeta meta, DType dtype = kFloat32) {
    module_.set_module(path, layer.ptr());
    meta.dtype = dtype;
    Node* node = graph_->add_node(Kind::module, path, path, std::move(args),
                                  {{meta, graph_->new_alias_class()}});
    node->provenance().pass = "convert";
    return node;
  }

  // --- What follows a node: a ReLU and a FakeQuantize that the layer does as well.
  struct Tail {
    Node* last;
    bool relu = false;
    FakeQuantizeImpl* quantizer = nullptr;
  };
  Tail tail_of(Node& node) {
    Tail out{&node};
    if (Node* relu = only_user(node.value(), Role::relu)) {
      out.last = relu;
      out.relu = true;
      done_.insert(relu);
    }
    const auto& users = out.last->users();
    if (users.size() == 1 && users[0]->is_module<FakeQuantize>()) {
      out.last = users[0];
      out.quantizer = users[0]->module_as<FakeQuantize>();
      done_.insert(users[0]);
    }
    return out;
  }
  bool is_quantized_next(Node& node) const {
    const Node* relu = only_user(node.value(), Role::relu);
    const auto& users = (relu != nullptr ? relu : &node)->users();
    return users.size() == 1 && users[0]->is_module<FakeQuantize>();
  }

  // Takes node for the result of the tail.
  void finish(const Tail& tail, Node* node, const ByteParams& params) {
    Known& k = known(tail.last->value());
    if (params.dtype == kFloat32) {
      k.real = node->value();
    } else {
      k.bytes = node->value();
      k.params = params;
    }
  }

  static ByteParams result_params(const Tail& tail) {
    if (tail.quantizer == nullptr) return {{}, kFloat32};
    return params_of(*tail.quantizer);
  }

  // --- Nodes.

  void quantize_value(Node& node, FakeQuantizeImpl& quantizer) {
    const ByteParams params = params_of(quantizer);
    Known source = known(node.arg(0).value());
    if (!source.bytes || !(source.params == params)) {
      const Value from = real(node.arg(0).value());
      used_.insert(node.target());
      Node* made = call(node.target(), Quantize(params.dtype, params.params), {from},
                        node.result().meta, params.dtype);
      source = {{}, made->value(), params};
    }
    source.real = {};  // of the rounded value
    known(node.value()) = source;
  }

  const Known& bytes_of(const Node& node, std::size_t i) {
    const Known& k = known(node.arg(i).value());
    SINTER_CHECK_AS(ValueError, static_cast<bool>(k.bytes),
                    "[convert] the input of a quantized layer must be quantized; got ",
                    node.arg(i).node()->name(), " as the input of ", node.name());
    return k;
  }

  // Where the parameters of a layer were: "features.0.weight" -> "features.0".
  std::string layer_path(const Node& node) {
    const std::string& weight = node.arg(1).node()->target();
    const std::size_t dot = weight.rfind('.');
    const bool own = dot != std::string::npos && weight.substr(dot) == ".weight" &&
                     used_.insert(weight.substr(0, dot)).second;
    return own ? weight.substr(0, dot) : unused(path_for(weight.substr(dot + 1)));
  }

  template <class Layer>
  void fill(Layer& layer, const IntegerWeight& weight, const ByteParams& x, const ByteParams& y) {
    layer.weight.copy_(weight.values);
    layer.weight_scale.copy_(weight.scales);
    layer.bias.copy_(weight.bias);
    layer.input.set(x.params);
    layer.output.set(y.params);
  }

  void convolution(Node& node, QatConv2dImpl& layer) {
    const Known& x = bytes_of(node, 0);
    const ConvTensors tensors{tensor(node, 1), tensor(node, 2), tensor(node, 3), tensor(node, 4),
                              tensor(node, 5), tensor(node, 6), tensor(node, 7)};
    const auto [weight, bias] = layer.folded(tensors);
    const Tensor scales = weight_scales(*layer.weight_fake_quantize, weight);
    const Tail tail = tail_of(node);
    const ByteParams y = result_params(tail);
    QConv2d made(QConv2dOptions{layer.options.conv, {y.dtype, tail.relu}});
    fill(*made, to_integers(weight, bias, scales, x.params.params.scale), x.params, y);
    finish(tail, call(layer_path(node), made, {x.bytes}, node.result().meta, y.dtype), y);
  }

  void linear(Node& node, QatLinearImpl& layer) {
    const Known& x = bytes_of(node, 0);
    const Tensor weight = tensor(node, 1);
    const Tensor scales = weight_scales(*layer.weight_fake_quantize, weight);
    const Tail tail = tail_of(node);
    const ByteParams y = result_params(tail);
    QLinear made(QLinearOptions{weight.size(1), weight.size(0), {y.dtype, tail.relu}});
    fill(*made, to_integers(weight, tensor(node, 2), scales, x.params.params.scale), x.params, y);
    finish(tail, call(layer_path(node), made, {x.bytes}, node.result().meta, y.dtype), y);
  }

  // The same call on bytes, where all its tensors are bytes that stand for the same numbers.
  bool move_bytes(Node& node) {
    std::optional<ByteParams> params;
    Arg::List args;
    for (const Arg& arg : node.args()) {
      if (!arg.is_value() || arg.value().meta().dtype != kFloat32) {
        args.push_back(arg.is_value() ? mapped(arg) : arg);
        continue;
      }
      const Known& k = known(arg.value());
      if (!k.bytes || (params && !(*params == k.params))) return false;
      params = k.params;
      args.emplace_back(k.bytes);
    }
    if (!params) return false;
    Node* made = copy(node, std::move(args), params->dtype);
    known(node.value()) = {{}, made->value(), *params};
    return true;
  }

  // ReLU of bytes: nothing below the zero point.
  bool cut_bytes(Node& node) {
    const Known k = known(node.arg(0).value());
    if (!k.bytes) return false;
    const Value floor =
        graph_
            ->add_attr(module_.add_buffer("zero_point_" + node.name(),
                                          full({}, k.params.params.zero_point, k.params.dtype)),
                       empty({}, k.params.dtype).impl()->meta)
            ->value();
    Node* made = graph_->add_op("maximum", {}, {k.bytes, floor});
    known(node.value()) = {{}, made->value(), k.params};
    return true;
  }

  bool add_bytes(Node& node) {
    const Known a = known(node.arg(0).value()), b = known(node.arg(1).value());
    if (!a.bytes || !b.bytes || a.params.dtype != b.params.dtype) return false;
    if (!is_quantized_next(node)) return false;
    const Tail tail = tail_of(node);
    const ByteParams y = result_params(tail);
    QAdd made(QOutputOptions{y.dtype, tail.relu});
    made->a.set(a.params.params);
    made->b.set(b.params.params);
    made->output.set(y.params);
    finish(
        tail,
        call(unused(path_for(node.name())), made, {a.bytes, b.bytes}, node.result().meta, y.dtype),
        y);
    return true;
  }

  bool pool_bytes(Node& node, Role role) {
    const Known x = known(node.arg(0).value());
    const auto& users = node.users();
    if (!x.bytes || users.size() != 1 || !users[0]->is_module<FakeQuantize>()) return false;
    const Tail tail = tail_of(node);
    const ByteParams y = result_params(tail);
    const std::string path = unused(path_for(node.name()));
    Node* made = nullptr;
    TensorMeta meta = node.result().meta;
    if (role == Role::average_pool) {
      QAvgPool2d pool(*average_pool_options(node));
      made = call(path, pooled(pool, x, y), {x.bytes}, meta, y.dtype);
    } else {
      QGlobalAvgPool2d pool;
      const Dims sizes{meta.sizes[0], meta.sizes[1], 1, 1};
      TensorMeta planes = meta;
      planes.set_contiguous(sizes);
      made = call(path, pooled(pool, x, y), {x.bytes}, planes, y.dtype);
      if (meta.dim() == 2) {
        made =
            call(unused(path_for(node.name() + "_flatten")), nn::Flatten(), {made}, meta, y.dtype);
      }
    }
    finish(tail, made, y);
    return true;
  }

  template <class Holder>
  static Holder pooled(Holder pool, const Known& x, const ByteParams& y) {
    pool->input.set(x.params.params);
    pool->output.set(y.params);
    return pool;
  }

  // The same call on real numbers.
  void keep(Node& node) {
    Arg::List args;
    for (const Arg& arg : node.args()) args.push_back(mapped(arg));
    Node* made = copy(node, std::move(args), std::nullopt);
    for (std::uint32_t i = 0; i < node.num_results(); ++i) {
      known(Value{&node, i}).real = made->value(i);
    }
  }

  // What a call writes may be needed elsewhere, now that bytes have become real numbers.
  static bool stays_in_place(const Node& node) {
    if (!node.in_place()) return false;
    const Node* self = node.arg(0).node();
    return self == nullptr || self->aliases_input() || self->is(Kind::input) ||
           self->is(Kind::attr);
  }

  Node* copy(Node& node, Arg::List args, std::optional<DType> dtype) {
    Node* made = nullptr;
    if (node.is(Kind::op)) {
      made = graph_->add_op(*node.op(), node.attributes(), std::move(args), stays_in_place(node));
      made->set_batch_items(node.batch_items());
    } else if (node.is(Kind::graph)) {
      made = graph_->add_region(node.region(), std::move(args), node.name());
    } else {
      std::vector<graph::Result> results = node.results();
      for (graph::Result& result : results) {
        result.alias_class = graph_->new_alias_class();
        if (dtype) result.meta.dtype = *dtype;
      }
      made = graph_->add_node(Kind::module, node.target(), node.target(), std::move(args),
                              std::move(results));
      made->set_writes_state(node.has_side_effects());
      made->set_uses_rng(node.uses_rng());
      used_.insert(node.target());
    }
    made->provenance() = node.provenance();
    return made;
  }

  Graph& from_;
  GraphModuleImpl& module_;
  std::shared_ptr<Graph> graph_;
  std::map<std::pair<Node*, std::uint32_t>, Known> known_;
  std::set<const Node*> done_;
  std::set<std::string> used_;
};

}  // namespace

GraphModule convert(const GraphModule& prepared) {
  auto& from = const_cast<GraphModuleImpl&>(*prepared);
  SINTER_CHECK_AS(ValueError, !from.graph().find<FakeQuantize>().empty(),
                  "[convert] the model must be one of prepare_qat or prepare_ptq; got ",
                  from.name(), " without fake quantization");
  const NoGradGuard no_grad;
  GraphModule out = copy_of(from);
  out->set_graph(Converter(from, *out).run());
  out->graph().lint();
  out->remove_unused_modules();
  // Apart from the prepared model, whose floating point layers it has shared so far.
  GraphModule apart(std::dynamic_pointer_cast<GraphModuleImpl>(out->clone()));
  apart->eval();
  return apart;
}

namespace {

template <class Layer>
std::optional<ByteParams> output_of(const Node& node, DType dtype) {
  const auto* layer = node.module_as<Layer>();
  if (layer == nullptr) return std::nullopt;
  return ByteParams{layer->output.get(), dtype};
}

}  // namespace

std::optional<ByteParams> byte_params(Value value) {
  const DType dtype = value.meta().dtype;
  if (dtype != kUInt8 && dtype != kInt8) return std::nullopt;
  const Node& node = *value.node;
  if (auto p = output_of<Quantize>(node, dtype)) return p;
  if (auto p = output_of<QConv2d>(node, dtype)) return p;
  if (auto p = output_of<QLinear>(node, dtype)) return p;
  if (auto p = output_of<QAdd>(node, dtype)) return p;
  if (auto p = output_of<QAvgPool2d>(node, dtype)) return p;
  if (auto p = output_of<QGlobalAvgPool2d>(node, dtype)) return p;
  // It moves the bytes of its inputs.
  for (const Arg& arg : node.args()) {
    if (!arg.is_value() || arg.node()->is(Kind::attr)) continue;
    if (auto p = byte_params(arg.value())) return p;
  }
  return std::nullopt;
}

}  // namespace sinter::quant
