#include <sinter/core/file.h>
#include <sinter/core/safetensors.h>
#include <sinter/graph/code_text_internal.h>
#include <sinter/graph/generated.h>
#include <sinter/graph/json.h>
#include <sinter/graph/leaf_classes.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/trace.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/spelling.h>
#include <sinter/sinter.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace sinter;
using Catch::Matchers::Contains;

namespace {

std::string body_of(const graph::GraphModule& module) {
  const std::string code = module->code();
  const std::size_t begin = code.rfind("  Tensor forward(");
  return code.substr(begin, code.find("\n  }\n", begin) + 5 - begin);
}

// The forward() of a function of one matrix, without its comments.
template <class F>
std::string code_of(F function) {
  graph::TraceOptions options;
  options.any_batch = false;
  std::string out = body_of(graph::trace(function, {ones({2, 3})}, nullptr, options));
  for (std::size_t at = 0; (at = out.find("  //")) != std::string::npos;) {
    out.erase(at, out.find('\n', at) - at);
  }
  return out;
}

struct Folder {
  std::string path = "code_test_" + std::to_string(getpid());
  Folder() { std::filesystem::remove_all(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A layer that no file knows.
struct StrangeImpl : nn::Module {
  Tensor forward(const Tensor& x) { return x * 2; }
};
SINTER_MODULE(Strange);

// Layers of this class share their weight.
struct SharingImpl : nn::Module {
  SharingImpl() {
    static const Tensor weight = ones({3});
    register_parameter("weight", weight);
  }
  Tensor forward(const Tensor& x) { return x * named_parameters()["weight"]; }
};
SINTER_MODULE(Sharing);

bool all_leaves(const nn::Module& module, const std::string&) { return module.children().empty(); }

}  // namespace

TEST_CASE("code is written as a person would write it") {
  CHECK(code_of([](const Tensor& x) { return sinter::relu(x * 2.5 + x).sum({1}); }) ==
        "  Tensor forward(Tensor input0) {\n"
        "    Tensor mul = input0 * 0x1.4p+1;\n"
        "    Tensor add = mul + input0;\n"
        "    Tensor relu = sinter::relu(add);\n"
        "    Tensor sum = relu.sum({1});\n"
        "    return sum;\n"
        "  }\n");
  CHECK_THAT(code_of([](const Tensor& x) {
               return sinter::cat({x, x.t().reshape({2, 3})}, 1);
             }),
             Contains("input0.t()") && Contains("sinter::cat({input0, view}, 1)"));
  CHECK_THAT(code_of([](const Tensor& x) { return std::get<0>(x.topk(2, 1)); }),
             Contains("auto [topk_0, topk_1] = input0.topk(2, 1);"));
}

TEST_CASE("a call that its public function does not make is written by the op's name") {
  // Both results of layer_norm's statistics are hidden by its function.
  const auto code = code_of([](const Tensor& x) {
    return graph::call_multi("layer_norm", {x, Tensor(), Tensor()}, {{"normalized_shape", {3}}})[1];
  });
  CHECK_THAT(code, Contains("sinter::graph::call_multi(\"layer_norm\", {input0, Tensor(), "
                            "Tensor()}, {{\"normalized_shape\", {3}}})"));
  CHECK_THAT(code, Contains("return layer_norm[1];"));
}

TEST_CASE("numbers and texts are written so that they are read back as they were") {
  CHECK(graph::code_number(0.1) == "0x1.999999999999ap-4");
  CHECK(graph::code_number(-0.0) == "-0x0p+0");
  CHECK(graph::code_number(-std::numeric_limits<double>::infinity()) ==
        "-std::numeric_limits<double>::infinity()");
  CHECK(graph::code_number(Scalar(true)) == "true");
  CHECK(graph::code_number(Scalar(3)) == "3");
  CHECK(graph::code_quoted("a\"b\\\n?") == "\"a\\\"b\\\\\\012\\077\"");
  CHECK(graph::code_identifier("class") == "class_");
  CHECK(graph::code_identifier("0.conv__a") == "v_0_conv_a");
  CHECK(graph::code_identifier("_x") == "v_x");
  CHECK(graph::code_identifier("") == "v_");
}

TEST_CASE("batch sizes stay open in code that was captured for any batch") {
  const auto function = [](const Tensor& x) { return x.reshape({x.size(0) * 3, 1}); };
  CHECK_THAT(body_of(graph::trace(function, {ones({2, 3})})),
             Contains("const std::int64_t batch = input0.size(0);") &&
                 Contains("input0.view({3 * batch, 1})"));
}

TEST_CASE("a copy that is written stays a copy for any sizes") {
  CHECK_THAT(code_of([](const Tensor& x) { return x.t().contiguous() * 2; }),
             Contains("permute.contiguous()"));
  CHECK_THAT(code_of([](const Tensor& x) { return x.t().contiguous().mul_(2); }),
             Contains("permute.clone(sinter::MemoryFormat::contiguous)"));
  // No other dimension of size 1 is meant, should there be one.
  CHECK_THAT(code_of([](const Tensor& x) { return x.unsqueeze(0).squeeze(); }),
             Contains("sinter::squeeze(unsqueeze, {0})"));
}

TEST_CASE("every spelling is one of an op") {
  std::set<std::string_view> names;
  for (const ops::OpDef* op : ops::all_ops()) names.insert(op->name);
  for (const auto table :
       {ops::pointwise_spellings(), ops::tensor_spellings(), ops::layer_spellings()}) {
    for (const ops::Spelling& spelling : table) {
      INFO(spelling.text);
      CHECK(names.contains(spelling.op));
    }
  }
}

TEST_CASE("what has no code says so, and names the way out") {
  const Strange strange;
  nn::Sequential net(nn::Linear(3, 3), strange);
  graph::TraceOptions options;
  options.is_leaf = all_leaves;
  CHECK_THROWS_WITH(
      graph::trace(net, {ones({2, 3})}, options)->code(),
      Contains("[code] a module that the graph calls must be of a registered class; "
               "register it (leaf_classes.h), or trace through it (graph::no_leaves); got") &&
          Contains("StrangeImpl at 1"));
}

TEST_CASE("layers that share a tensor have no code") {
  graph::register_leaf_class(
      {"testing::Sharing", &typeid(SharingImpl), nullptr, 0,
       [](const nn::Module&) { return graph::LeafOptions(); },
       [](const graph::LeafOptions&) -> std::shared_ptr<nn::Module> { return Sharing().ptr(); }});
  graph::TraceOptions options;
  options.is_leaf = all_leaves;
  nn::Sequential one((Sharing()));
  CHECK_THAT(graph::trace(one, {ones({2, 3})}, options)->code(),
             Contains("// Include the header of testing::Sharing before this one.") &&
                 Contains("testing::Sharing v_0{register_module(\"0\", testing::Sharing())};"));
  nn::Sequential two((Sharing()), Sharing());
  CHECK_THROWS_WITH(graph::trace(two, {ones({2, 3})}, options)->code(),
                    "[code] a layer has tensors of its own; trace through it (graph::no_leaves); "
                    "got 1.weight, which is 0.weight too");
}

TEST_CASE("graphs that no program makes have no code") {
  const auto relu_exp = [] {
    return graph::trace([](const Tensor& x) { return x.relu().exp(); }, {ones({2, 3})});
  };
  auto module = relu_exp();
  graph::Graph& graph = module->graph();
  graph.keep_tensor("a.b", ones({1}));
  CHECK_THROWS_WITH(module->code(), Contains("[code] a tensor that the graph keeps is named "
                                             "without dots; got \"a.b\""));

  module = relu_exp();
  module->graph().move_before(module->graph().find("exp"), module->graph().find("relu"));
  CHECK_THROWS_WITH(module->code(), "[code] a value comes before what uses it; got relu");

  module = relu_exp();
  graph::Node* relu = module->graph().find("relu");
  relu->set_arg(0, graph::Arg::List{relu->arg(0)});
  CHECK_THROWS_WITH(module->code(),
                    "[code] arguments of calls are values and numbers; got a list for relu");

  module = relu_exp();
  module->graph().erase(module->graph().output());
  CHECK_THROWS_WITH(module->code(), "[code] a program has an output; got a graph of 3 nodes");

  nn::Sequential net(nn::Linear(3, 3));
  auto layered = graph::trace(net, {ones({2, 3})});
  graph::Node* linear = layered->graph().last()->prev();
  linear->set_results({linear->result(), linear->result()});
  CHECK_THROWS_WITH(layered->code(), Contains("[code] a module that the graph calls returns one "
                                              "tensor; trace through it; got 2 from"));
}

TEST_CASE("calls that share random numbers have no code") {
  auto module = graph::trace([](const Tensor& x) { return sinter::dropout(x) * 2; }, {ones({2})});
  graph::Graph& graph = module->graph();
  graph::Node* dropout = graph.find("dropout");
  const graph::Graph::InsertionPoint point(graph, graph.output());
  graph.add_op("dropout", dropout->attributes(), {graph.find("mul")});
  CHECK_THROWS_WITH(module->code(), Contains("[code] two calls that draw the same random numbers "
                                             "have no C++; capture the forward pass alone; got "
                                             "dropout and dropout_1"));
}

TEST_CASE("fused regions are written out, but for tensors of a module") {
  auto module = graph::trace([](const Tensor& x) { return (x.tanh() + 1).relu(); }, {ones({2, 3})});
  const std::string before = module->code();
  REQUIRE(graph::FusePointwise().run(module->graph()) > 0);
  CHECK(module->code() == before);

  auto region = std::make_shared<graph::Graph>();
  region->add_output(region->add_attr("weight", ones({3}).impl()->meta));
  graph::Graph& graph = module->graph();
  const graph::Graph::InsertionPoint point(graph, graph.output());
  graph.add_region(region, {}, "fused");
  CHECK_THROWS_WITH(module->code(),
                    Contains("[code] a region calls ops only; lower the graph first "
                             "(graph::lower); got weight in fused"));
}

// --- What generated code calls.

TEST_CASE("ops are called by name") {
  const Tensor x = tensor({-1.0, 2.0});
  CHECK(graph::call("relu", {x}).equal(x.relu()));
  CHECK(graph::call("add", {x, 2}, {{"alpha", Scalar(3)}}).equal(x + 6));
  CHECK(graph::call("sum", {x.view({1, 2})}, {{"dims", {1}}, {"dtype", std::nullopt}})
            .equal(x.view({1, 2}).sum({1})));
  CHECK(graph::call_multi("max_dim", {x}, {{"dim", 0}, {"keepdim", true}})[1].item<int>() == 1);
  Tensor written = x.clone();
  CHECK(graph::call_in_place("relu", {written}).is_same(written));
  CHECK(written.equal(x.relu()));
  manual_seed(4);
  const Tensor want = sinter::dropout(x, 0.5);
  manual_seed(4);
  CHECK(graph::call("dropout", {x}, {{"p", 0.5}, {"blocks", 1}}).equal(want));

  CHECK_THROWS_WITH(graph::call("no_such", {x}),
                    "[call] there is no op of this name; got \"no_such\"");
  CHECK_THROWS_WITH(graph::call("relu", {x, x}), "[call] relu takes 1 arguments; got 2");
  CHECK_THROWS_WITH(graph::call_in_place("relu", {Tensor()}),
                    "[call] relu in place writes its first argument; got none");
  CHECK_THROWS_AS(graph::call("sum", {x}, {{"dim", 1}}), IndexError);
  CHECK_THROWS_AS(graph::call("sum", {x}, {{"keepdim", 1}}), TypeError);
}

TEST_CASE("the parts of a call are asked for by kind") {
  ops::CallParts parts({ones({1}), Tensor()},
                       {{"dims", "dims", std::vector<std::int64_t>{1, 2}, false}});
  CHECK(parts[0].defined());
  CHECK_THROWS_WITH(parts.scalar(0), "[spelling] a number is wanted; got a tensor as input 0");
  CHECK_THROWS_WITH(parts.only("dims"), "[spelling] a list of one is wanted; got [1, 2]");
  CHECK_THROWS_WITH(parts.half("dims"),
                    "[spelling] a list with equal halves is wanted; got [1, 2]");
  CHECK_THROWS_WITH(parts.flag("dim"), "[spelling] there is no attribute \"dim\"");
}

// --- Folders.

TEST_CASE("a folder has the code, its weights, its graph and what builds it") {
  const Folder folder;
  nn::Sequential net(nn::Linear(3, 2), nn::ReLU());
  const auto module = graph::trace(net, {ones({2, 3})});
  module->to_folder(folder.path + "/deep/net");
  const std::string path = folder.path + "/deep/net/";
  CHECK(text_of(path + "model.h") == module->code());
  CHECK(text_of(path + "graph.json") == graph::to_json(*module));
  CHECK_THAT(text_of(path + "main.cpp"),
             Contains("generated::Sequential model;") &&
                 Contains("model(sinter::zeros({2, 3}, sinter::kFloat32))"));
  CHECK_THAT(text_of(path + "CMakeLists.txt"), Contains("find_package(sinter REQUIRED)"));

  nn::Sequential other(nn::Linear(3, 2), nn::ReLU());
  graph::load_weights(*other, path + "weights.safetensors");
  const Tensor x = randn({4, 3});
  CHECK(other(x).equal(net(x)));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(path)) ++files;
  CHECK(files == 5);
  CHECK_THROWS_WITH(module->to_folder(path + "model.h"),
                    Contains("[to_folder] ") && Contains(" must be a folder; got "));
}

TEST_CASE("weights fit the module, or nothing is changed") {
  const Folder folder;
  std::filesystem::create_directories(folder.path);
  const std::string path = folder.path + "/weights.safetensors";
  nn::Linear layer(3, 2);
  const Tensor before = layer->weight.detach().clone();
  safetensors::save(path, {{"weight", ones({2, 3})}});
  CHECK_THROWS_WITH(graph::load_weights(*layer, path),
                    "[load_weights] the file must have bias; got 1 other tensors");
  safetensors::save(path, {{"weight", ones({2, 3})}, {"bias", ones({2}, kFloat64)}});
  CHECK_THROWS_WITH(graph::load_weights(*layer, path), "[load_weights] bias is f32[2]; got f64[2]");
  safetensors::save(path, {{"weight", ones({2, 3})}, {"bias", ones({2})}, {"more", ones({2})}});
  CHECK_THROWS_WITH(graph::load_weights(*layer, path),
                    "[load_weights] the module has 2 tensors; got a file of 3");
  CHECK(layer->weight.equal(before));
}
