#include "models.h"

#include <sinter/graph/compile.h>
#include <sinter/graph/onnx/onnx.h>
#include <sinter/ops/registry.h>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "model.pb.h"

using namespace sinter;

namespace {

std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() /
          ("sinter_onnx_" + std::to_string(getpid()) + "_" + name))
      .string();
}

// A file removed at the end of the test.
struct File {
  explicit File(const std::string& name) : path(temporary(name)) {}
  ~File() { std::filesystem::remove(path); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::string path;
};

// A model of one node, of inputs "x0", "x1", ... and the output "y".
struct ModelText {
  onnx::proto::Model model;
  explicit ModelText(const std::string& type, int opset = 17) {
    model.set_ir_version(8);
    model.add_opset_import()->set_version(opset);
    node().set_op_type(type);
    node().add_output("y");
    model.mutable_graph()->add_output()->set_name("y");
  }
  onnx::proto::Node& node() {
    auto& graph = *model.mutable_graph();
    return graph.node().empty() ? *graph.add_node() : *graph.mutable_node(0);
  }
  ModelText& input(const std::vector<std::int64_t>& sizes, int dtype = 1) {
    const std::string name = "x" + std::to_string(node().input_size());
    auto& value = *model.mutable_graph()->add_input();
    value.set_name(name);
    auto& type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(dtype);
    for (const auto size : sizes) type.mutable_shape()->add_dim()->set_dim_value(size);
    if (sizes.empty()) type.mutable_shape();
    node().add_input(name);
    return *this;
  }
  ModelText& ints(const std::vector<std::int64_t>& values) {
    auto& tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name("known" + std::to_string(node().input_size()));
    tensor.set_data_type(7);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (const auto v : values) tensor.add_int64_data(v);
    node().add_input(tensor.name());
    return *this;
  }
  ModelText& list(const std::string& name, const std::vector<std::int64_t>& values) {
    auto& attribute = *node().add_attribute();
    attribute.set_name(name);
    attribute.set_type(7);
    for (const auto v : values) attribute.add_ints(v);
    return *this;
  }
  ModelText& attr(const std::string& name, std::int64_t value) {
    auto& attribute = *node().add_attribute();
    attribute.set_name(name);
    attribute.set_type(2);
    attribute.set_i(value);
    return *this;
  }
  graph::GraphModule load() const {
    const File file("text.onnx");
    std::ofstream(file.path, std::ios::binary) << model.SerializeAsString();
    return onnx::load(file.path);
  }
  Tensor run(const std::vector<Tensor>& inputs) const { return load()->run(inputs)[0]; }
};

}  // namespace

TEST_CASE("what is exported computes the same when it is imported") {
  const NoGradGuard no_grad;
  for (const auto& test : sinter::testing::float_cases()) {
    INFO(test.name);
    const File file(test.name + ".onnx");
    onnx::save(test.module, file.path);
    graph::GraphModule module = test.module;
    graph::GraphModule again = onnx::load(file.path);
    CHECK(again->graph().batch() > 0);
    const Tensor expected = module->run(test.inputs)[0];
    const Tensor found = again->run(test.inputs)[0];
    CHECK(found.sizes() == expected.sizes());
    CHECK((found - expected).abs().max().item().to_double() <= 1e-5);
    auto compiled = graph::compile(again);
    CHECK(compiled(test.inputs[0]).equal(found));
  }
}

TEST_CASE("an imported model has the parameters of the exported one, and is exported as it was") {
  for (const auto& test : sinter::testing::float_cases()) {
    INFO(test.name);
    const File file(test.name + ".onnx");
    const File second(test.name + "2.onnx");
    onnx::save(test.module, file.path);
    graph::GraphModule module = test.module;
    graph::GraphModule again = onnx::load(file.path);
    const auto parameters = again->named_parameters();
    CHECK(parameters.size() == module->named_parameters().size());
    for (const auto& item : module->named_parameters()) {
      CHECK(parameters[item.key()].equal(item.value()));
    }
    onnx::save(again, second.path);
    CHECK(onnx::load(second.path)->graph().size() == again->graph().size());
  }
}

TEST_CASE("a converted model runs on bytes again when it is imported, with the same bits") {
  const NoGradGuard no_grad;
  for (const auto& test : sinter::testing::int8_cases()) {
    INFO(test.name);
    const File file(test.name + ".onnx");
    onnx::save(test.module, file.path);
    graph::GraphModule module = test.module;
    graph::GraphModule again = onnx::load(file.path);
    CHECK(again->run(test.inputs)[0].equal(module->run(test.inputs)[0]));
    for (const char* op : {"convolution", "linear", "add", "adaptive_avg_pool2d"}) {
      CHECK(again->graph().find(*ops::find_op(op)).empty());
    }
  }
}

TEST_CASE("fake quantization becomes quantization and dequantization, exactly") {
  const NoGradGuard no_grad;
  const auto test = sinter::testing::fake_quantize_case();
  const File file(test.name + ".onnx");
  onnx::save(test.module, file.path);
  graph::GraphModule module = test.module;
  CHECK(onnx::load(file.path)->run(test.inputs)[0].equal(module->run(test.inputs)[0]));
}

TEST_CASE("limits of Clip are numbers") {
  const NoGradGuard no_grad;
  const Tensor x = randn({4, 6});
  for (const bool both : {false, true}) {
    const File file("clip.onnx");
    const auto clip = [both](const Tensor& t) {
      return both ? clamp(t, Scalar(-0.5), Scalar(0.25)) : clamp(t, Scalar(-0.5), std::nullopt);
    };
    onnx::save(graph::trace(clip, {x}), file.path);
    CHECK(onnx::load(file.path)->run({x})[0].equal(clip(x)));
  }
}

TEST_CASE("usual spellings of operators are read") {
  manual_seed(3);
  const Tensor x = randn({2, 6});
  const Tensor y = randn({6, 4});
  CHECK(ModelText("MatMul").input({2, 6}).input({6, 4}).run({x, y}).allclose(matmul(x, y)));
  CHECK(ModelText("Gemm")
            .input({6, 2})
            .input({6, 4})
            .attr("transA", 1)
            .run({x.t(), y})
            .allclose(matmul(x, y)));
  CHECK(ModelText("Reshape").input({2, 6}).ints({0, 2, -1}).run({x}).equal(x.view({2, 2, 3})));
  CHECK(ModelText("Transpose").input({2, 6}).run({x}).equal(x.t()));
  CHECK(ModelText("Concat")
            .input({2, 6})
            .input({2, 6})
            .attr("axis", -1)
            .run({x, x})
            .equal(cat({x, x}, 1)));
  CHECK(ModelText("Squeeze", 11)
            .input({2, 1, 3})
            .list("axes", {1})
            .run({x.view({4, 1, 3}).narrow(0, 0, 2)})
            .equal(x.view({4, 3}).narrow(0, 0, 2)));
  CHECK(ModelText("ReduceMean", 18)
            .input({2, 6})
            .ints({1})
            .attr("keepdims", 0)
            .run({x})
            .equal(mean(x, {1})));
  CHECK(ModelText("ReduceMean").input({2, 6}).list("axes", {1}).run({x}).equal(mean(x, {1}, true)));
  CHECK(ModelText("Flatten").input({2, 2, 3}).run({x.view({2, 2, 3})}).equal(x));
  CHECK(ModelText("Slice").input({2, 6}).ints({-3}).ints({1000}).ints({1}).run({x}).equal(
      x.narrow(1, 3, 3)));
  CHECK(ModelText("Relu").input({2, 6}).run({x}).equal(relu(x)));
}

TEST_CASE("a convolution may pad its ends differently") {
  const Tensor x = randn({1, 2, 5, 5});
  const Tensor w = randn({3, 2, 2, 2});
  const Tensor found = ModelText("Conv")
                           .input({1, 2, 5, 5})
                           .input({3, 2, 2, 2})
                           .list("pads", {0, 0, 1, 1})
                           .run({x, w});
  CHECK(found.allclose(conv2d(pad(x, {0, 1, 0, 1}), w)));
}

TEST_CASE("Split gives several results") {
  ModelText text("Split");
  text.input({2, 6}).attr("axis", 1);
  text.node().add_output("z");
  text.model.mutable_graph()->add_output()->set_name("z");
  const Tensor x = randn({2, 6});
  const auto results = text.load()->run({x});
  REQUIRE(results.size() == 2);
  CHECK(results[1].equal(x.narrow(1, 3, 3)));
}

TEST_CASE("operators and forms that are unknown are named") {
  CHECK_THROWS_WITH(ModelText("Einsum").input({2}).load(),
                    "[onnx] there is no form of this operator here; got \"Einsum\" of domain \"\" "
                    "at node \"\"");
  CHECK_THROWS_WITH(ModelText("Relu", 22).input({2}).load(),
                    "[onnx] opsets 7 to 21 can be read; got 22");
  CHECK_THROWS_WITH(ModelText("Reshape").input({2, 6}).input({2}, 7).load(),
                    "[onnx] shapes, axes, scales and limits must be constants; got \"Reshape\" at "
                    "node \"\"");
  CHECK_THROWS_AS(ModelText("Relu").input({2}, 8).load(), NotImplementedError);  // strings
}

TEST_CASE("a size that the file leaves open must be given") {
  ModelText text("Relu");
  text.input({2, 6});
  auto& dim = *text.model.mutable_graph()
                   ->mutable_input(0)
                   ->mutable_type()
                   ->mutable_tensor_type()
                   ->mutable_shape()
                   ->mutable_dim(1);
  dim.clear_dim_value();
  dim.set_dim_param("width");
  CHECK_THROWS_WITH(text.load(),
                    "[onnx] a size that the file leaves open must be given; got "
                    "\"width\" of input \"x0\"");
  const File file("open.onnx");
  std::ofstream(file.path, std::ios::binary) << text.model.SerializeAsString();
  onnx::LoadOptions options;
  options.sizes = {{"width", 6}};
  CHECK(onnx::load(file.path, options)->run({randn({2, 6})})[0].size(1) == 6);
}
