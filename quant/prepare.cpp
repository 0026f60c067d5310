#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/nn/layers.h>
#include <sinter/quant/graph_copy_internal.h>
#include <sinter/quant/placement_internal.h>
#include <sinter/quant/prepare.h>
#include <sinter/quant/qat_layers.h>

namespace sinter::quant {

using graph::Arg;
using graph::GraphModule;
using graph::GraphModuleImpl;
using graph::Kind;

GraphModule copy_of(GraphModuleImpl& module) {
  auto graph = module.graph().copy();
  GraphModule out(std::make_shared<GraphModuleImpl>(graph, module.name()));
  out->mirror(module);
  graph->set_root(out.get());
  return out;
}

void ensure_holder(GraphModuleImpl& module) {
  if (module.named_children().contains(kHolder)) return;
  module.register_module(kHolder, std::make_shared<graph::SubmodulesImpl>("Quant"));
}

namespace {

class Preparer {
 public:
  Preparer(GraphModuleImpl& module, const QConfig& config, const ObserverOptions& observer)
      : module_(module), graph_(module.graph()), config_(config), observer_(observer) {}

  void run() {
    ensure_holder(module_);
    const Placement placement = place(graph_, config_.rules);
    for (const auto& values : placement.classes) quantize(values);
    for (const Group& group : placement.groups) {
      if (group.role == Role::convolution) replace_convolution(group);
      if (group.role == Role::linear) replace_linear(group);
    }
    graph_.lint();
    module_.remove_unused_modules();
  }

 private:
  Node* first_after_inputs(Node* node) const {
    while (node != nullptr && (node->is(Kind::input) || node->is(Kind::attr))) node = node->next();
    return node;
  }

  // One FakeQuantize for all values of a class, after each of them.
  void quantize(const std::vector<Value>& values) {
    const std::string path = path_for(values.front().node->name());
    module_.set_module(path,
                       FakeQuantize(FakeQuantizeOptions{config_.activation, observer_, 1}).ptr());
    for (const Value value : values) {
      Node* at =
          value.node->is(Kind::input) ? first_after_inputs(graph_.first()) : value.node->next();
      // The same memory where fake quantization is off.
      Node* node = insert(path, at, {value}, value.node->result(value.index));
      node->set_writes_state(true);
      value.node->replace_uses(value, node->value(), node);
    }
  }

  Node* insert(const std::string& path, Node* before, Arg::List args, const graph::Result& result) {
    const graph::Graph::InsertionPoint point(graph_, before);
    Node* node = graph_.add_node(Kind::module, path, path, std::move(args), {result});
    node->provenance().pass = "prepare";
    return node;
  }

  // A tensor of the model as a value; none for an empty path, or where there is none.
  Arg tensor(const std::string& path) {
    if (path.empty()) return {};
    for (Node* node : graph_.nodes()) {
      if (node->is(Kind::attr) && node->target() == path) return node;
    }
    const Tensor found = graph_.find_tensor(path);
    if (!found.defined()) return {};
    const graph::Graph::InsertionPoint point(graph_, first_after_inputs(graph_.first()));
    return graph_.add_attr(path, found.impl()->meta);
  }

  FakeQuantizeOptions weight_options(std::int64_t outputs) const {
    // Weights are known: their range is that of the moment.
    return {config_.weight, {ObserverKind::moving_average, 1, 2048}, outputs};
  }

  void replace_convolution(const Group& group) {
    Node* last = group.batch_norm != nullptr ? group.batch_norm : group.node;
    QatConv2dOptions options{*convolution_options(*group.node), std::nullopt, {}};
    options.weight = weight_options(options.conv.out_channels());
    const auto [weight, bias] = *parameter_paths(*group.node);
    Arg::List args{group.node->arg(0), tensor(weight), tensor(bias)};
    if (group.batch_norm != nullptr) {
      const auto& norm = *group.batch_norm->module_as<nn::BatchNorm2d>();
      options.batch_norm = FoldedBatchNorm{norm.options.eps(), norm.options.momentum()};
      const std::string prefix = group.batch_norm->target() + ".";
      for (const char* name :
           {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}) {
        args.push_back(tensor(prefix + name));
      }
    }
    args.resize(8);
    replace(group, last, QatConv2d(options).ptr(), std::move(args));
  }

  void replace_linear(const Group& group) {
    const auto [weight, bias] = *parameter_paths(*group.node);
    Arg::List args{group.node->arg(0), tensor(weight), tensor(bias)};
    const std::int64_t outputs = args[1].value().meta().sizes[0];
    replace(group, group.node, QatLinear(QatLinearOptions{weight_options(outputs)}).ptr(),
            std::move(args));
  }

  template <class M>
  void replace(const Group& group, Node* last, const std::shared_ptr<M>& layer, Arg::List args) {
    const std::string path = path_for(group.node->name() + "_layer");
    module_.set_module(path, layer);
    Node* node = insert(path, group.node, std::move(args), last->result());
    node->set_writes_state(true);
    node->provenance().module_path = group.node->module_path();
    node->provenance().trace = group.node->provenance().trace;
    node->provenance().originals.push_back(group.node->name());
    last->replace_all_uses_with(node);
    if (last != group.node) graph_.erase(last);
    graph_.erase(group.node);
  }

  GraphModuleImpl& module_;
  graph::Graph& graph_;
  const QConfig& config_;
  const ObserverOptions& observer_;
};

template <class M, class F>
void for_each(nn::Module& module, F&& fn) {
  for (const auto& below : module.modules(false)) {
    if (auto* found = below->as<M>()) fn(*found);
  }
}

GraphModule prepare(const GraphModule& module, const QConfig& config,
                    const ObserverOptions& observer) {
  GraphModule out = copy_of(const_cast<GraphModuleImpl&>(*module));
  Preparer(*out, config, observer).run();
  return out;
}

}  // namespace

GraphModule prepare_qat(const GraphModule& module, const QConfig& config) {
  return prepare(module, config, config.training_observer);
}

GraphModule prepare_ptq(const GraphModule& module, const QConfig& config) {
  GraphModule out = prepare(module, config, config.calibration_observer);
  enable_fake_quant(*out, false);
  out->eval();
  return out;
}

void calibrate(GraphModule& module, const std::vector<Tensor>& batches) {
  SINTER_CHECK_AS(ValueError, !batches.empty(), "[calibrate] needs batches; got none");
  const NoGradGuard no_grad;
  for (const Tensor& batch : batches) module->run({batch});
  finish_calibration(module);
}

void finish_calibration(GraphModule& module) {
  for_each<FakeQuantize>(*module, [](FakeQuantizeImpl& one) {
    one.update_params();
    one.enable_observer(false);
    one.enable_fake_quant();
  });
}

void enable_observers(nn::Module& module, bool on) {
  for_each<FakeQuantize>(module, [&](FakeQuantizeImpl& one) { one.enable_observer(on); });
}
void enable_fake_quant(nn::Module& module, bool on) {
  for_each<FakeQuantize>(module, [&](FakeQuantizeImpl& one) { one.enable_fake_quant(on); });
}
void freeze_batch_norm(nn::Module& module, bool on) {
  for_each<QatConv2d>(module, [&](QatConv2dImpl& one) { one.freeze_batch_norm(on); });
}

}  // namespace sinter::quant
