// Writes each program as a folder, and beside it what it must compute and how its graph reads.
#include <sinter/core/file.h>
#include <sinter/core/safetensors.h>
#include <sinter/graph/code_calls_internal.h>
#include <sinter/ops/registry.h>

#include <filesystem>
#include <iostream>
#include <set>

#include "../../packaging/generated/outcome.h"
#include "code_case.h"

namespace sinter::testing {

namespace {

void write_text(const std::string& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

// What a module holds, to be put back.
std::vector<std::pair<Tensor, Tensor>> saved_state(const nn::Module& module) {
  std::vector<std::pair<Tensor, Tensor>> out;
  for (const auto& all : {module.parameters(), module.buffers()}) {
    for (const Tensor& tensor : all) out.emplace_back(tensor, tensor.detach().clone());
  }
  return out;
}
void restore(std::vector<std::pair<Tensor, Tensor>>& state) {
  const NoGradGuard no_grad;
  for (auto& [tensor, values] : state) {
    tensor.copy_(values);
    tensor.mutable_grad() = Tensor();
  }
}

// What the programs call, and how that is written.
struct Seen {
  std::set<std::string_view> ops;
  std::set<const ops::Spelling*> spellings;

  void add(const graph::Graph& captured) {
    for (const graph::Node* node : captured.nodes()) {
      if (node->op() == nullptr) continue;
      ops.insert(node->op()->name);
      if (const auto chosen = graph::choose_spelling(*node)) spellings.insert(chosen->spelling);
    }
  }
};

// Every op is called by some program, but for those whose results' sizes depend on elements: they
// cannot be captured. And every way to write one is taken.
void check_all_are_seen(const Seen& seen) {
  for (const ops::OpDef* op : ops::all_ops()) {
    if (!op->data_dependent && !seen.ops.contains(op->name)) {
      fail_program(str("no program calls ", op->name));
    }
    for (const ops::Spelling* spelling : ops::spellings_of(*op)) {
      if (!seen.spellings.contains(spelling)) {
        fail_program(str("no program writes ", spelling->text));
      }
    }
  }
}

void write(const CodeCase& one, const std::string& folder, Seen& seen) {
  manual_seed(kTraceSeed);
  graph::GraphModule captured = one.trace(one.inputs[0]);
  seen.add(captured->graph());
  captured->to_folder(folder);
  const std::string text = captured->graph().str(false);
  write_text(folder + "/graph.txt", one.same_graph ? text : "");
  const bool any_batch = captured->graph().batch() >= 0;
  for (std::size_t i = 0; i < (any_batch ? one.inputs.size() : 1); ++i) {
    auto state = saved_state(*one.module);
    const Outcome eager = outcome(one.run, *one.module, one.inputs[i], one.gradients);
    restore(state);
    const auto run = [&](const std::vector<Tensor>& x) { return captured->run(x); };
    const Outcome graph = outcome(run, *one.module, one.inputs[i], one.gradients);
    restore(state);
    check_same(graph, eager, one.name + " as a graph");
    Outcome inputs;
    for (const Tensor& x : one.inputs[i]) inputs.emplace_back(str("input", inputs.size()), x);
    safetensors::save(folder + str("/inputs", i, ".safetensors"), inputs);
    safetensors::save(folder + str("/outcome", i, ".safetensors"), eager,
                      {{"gradients", one.gradients ? "yes" : "no"}});
  }
}

}  // namespace

}  // namespace sinter::testing

int main(int argc, char** argv) {
  using namespace sinter::testing;
  if (argc != 2) {
    std::cerr << "usage: generate FOLDER\n";
    return 2;
  }
  Seen seen;
  for (const auto& cases :
       {model_code_cases(), synthetic_code_cases(), spelling_code_cases(), op_code_cases()}) {
    for (const CodeCase& one : cases) write(one, std::string(argv[1]) + "/" + one.name, seen);
  }
  check_all_are_seen(seen);
  return 0;
}
