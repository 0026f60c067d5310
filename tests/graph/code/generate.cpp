// Writes each program as a folder, and beside it what it must compute and how its graph reads.
#include <sinter/core/file.h>
#include <sinter/core/safetensors.h>
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

// Every op is called by some program. An op whose results' sizes depend on elements cannot be
// captured.
void check_ops(const std::set<std::string_view>& called) {
  for (const ops::OpDef* op : ops::all_ops()) {
    if (!op->data_dependent && !called.contains(op->name)) {
      fail_program(str("no program calls ", op->name));
    }
  }
}

void write(const CodeCase& one, const std::string& folder, std::set<std::string_view>& called) {
  manual_seed(kTraceSeed);
  graph::GraphModule captured = one.trace(one.inputs[0]);
  for (const graph::Node* node : captured->graph().nodes()) {
    if (node->op() != nullptr) called.insert(node->op()->name);
  }
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
  std::set<std::string_view> called;
  for (const auto& cases : {model_code_cases(), synthetic_code_cases(), op_code_cases()}) {
    for (const CodeCase& one : cases) write(one, std::string(argv[1]) + "/" + one.name, called);
  }
  check_ops(called);
  return 0;
}
