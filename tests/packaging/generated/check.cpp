// A generated model, compared with the program that it was made from. MODEL is its class.
#include <sinter/core/safetensors.h>
#include <sinter/graph/generated.h>
#include <sinter/graph/trace.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "model.h"
#include "outcome.h"

using namespace sinter;
using namespace sinter::testing;

namespace {

std::vector<Tensor> inputs_of(const std::string& path) {
  std::vector<Tensor> out;
  for (const auto& [name, tensor] : safetensors::load(path).tensors) out.push_back(tensor);
  return out;
}

void check_run(const std::string& folder, std::size_t i) {
  const std::string number = std::to_string(i) + ".safetensors";
  generated::MODEL model;
  graph::load_weights(*model, folder + "/weights.safetensors");
  const auto run = [&](const std::vector<Tensor>& x) {
    return graph::detail::program_of(model).run(x);
  };
  const auto want = safetensors::load(folder + "/outcome" + number);
  const bool gradients = want.metadata.at(0).second == "yes";
  const auto got = outcome(run, *model, inputs_of(folder + "/inputs" + number), gradients);
  check_same(got, want.tensors, folder);
}

// Captured again, it is the same graph.
void check_graph(const std::string& folder) {
  std::ifstream file(folder + "/graph.txt");
  const std::string want{std::istreambuf_iterator<char>(file), {}};
  if (want.empty()) return;
  manual_seed(kTraceSeed);
  generated::MODEL model;
  manual_seed(kTraceSeed);
  const auto again = graph::trace(model, inputs_of(folder + "/inputs0.safetensors"));
  const std::string got = again->graph().str(false);
  if (got != want) fail_program(folder + ": the graph is another one:\n" + got);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  std::size_t runs = 0;
  while (std::filesystem::exists(folder + "/outcome" + std::to_string(runs) + ".safetensors")) {
    check_run(folder, runs++);
  }
  if (runs == 0) fail_program(folder + " has no outcome");
  check_graph(folder);
  return 0;
}
