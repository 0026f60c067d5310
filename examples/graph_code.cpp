// A captured module as C++ source: read, changed, and written to a folder that builds by itself.
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/trace.h>
#include <sinter/sinter.h>

#include <cstdio>
#include <filesystem>

namespace nn = sinter::nn;
namespace graph = sinter::graph;
using sinter::Tensor;

struct BlockImpl : nn::Module {
  Tensor forward(const Tensor& x) {
    const Tensor y = sinter::relu(norm(conv(x)));
    return y + x * 0.1;
  }
  nn::Conv2d conv = register_module("conv", nn::Conv2d(nn::Conv2dOptions(4, 4, 3).padding(1)));
  nn::BatchNorm2d norm = register_module("norm", nn::BatchNorm2d(4));
};
SINTER_MODULE(Block);

struct NetImpl : nn::Module {
  Tensor forward(const Tensor& x) {
    const Tensor y = block(x);
    return sinter::log_softmax(fc(y.flatten(1)), 1);
  }
  Block block = register_module("block", Block());
  nn::Linear fc = register_module("fc", nn::Linear(4 * 16, 3));
};
SINTER_MODULE(Net);

int main() {
  Net net;
  net->eval();
  graph::GraphModule captured = graph::trace(net, {sinter::randn({2, 4, 4, 4})});
  graph::FoldConvBatchNorm().run(captured->graph());
  std::printf("%s", captured->code().c_str());

  const std::string folder = std::filesystem::temp_directory_path() / "sinter_graph_code";
  captured->to_folder(folder);
  for (const char* file : {"model.h", "main.cpp", "CMakeLists.txt", "weights.safetensors"}) {
    std::printf("%s: %s\n", file, std::filesystem::exists(folder + "/" + file) ? "yes" : "no");
  }
  std::filesystem::remove_all(folder);
  return 0;
}
