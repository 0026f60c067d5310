#include "models.h"

#include <sinter/graph/onnx/onnx.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "model.pb.h"

using namespace sinter;
using sinter::testing::OnnxCase;

namespace {

std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() /
          ("sinter_onnx_" + std::to_string(getpid()) + "_" + name))
      .string();
}

onnx::proto::Model parse(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  onnx::proto::Model model;
  REQUIRE(model.ParseFromIstream(&file));
  return model;
}

template <class F>
onnx::proto::Model saved(F function, const std::vector<Tensor>& inputs) {
  const std::string path = temporary("saved.onnx");
  onnx::save(graph::trace(function, inputs), path);
  auto model = parse(path);
  std::filesystem::remove(path);
  return model;
}

std::vector<std::string> types(const onnx::proto::Model& model) {
  std::vector<std::string> out;
  for (const auto& node : model.graph().node()) {
    if (node.op_type() != "Constant") out.push_back(node.op_type());
  }
  return out;
}

using Types = std::vector<std::string>;

}  // namespace

TEST_CASE("a file has opset 17, IR version 8 and weights bit for bit under their paths") {
  manual_seed(1);
  nn::models::LeNet net;
  net->eval();
  const std::string path = temporary("lenet.onnx");
  onnx::save(graph::trace(net, {randn({2, 1, 8, 8})}), path);
  const auto model = parse(path);
  std::filesystem::remove(path);
  CHECK(model.ir_version() == 8);
  CHECK(model.opset_import(0).version() == 17);
  CHECK(model.producer_name() == "sinter");
  std::size_t found = 0;
  for (const auto& item : net->state_dict()) {
    for (const auto& tensor : model.graph().initializer()) {
      if (tensor.name() != item.key()) continue;
      ++found;
      const Tensor whole = item->contiguous();
      CHECK(tensor.raw_data() == std::string(static_cast<const char*>(whole.data_ptr()),
                                             static_cast<std::size_t>(whole.numel()) * 4));
    }
  }
  CHECK(found == 16);  // all but the counters of batch norm
}

TEST_CASE("a graph that runs with any batch has a named batch size") {
  manual_seed(1);
  nn::models::LeNet net;
  net->eval();
  const std::string path = temporary("batch.onnx");
  onnx::save(graph::trace(net, {randn({2, 1, 8, 8})}), path, {{"image"}, {"scores"}, "batch"});
  const auto graph = parse(path).graph();
  std::filesystem::remove(path);
  CHECK(graph.input(0).name() == "image");
  CHECK(graph.input(0).type().tensor_type().shape().dim(0).dim_param() == "batch");
  CHECK(graph.output(0).name() == "scores");
  CHECK(graph.output(0).type().tensor_type().shape().dim(0).dim_param() == "batch");
  CHECK(graph.output(0).type().tensor_type().shape().dim(1).dim_value() == 10);
}

TEST_CASE("ops are written as their OnnxName says") {
  const auto model =
      saved([](const Tensor& x) { return softmax(leaky_relu(exp(x), 0.25), 1); }, {randn({2, 3})});
  CHECK(types(model) == Types{"Exp", "LeakyRelu", "Softmax"});
  const auto& leaky = model.graph().node(1);
  CHECK(leaky.attribute(0).name() == "alpha");
  CHECK(leaky.attribute(0).f() == 0.25F);
  CHECK(model.graph().node(2).attribute(0).name() == "axis");
  CHECK(model.graph().node(2).attribute(0).i() == 1);
}

TEST_CASE("operands of different dtypes are cast, because ONNX promotes nothing") {
  const auto model = saved([](const Tensor& x, const Tensor& y) { return x + y; },
                           {randn({2, 3}), randint(5, {2, 3})});
  CHECK(types(model) == Types{"Cast", "Add"});
}

TEST_CASE("an op without a form in ONNX is refused with its node and line") {
  const auto module =
      graph::trace([](const Tensor& x) { return cumsum(x, 0, kFloat32); }, {randn({2, 3})});
  CHECK_THROWS_AS(onnx::save(module, temporary("no.onnx")), NotImplementedError);
  CHECK_THROWS_WITH(onnx::save(module, temporary("no.onnx")),
                    Catch::StartsWith("[onnx] there is no form of this op in opset 17; got cumsum "
                                      "at node cumsum, "));
  CHECK(!std::filesystem::exists(temporary("no.onnx")));
}

TEST_CASE("integer layers on sequences need the batch in front of them") {
  const auto save = [](const Tensor& input) {
    auto prepared = quant::prepare_ptq(nn::Linear(3, 2), {input}, quant::QConfig::ort_x86());
    quant::calibrate(prepared, {input});
    onnx::save(quant::convert(prepared), temporary("sequences.onnx"));
  };
  CHECK_THROWS_WITH(save(randn({4, 4, 3})),
                    Catch::Contains("the first size of the input alone must grow with the batch"));
  save(randn({4, 5, 3}));
  std::filesystem::remove(temporary("sequences.onnx"));
}

TEST_CASE("dropout in training and writes to inputs are refused") {
  nn::Dropout dropout;
  const auto random = graph::trace(dropout, {randn({2, 3})});
  CHECK_THROWS_WITH(onnx::save(random, temporary("no.onnx")),
                    Catch::StartsWith("[onnx] random numbers have no form there"));
  const auto writing = graph::trace(
      [](const Tensor& x) {
        Tensor y = x;
        return y.add_(1);
      },
      {randn({2, 3})});
  CHECK_THROWS_WITH(onnx::save(writing, temporary("no.onnx")),
                    Catch::StartsWith("[onnx] a write to memory that others see"));
}

TEST_CASE("a folder that is not there is an IOError") {
  const auto module = graph::trace([](const Tensor& x) { return x + 1; }, {randn({2, 3})});
  CHECK_THROWS_AS(onnx::save(module, "/no/such/folder/model.onnx"), IOError);
}
