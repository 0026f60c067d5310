#include <sinter/graph/fake_mode_internal.h>
#include <sinter/graph/infer_internal.h>
#include <sinter/graph/interpreter.h>
#include <sinter/graph/pattern_internal.h>
#include <sinter/graph/recorder_internal.h>
#include <sinter/graph/rewrite.h>
#include <sinter/graph/rewrite_limit.h>
#include <sinter/graph/trace_internal.h>

#include <map>

namespace sinter::graph {

namespace {

using detail::Rewriting;

// --- Capturing patterns.

// Describes calls that do not fit together as well, so that a pattern can be captured with tensors
// of sizes that nobody knows.
class PatternRecorder : public Recorder {
 public:
  using Recorder::Recorder;

 protected:
  void describe_outputs(ops::OpCall& call) override {
    try {
      Recorder::describe_outputs(call);
    } catch (const Error&) {
      TensorMeta meta;
      meta.set_contiguous({});
      if (call.in.defined(0)) meta = call.in.meta(0);
      for (Tensor& out : call.out) out = make_fake(meta);
    }
  }
};

void check_pattern(const Graph& graph) {
  const auto results = graph.results();
  bool calls = !results.empty();
  for (const Value result : results) calls = calls && result.node->is(Kind::op);
  SINTER_CHECK_AS(ValueError, calls,
                  "[replace_pattern] each result of the pattern must come from an op; got a "
                  "pattern of ",
                  graph.size(), " nodes");
  for (const Node* node : graph.inputs()) {
    SINTER_CHECK_AS(ValueError, node->num_uses() > 0,
                    "[replace_pattern] the pattern must use all its arguments; got ",
                    node->target(), ", which it does not use");
  }
}

std::shared_ptr<Graph> capture_pattern(const Rewriting& pattern, IntArrayRef sizes) {
  const KeepRandomState keep;
  auto graph = std::make_shared<Graph>();
  PatternRecorder recorder(*graph);
  TensorMeta meta;
  meta.set_contiguous(sizes);
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < pattern.arity; ++i) {
    inputs.push_back(recorder.add_input(str("input", i), meta));
  }
  const Recorder::Session session(recorder, ops::InterceptorGuard::Where::above_autograd);
  Arg::List results;
  for (const Tensor& result : pattern.run(inputs)) results.push_back(recorder.value_of(result));
  graph->add_output(std::move(results));
  return graph;
}

detail::Program program_of(const Rewriting& rewriting, nn::Module* root) {
  detail::Program program{root, "pattern"};
  program.run = [&rewriting](const std::vector<Tensor>& values) { return rewriting.run(values); };
  program.one_result = false;
  return program;
}

// The pattern as it comes out for tensors of several dimensions, each outline once.
std::vector<std::shared_ptr<Graph>> outlines(const Rewriting& pattern,
                                             const std::vector<Tensor>& examples) {
  if (!examples.empty()) {
    SINTER_CHECK_AS(ValueError, examples.size() == pattern.arity,
                    "[replace_pattern] there must be an example for each of the ", pattern.arity,
                    " arguments; got ", examples.size());
    std::vector<TensorMeta> metas;
    for (const Tensor& example : examples) metas.push_back(example.impl()->meta);
    return {trace_once(program_of(pattern, nullptr), metas, {}).graph};
  }
  std::map<std::string, std::shared_ptr<Graph>> found;
  std::exception_ptr failure;
  for (const std::size_t dims : {2, 4, 3, 1}) {
    try {
      auto graph = capture_pattern(pattern, std::vector<std::int64_t>(dims, 2));
      found.emplace(outline(*graph), graph);
    } catch (const Error&) {
      if (!failure) failure = std::current_exception();
    }
  }
  if (found.empty()) std::rethrow_exception(failure);
  std::vector<std::shared_ptr<Graph>> out;
  for (auto& [text, graph] : found) out.push_back(std::move(graph));
  return out;
}

// --- Describing what follows a replacement.

// Which argument a result shares memory with.
std::optional<std::size_t> source_of(const Node& node, const Result& result) {
  for (std::size_t i = 0; i < node.num_args(); ++i) {
    const Arg& arg = node.arg(i);
    if (!arg.is_value()) continue;
    const Value value = arg.value();
    if (value.node->result(value.index).alias_class == result.alias_class) return i;
  }
  return std::nullopt;
}

class Followers {
 public:
  explicit Followers(Node* first) {
    for (Node* node = first; node != nullptr; node = node->next()) {
      auto& [follower, sources] = all_.emplace_back();
      follower = node;
      for (const Result& result : node->results()) sources.push_back(source_of(*node, result));
    }
  }

  // Describes them anew from their arguments, which may be others now.
  void describe() const {
    for (const auto& [node, sources] : all_) {
      if (node->is(Kind::output)) break;
      std::vector<Result> results = node->results();
      const std::vector<Result> inferred = inferred_results(*node);
      for (std::size_t i = 0; i < results.size() && i < inferred.size(); ++i) {
        results[i].meta = inferred[i].meta;
        if (!sources[i]) continue;
        const Value source = node->arg(*sources[i]).value();
        results[i].alias_class = source.node->result(source.index).alias_class;
      }
      node->set_results(std::move(results));
    }
  }

 private:
  struct Follower {
    Node* node;
    std::vector<std::optional<std::size_t>> sources;
  };
  std::vector<Follower> all_;
};

// --- Other batch sizes.

// The metadata of all values when the graph runs with another batch size.
class MetasForBatch : public Interpreter {
 public:
  MetasForBatch(const Graph& graph, std::int64_t batch) : Interpreter(graph) {
    const KeepRandomState keep;
    FakeMode fakes;
    const ops::InterceptorGuard guard(fakes, ops::InterceptorGuard::Where::above_autograd);
    std::vector<TensorMeta> metas;
    for (const Node* input : graph.inputs()) metas.push_back(input->result().meta);
    std::vector<Tensor> inputs;
    for (const TensorMeta& meta : with_batch(metas, graph.batch(), batch)) {
      inputs.push_back(make_fake(meta));
    }
    run(inputs);
  }

  std::vector<TensorMeta> of(const std::vector<Value>& values) const {
    std::vector<TensorMeta> out;
    for (const Value value : values) out.push_back(metas_.at(value.node).at(value.index));
    return out;
  }

 protected:
  std::vector<Tensor> run_node(Node& node) override {
    std::vector<Tensor> results = Interpreter::run_node(node);
    for (const Tensor& result : results) {
      metas_[&node].push_back(result.defined() ? result.impl()->meta : TensorMeta());
    }
    return results;
  }

 private:
  std::unordered_map<const Node*, std::vector<TensorMeta>> metas_;
};

// --- Replacing.

class Rewriter {
 public:
  Rewriter(GraphModuleImpl& module, const Rewriting& pattern, const Rewriting& replacement)
      : module_(module), pattern_(pattern), replacement_(replacement) {}

  std::size_t run(const Graph& shape) {
    std::vector<Node*> anchors;
    for (Node* node : module_.graph().nodes()) {
      if (node->op() == shape.results()[0].node->op()) anchors.push_back(node);
    }
    std::size_t count = 0;
    for (Node* anchor : anchors) {
      if (gone_.contains(anchor)) continue;
      const auto match = match_at(shape, *anchor, gone_);
      if (match && replace(shape, *match)) ++count;
    }
    return count;
  }

 private:
  bool replace(const Graph& shape, const Match& match) {
    const std::vector<Value> arguments = match.arguments(shape);
    std::vector<TensorMeta> metas;
    for (const Value argument : arguments) metas.push_back(argument.meta());
    const Traced pattern = trace_once(program_of(pattern_, nullptr), metas, {});
    if (!matches_exactly(*pattern.graph, match, arguments)) return false;
    const Traced replacement = trace_once(program_of(replacement_, &module_), metas, {});
    SINTER_CHECK_AS(ValueError, replacement.graph->results().size() == match.results.size(),
                    "[replace_pattern] the replacement must return as many tensors as the "
                    "pattern, ",
                    match.results.size(), "; got ", replacement.graph->results().size());
    // The match refers to the nodes of the shape; the captured pattern has the same.
    if (!is_safe(match, shape, *replacement.graph)) return false;
    if (!allow_rewrite("replace_pattern", match.results[0].node->name())) return false;
    keep_batch(*replacement.graph, arguments);
    for (const auto& [path, tensor] : replacement.constants) module_.register_buffer(path, tensor);
    put(*replacement.graph, match, arguments);
    return true;
  }

  // Finds what in the replacement grows with the batch.
  void keep_batch(Graph& replacement, const std::vector<Value>& arguments) {
    Graph& graph = module_.graph();
    if (graph.batch() < 0) return;
    bool alike = false;
    try {
      const std::int64_t batch = graph.batch() + 1;
      const auto metas = MetasForBatch(graph, batch).of(arguments);
      const Traced other = trace_once(program_of(replacement_, &module_), metas, {});
      replacement.set_batch(graph.batch());
      other.graph->set_batch(batch);
      alike = mark_batch_items(replacement, *other.graph);
    } catch (const Error&) {
      // The replacement accepts no other batch size.
    }
    if (!alike) graph.set_batch(-1);
  }

  void put(const Graph& replacement, const Match& match, const std::vector<Value>& arguments) {
    Graph& graph = module_.graph();
    const std::vector<Node*> old = match.in_order();
    Node* const last = old.back();
    const Followers followers(last->next());
    const Node* const before = last->prev();
    const Graph::InsertionPoint point(graph, last);
    const std::vector<Value> results = graph.inline_graph(replacement, arguments);
    for (Node* node = before->next(); node != last; node = node->next()) {
      Provenance& from = node->provenance();
      from = match.results[0].node->provenance();
      from.pass = "replace_pattern";
      from.originals.clear();
      for (const Node* one : old) from.originals.push_back(one->name());
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      match.results[i].node->replace_uses(match.results[i], results[i]);
    }
    for (auto node = old.rbegin(); node != old.rend(); ++node) {
      gone_.insert(*node);
      graph.erase(*node);
    }
    followers.describe();
  }

  GraphModuleImpl& module_;
  const Rewriting& pattern_;
  const Rewriting& replacement_;
  std::unordered_set<const Node*> gone_;  // erased
};

}  // namespace

std::size_t detail::replace_pattern(GraphModuleImpl& module, const Rewriting& pattern,
                                    const Rewriting& replacement,
                                    const std::vector<Tensor>& examples) {
  SINTER_CHECK_AS(ValueError, pattern.arity == replacement.arity,
                  "[replace_pattern] pattern and replacement must take as many tensors; got ",
                  pattern.arity, " and ", replacement.arity);
  std::size_t count = 0;
  for (const auto& shape : outlines(pattern, examples)) {
    check_pattern(*shape);
    count += Rewriter(module, pattern, replacement).run(*shape);
  }
  return count;
}

}  // namespace sinter::graph
