#include "model_cases.h"

#include <sinter/graph/json.h>
#include <sinter/graph/leaf_classes.h>

#include <catch2/catch.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

using namespace sinter;

namespace {

// Removed with all in it at the end.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "sinter_graph_XXXXXX") {
    std::string text = path_.string();
    REQUIRE(mkdtemp(text.data()) != nullptr);
    path_ = text;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

bool same_bits(const Tensor& a, const Tensor& b) { return a.dtype() == b.dtype() && a.equal(b); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct OwnImpl : nn::Module {
  Tensor forward(const Tensor& x) { return x * 2; }
};
SINTER_MODULE(Own);
struct HolderImpl : nn::Module {
  HolderImpl() : own(register_module("own", Own())) {}
  Tensor forward(const Tensor& x) { return own(x) + 1; }
  Own own;
};
SINTER_MODULE(Holder);

}  // namespace

TEST_CASE("graphs of models come back from JSON as they were") {
  for (const testing::ModelCase& model : testing::model_cases()) {
    for (const bool training : {true, false}) {
      INFO(model.name << (training ? " in training" : " in evaluation"));
      model.module->train(training);
      const graph::GraphModule gm = model.trace(model.input);
      const std::string text = graph::to_json(*gm);
      graph::GraphModule back = graph::from_json(text, *model.module);
      CHECK(graph::to_json(*back) == text);
      CHECK(back->graph().str() == gm->graph().str());
      CHECK(back->graph().batch() == gm->graph().batch());
      manual_seed(7);
      const Tensor expected = gm.ptr()->run({model.input})[0];
      manual_seed(7);
      CHECK(same_bits(back->run({model.input})[0], expected));
    }
  }
}

TEST_CASE("JSON keeps what no model above has") {
  const auto program = [](const Tensor& x, const Tensor& mask) {
    Tensor y = x.clone();
    y.add_(std::numeric_limits<double>::infinity());
    const Tensor z = y.masked_fill(mask, -0.0).to(kBFloat16).to(kFloat64);
    return std::vector<Tensor>{std::get<1>(z.max(1)), cat({y, y}, 1), where(mask, x, 0.1),
                               rand({2, 3}) + true};
  };
  const Tensor x = randn({2, 3});
  const Tensor mask = x > 0;
  graph::GraphModule gm = graph::trace(program, {x, mask});
  graph::GraphModule back = graph::from_json(graph::to_json(*gm), *gm);
  CHECK(graph::to_json(*back) == graph::to_json(*gm));
  manual_seed(4);
  const auto expected = gm->run({x, mask});
  manual_seed(4);
  const auto got = back->run({x, mask});
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(same_bits(got[i], expected[i]));
}

TEST_CASE("JSON keeps the regions and the passes that a graph has been through") {
  auto region = std::make_shared<graph::Graph>();
  TensorMeta meta;
  meta.set_contiguous({2, 3});
  graph::Node* in = region->add_input("x", meta);
  region->add_output(region->add_op("relu", {}, {in})->value());
  graph::GraphModule gm = graph::trace([](const Tensor& x) { return -x; }, {ones({2, 3})});
  graph::Graph& graph = gm->graph();
  graph::Node* old = graph.find("neg");
  {
    const graph::Graph::InsertionPoint point(graph, old);
    graph::Node* call = graph.add_region(region, {graph.first()}, "fused");
    call->provenance().pass = "fuse";
    call->provenance().originals = {"relu", "neg"};
    old->replace_all_uses_with(call);
    graph.rename(call, "better");
  }
  graph.erase(old);
  gm->graph().keep_tensor("_shift", full({3}, 2));
  {
    const graph::Graph::InsertionPoint point(graph, graph.output());
    graph::Node* shift = graph.add_attr("_shift", gm->graph().find_tensor("_shift").impl()->meta);
    graph::Node* call = graph.find("better");
    graph::Node* sum = graph.add_op("add", {}, {call, shift});
    call->replace_all_uses_with(sum, sum);
    graph::Node* again = graph.add_op("sub", {}, {sum, shift});
    sum->replace_all_uses_with(again, again);
  }
  const Folder folder;
  graph::save(gm, folder / "net");
  CHECK(graph::to_json(*graph::load(folder / "net")) == graph::to_json(*gm));
  graph::GraphModule back = graph::from_json(graph::to_json(*gm), *gm);
  CHECK(graph::to_json(*back) == graph::to_json(*gm));
  const Tensor x = randint(-3, 3, {2, 3}, kFloat32);
  CHECK(back(x).equal(relu(x)));
  CHECK(back->graph().find("better")->provenance().originals.size() == 2);
}

TEST_CASE("a saved graph module is read without the classes it was made of") {
  const Folder folder;
  for (const testing::ModelCase& model : testing::model_cases()) {
    INFO(model.name);
    model.module->eval();
    graph::GraphModule gm = model.trace(model.input);
    graph::save(gm, folder / model.name);
    const auto before = default_generator().get_state();
    graph::GraphModule back = graph::load(folder / model.name);
    CHECK(default_generator().get_state().offset == before.offset);
    CHECK(back->graph().str() == gm->graph().str());
    CHECK_FALSE(back->is_training());
    const auto keys = model.module->state_dict();
    const auto found = back->state_dict();
    REQUIRE(found.size() == keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      CHECK(found[i].key() == keys[i].key());
      CHECK(same_bits(found[i].value(), keys[i].value()));
    }
    CHECK(same_bits(back->run({model.input})[0], model.run(model.input)));
    CHECK(graph::to_json(*back) == graph::to_json(*gm));
  }
}

TEST_CASE("a saved graph module keeps what is frozen, shared, or of another dtype") {
  const Folder folder;
  nn::Sequential net(nn::Linear(4, 4), nn::ReLU(), nn::Linear(4, 4));
  net->push_back(net->ptr<nn::LinearImpl>(0));
  net->to(kFloat64);
  net->parameters()[2].requires_grad_(false);
  struct WrapImpl : nn::Module {
    explicit WrapImpl(nn::Sequential inner) : body(register_module("body", inner)) {}
    Tensor forward(const Tensor& x) { return body->forward(x); }
    nn::Sequential body;
  };
  const nn::ModuleHolder<WrapImpl> wrap(std::make_shared<WrapImpl>(net));
  const Tensor x = randn({2, 4}, kFloat64);
  graph::GraphModule gm = graph::trace(wrap, {x});
  graph::save(gm, folder / "net");
  graph::GraphModule back = graph::load(folder / "net");
  CHECK(back->parameters().size() == gm->parameters().size());
  CHECK_FALSE(back->named_parameters()["body.2.weight"].requires_grad());
  CHECK(back->graph().find_module("body.0") == back->graph().find_module("body.3"));
  CHECK(same_bits(back(x), net->forward(x)));
}

TEST_CASE("save refuses what could not be read again") {
  const Folder folder;
  Holder net;
  graph::TraceOptions options;
  options.is_leaf = [](const nn::Module& module, const std::string&) {
    return module.as<Own>() != nullptr;
  };
  const graph::GraphModule gm = graph::trace(net, {ones({2})}, options);
  CHECK_THROWS_WITH(graph::save(gm, folder / "net"),
                    Catch::StartsWith("[save] a module that the graph calls must be of a "
                                      "registered class; register it (leaf_classes.h), or trace "
                                      "through it; got ") &&
                        Catch::EndsWith(" at own"));
  const graph::GraphModule through = graph::trace(net, {ones({2})});
  CHECK_NOTHROW(graph::save(through, folder / "net"));
}

TEST_CASE("a registered class can be saved") {
  graph::LeafClass own{
      "test::Own",
      &typeid(OwnImpl),
      nullptr,
      0,
      [](const nn::Module&) { return graph::LeafOptions(); },
      [](const graph::LeafOptions&) -> std::shared_ptr<nn::Module> { return Own().ptr(); }};
  graph::register_leaf_class(own);
  CHECK_THROWS_WITH(graph::register_leaf_class(own),
                    "[register_leaf_class] each name is registered once; got test::Own");
  const Folder folder;
  Holder net;
  graph::TraceOptions options;
  options.is_leaf = [](const nn::Module& module, const std::string&) {
    return module.as<Own>() != nullptr;
  };
  graph::save(graph::trace(net, {ones({2})}, options), folder / "net");
  graph::GraphModule back = graph::load(folder / "net");
  CHECK(back->graph().find<Own>().size() == 1);
  CHECK(back(ones({2})).equal(full({2}, 3)));
}

TEST_CASE("options of layers come back from their text") {
  const auto check = [](auto holder, const std::string& code) {
    const graph::LeafClass* leaf = graph::find_leaf_class(*holder);
    REQUIRE(leaf != nullptr);
    const graph::LeafOptions options = leaf->options(*holder);
    CHECK(graph::leaf_code(*leaf, options) == "sinter::nn::" + code);
    const auto again = leaf->options(*leaf->make(options));
    REQUIRE(again.size() == options.size());
    for (std::size_t i = 0; i < again.size(); ++i) CHECK(again[i].value == options[i].value);
  };
  check(nn::Conv2d(nn::Conv2dOptions(4, 6, {3, 1}).padding(kSame).padding_mode(kReflect)),
        "Conv2d(sinter::nn::Conv2dOptions(4, 6, {3, 1}).padding(sinter::kSame)"
        ".padding_mode(sinter::kReflect))");
  check(nn::Conv1d(nn::Conv1dOptions(4, 6, 3).padding(1).groups(2).bias(false)),
        "Conv1d(sinter::nn::Conv1dOptions(4, 6, {3}).padding({1}).groups(2).bias(false))");
  check(nn::ConvTranspose2d(nn::ConvTranspose2dOptions(2, 2, 2).output_padding(1).stride(2)),
        "ConvTranspose2d(sinter::nn::ConvTranspose2dOptions(2, 2, {2, 2}).stride({2, 2})"
        ".output_padding({1, 1}))");
  check(nn::MaxPool2d(nn::MaxPool2dOptions(2)), "MaxPool2d(sinter::nn::MaxPool2dOptions({2, 2}))");
  check(nn::MaxPool2d(nn::MaxPool2dOptions(2).stride(1)),
        "MaxPool2d(sinter::nn::MaxPool2dOptions({2, 2}).stride({1, 1}))");
  check(nn::AvgPool2d(nn::AvgPool2dOptions(2).divisor_override(3)),
        "AvgPool2d(sinter::nn::AvgPool2dOptions({2, 2}).divisor_override(3))");
  check(nn::AdaptiveAvgPool2d(nn::AdaptiveAvgPool2dOptions({5, nullopt})),
        "AdaptiveAvgPool2d(sinter::nn::AdaptiveAvgPool2dOptions({5, std::nullopt}))");
  check(nn::BatchNorm2d(nn::BatchNorm2dOptions(3).momentum(nullopt).eps(0.5)),
        "BatchNorm2d(sinter::nn::BatchNorm2dOptions(3).eps(0x1p-1).momentum(std::nullopt))");
  check(nn::LayerNorm(nn::LayerNormOptions({2, 3})),
        "LayerNorm(sinter::nn::LayerNormOptions({2, 3}))");
  check(nn::Unflatten(1, std::vector<std::int64_t>{2, 3}),
        "Unflatten(sinter::nn::UnflattenOptions(1, {2, 3}))");
  check(nn::Embedding(nn::EmbeddingOptions(5, 3).padding_idx(0)),
        "Embedding(sinter::nn::EmbeddingOptions(5, 3).padding_idx(0))");
  check(nn::GELU(nn::GELUOptions().approximate("tanh")),
        "GELU(sinter::nn::GELUOptions().approximate(\"tanh\"))");
  check(nn::Dropout(0.25), "Dropout(sinter::nn::DropoutOptions(0x1p-2))");
  check(nn::Softmax(1), "Softmax(sinter::nn::SoftmaxOptions(1))");
  check(nn::ReLU(), "ReLU()");
  check(nn::SiLU(), "SiLU()");
  CHECK(graph::find_leaf_class(*nn::Sequential()) == nullptr);
  const graph::LeafClass* conv = graph::find_leaf_class("sinter::nn::Conv2d");
  REQUIRE(conv != nullptr);
  CHECK_THROWS_WITH(conv->make({{"colour", 1.0, {}}}),
                    "[leaf_options] there is no such option; got \"colour\"");
  CHECK_THROWS_WITH(conv->make({{"bias", 1.0, {}}}),
                    "[leaf_options] a value has the wrong kind; got it among 1");
  CHECK_THROWS_WITH(conv->make({{"padding", std::string("kNone"), {}}}),
                    "[leaf_options] padding is a list, kSame or kValid; got kNone");
  CHECK_THROWS_WITH(conv->make({{"padding_mode", std::string("kNone"), {}}}),
                    "[leaf_options] there is no such choice; got kNone");
}

TEST_CASE("from_json refuses text that is no graph, and says why") {
  graph::GraphModule gm = graph::trace(
      [](const Tensor& x) {
        return (x.reshape({x.size(0), 2, 3}) * 2).sum(1);
      },
      {ones({2, 6})});
  const std::string good = graph::to_json(*gm);
  const auto refuses = [&](const std::string& from, const std::string& to,
                           const std::string& message) {
    CHECK_THROWS_WITH(graph::from_json(replaced(good, from, to), *gm), Catch::Contains(message));
  };
  CHECK_THROWS_WITH(graph::from_json("{", *gm),
                    Catch::StartsWith("[from_json] the text must be JSON; got "));
  CHECK_THROWS_WITH(graph::from_json("[]", *gm),
                    "[from_json] the format must be sinter.graph; got []");
  refuses("\"version\": 1", "\"version\": 2",
          "[from_json] the version must be 1, which this program reads; got 2");
  refuses("\"kind\": \"op\"", "\"kind\": \"opus\"", "there is no such kind of node; got \"opus\"");
  refuses("\"name\": \"sum\"", "\"name\": \"sumo\"", "there is no op of this name; got \"sumo\"");
  refuses("\"dtype\": \"f32\"", "\"dtype\": \"f33\"", "there is no such dtype; got \"f33\"");
  refuses("\"scalar\": 2", "\"scalar\": []", "a scalar is a number");
  refuses("\"keepdim\": false", "\"keepdim\": 1", "wrong kind");
  refuses("\"keepdim\": false", "\"keepdom\": 1", "attribute keepdim must be there; got none");
  refuses("\"memory\": 0", "\"memory\": -1", "there is no such memory; got -1");
  refuses("\"kind\": \"input\"", "\"kind\": \"attr\"", "there is no tensor at its path");
  refuses("\"output\"", "\"output", "the text must be JSON");
  CHECK_THROWS_WITH(graph::from_json(std::string(2000, '['), *gm),
                    "[from_json] the text must not be nested deeper than 256 levels; got 257");
}

TEST_CASE("load refuses files that are no graph modules") {
  const Folder folder;
  CHECK_THROWS_AS(graph::load(folder / "missing"), IOError);
  nn::Linear plain(2, 2);
  save(plain, folder / "plain");
  CHECK_THROWS_WITH(graph::load(folder / "plain"),
                    Catch::StartsWith("[load] ") &&
                        Catch::EndsWith("undamaged; got [from_json] the file must have a graph in "
                                        "its metadata; got 0 other entries"));
}

TEST_CASE("damaged files are refused or read, never anything else") {
  const Folder folder;
  const auto models = testing::model_cases();
  const testing::ModelCase& model = models[0];
  model.module->eval();
  graph::save(model.trace(model.input), folder / "net");
  const std::string good = bytes_of(folder / "net");
  std::uint64_t header = 0;
  std::memcpy(&header, good.data(), sizeof header);
  std::mt19937 random(5);
  std::size_t refused = 0;
  constexpr int kFiles = 400;
  for (int i = 0; i < kFiles; ++i) {
    std::string bad = good;
    const int changes = 1 + static_cast<int>(random() % 3);
    for (int c = 0; c < changes; ++c) {
      const std::size_t at = random() % (8 + header);
      switch (random() % 4) {
        case 0:
          bad[at] = static_cast<char>(random());
          break;
        case 1:
          bad[at] = static_cast<char>('0' + random() % 10);
          break;
        case 2:
          bad.erase(at, 1 + random() % 8);
          break;
        default:
          bad.insert(at, good.substr(random() % header, 1 + random() % 8));
          break;
      }
      // Lengths kept, so that the damage is found by what reads the graph.
      bad.resize(good.size(), ' ');
    }
    write(folder / "bad", bad);
    try {
      graph::load(folder / "bad");
    } catch (const IOError& e) {
      ++refused;
      const std::string message = e.what();
      CHECK((message.starts_with("[load]") || message.starts_with("[safetensors]")));
    }
  }
  CHECK(refused > kFiles / 2);
}

TEST_CASE("damaged JSON is refused or read, never anything else") {
  const auto models = testing::model_cases();
  for (const testing::ModelCase& model : models) {
    model.module->train();
    const graph::GraphModule gm = model.trace(model.input);
    const std::string good = graph::to_json(*gm);
    std::mt19937 random(6);
    std::size_t refused = 0;
    for (int i = 0; i < 150; ++i) {
      std::string bad = good;
      const std::size_t at = bad.find_first_of("0123456789", random() % bad.size());
      if (at == std::string::npos) continue;
      const char* const values[] = {"-1",
                                    "9223372036854775807",
                                    "1e400",
                                    "null",
                                    "[]",
                                    "99999999999999999999",
                                    "4611686018427387904",
                                    "7",
                                    "0.5"};
      bad.replace(at, 1, values[random() % 9]);
      try {
        graph::from_json(bad, *model.module);
      } catch (const ValueError& e) {
        ++refused;
        CHECK(std::string(e.what()).starts_with("[from_json]"));
      }
    }
    CHECK(refused > 30);
  }
}
