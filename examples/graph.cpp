// Capturing a module as a graph, looking at it, changing it, and running it as a planned program.
#include <sinter/graph/compile.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/sinter.h>

#include <cstdio>

namespace nn = sinter::nn;
namespace graph = sinter::graph;
using sinter::Tensor;

int main() {
  sinter::manual_seed(0);
  nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(1, 8, 3).padding(1).bias(false)),
                     nn::BatchNorm2d(8), nn::ReLU(), nn::Flatten(), nn::Linear(8 * 64, 10));
  const Tensor x = sinter::randn({4, 1, 8, 8});
  const Tensor y = sinter::arange(4);

  // A training step as one program: forward, backward and optimizer.
  sinter::optim::SGD optimizer(net->parameters(), sinter::optim::SGDOptions(0.1).momentum(0.9));
  auto step = graph::compile_step([&](const Tensor& images, const Tensor& labels) {
    optimizer.zero_grad();
    const Tensor loss = nn::functional::cross_entropy(net->forward(images), labels);
    loss.backward();
    optimizer.step();
    return loss;
  });
  double loss = 0;
  for (int i = 0; i < 20; ++i) loss = step(x, y).item<double>();
  std::printf("loss below 0.01: %s\n", loss < 0.01 ? "yes" : "no");
  std::printf("allocations inside a run: %lld\n",
              static_cast<long long>(step.report().allocations));

  // The module as a graph.
  net->eval();
  graph::GraphModule captured = graph::trace(net, {x});
  for (const graph::Node* node : captured->graph().nodes()) {
    std::printf("%-6s %s\n", graph::kind_name(node->kind()), node->name().c_str());
  }
  std::printf("batch norms folded: %zu\n", graph::FoldConvBatchNorm().run(captured->graph()));

  // The module as a program.
  const sinter::NoGradGuard no_grad;
  auto program = graph::compile(net);
  std::printf("the same bits: %s\n", program(x).equal(net->forward(x)) ? "yes" : "no");
  return 0;
}
