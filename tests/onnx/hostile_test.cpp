// Files that are no models, or lie.
#include "models.h"

#include <sinter/graph/onnx/onnx.h>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "model.pb.h"

using namespace sinter;

namespace {

std::string temporary() {
  const std::string name = "sinter_onnx_hostile_" + std::to_string(getpid()) + ".onnx";
  return (std::filesystem::temp_directory_path() / name).string();
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void load_text(const std::string& text) {
  write(temporary(), text);
  onnx::load(temporary());
}

// What is loaded must run or throw an Error; nothing else may happen.
bool survives(const std::string& text) {
  write(temporary(), text);
  try {
    const NoGradGuard no_grad;
    onnx::load(temporary());
  } catch (const Error&) {
    return true;
  }
  return true;
}

std::string model_text(std::size_t which) {
  const auto cases = sinter::testing::float_cases();
  onnx::save(cases.at(which).module, temporary());
  return read(temporary());
}

onnx::proto::Model small_model() {
  onnx::proto::Model model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  auto& graph = *model.mutable_graph();
  auto& tensor = *graph.add_initializer();
  tensor.set_name("w");
  tensor.set_data_type(1);
  tensor.add_dims(2);
  tensor.add_float_data(1);
  tensor.add_float_data(2);
  auto& node = *graph.add_node();
  node.set_op_type("Neg");
  node.add_input("w");
  node.add_output("y");
  graph.add_output()->set_name("y");
  return model;
}

}  // namespace

TEST_CASE("a file that is missing, empty or something else is an IOError") {
  CHECK_THROWS_AS(onnx::load("/no/such/model.onnx"), IOError);
  CHECK_THROWS_AS(load_text(""), IOError);
  CHECK_THROWS_AS(load_text("this is no model"), IOError);
}

TEST_CASE("the small model is sound by itself") {
  write(temporary(), small_model().SerializeAsString());
  CHECK(onnx::load(temporary())->run({})[0].equal(tensor({-1.0F, -2.0F})));
}

TEST_CASE("sizes that the data does not have are refused before memory is asked for") {
  auto model = small_model();
  auto& tensor = *model.mutable_graph()->mutable_initializer(0);
  tensor.set_dims(0, std::int64_t{1} << 40);
  CHECK_THROWS_WITH(load_text(model.SerializeAsString()),
                    "[onnx] a tensor must hold the elements its sizes say; got 2 elements instead "
                    "of 1099511627776 in \"w\"");
  tensor.set_dims(0, -2);
  CHECK_THROWS_WITH(load_text(model.SerializeAsString()),
                    "[onnx] sizes must not be negative; got -2 in \"w\"");
  tensor.set_dims(0, std::int64_t{1} << 62);
  tensor.add_dims(8);
  CHECK_THROWS_AS(load_text(model.SerializeAsString()), Error);
  tensor.clear_dims();
  for (int i = 0; i < 20; ++i) tensor.add_dims(1);
  CHECK_THROWS_WITH(load_text(model.SerializeAsString()),
                    "[onnx] tensors have at most 16 dimensions; got 20 in \"w\"");
}

TEST_CASE("raw data must be as long as sizes say") {
  auto model = small_model();
  auto& tensor = *model.mutable_graph()->mutable_initializer(0);
  tensor.clear_float_data();
  tensor.set_raw_data("1234567");
  CHECK_THROWS_WITH(load_text(model.SerializeAsString()),
                    "[onnx] a tensor must hold the elements its sizes say; got 7 bytes instead of "
                    "8 in \"w\"");
}

TEST_CASE("weights in other files are refused, wherever they are") {
  auto model = small_model();
  auto& tensor = *model.mutable_graph()->mutable_initializer(0);
  auto& place = *tensor.add_external_data();
  place.set_key("location");
  place.set_value("../../etc/passwd");
  tensor.set_data_location(1);
  CHECK_THROWS_WITH(load_text(model.SerializeAsString()),
                    "[onnx] weights must lie in the file itself; got external data for \"w\"");
}

TEST_CASE("values must be made before they are read, and once") {
  auto model = small_model();
  model.mutable_graph()->mutable_node(0)->set_input(0, "nowhere");
  CHECK_THROWS_WITH(load_text(model.SerializeAsString()),
                    "[onnx] a node reads what nodes before it give; got \"nowhere\" as an input of "
                    "\"Neg\" at node \"\"");
  model = small_model();
  *model.mutable_graph()->add_node() = model.graph().node(0);
  CHECK_THROWS_WITH(load_text(model.SerializeAsString()),
                    "[onnx] a name stands for one value; got \"y\" again");
  model = small_model();
  *model.mutable_graph()->add_initializer() = model.graph().initializer(0);
  CHECK_THROWS_WITH(load_text(model.SerializeAsString()),
                    "[onnx] an initializer must have a name of its own; got \"w\"");
}

TEST_CASE("names of tensors that are no paths, or meet modules, are still names of tensors") {
  for (const char* name : {"w", "a.b.c", "a..b", ".", "a.", "a.b\n", "/layer/Conv.weight"}) {
    auto model = small_model();
    INFO(name);
    model.mutable_graph()->mutable_initializer(0)->set_name(name);
    model.mutable_graph()->mutable_node(0)->set_input(0, name);
    write(temporary(), model.SerializeAsString());
    CHECK(onnx::load(temporary())->run({})[0].equal(tensor({-1.0F, -2.0F})));
  }
  auto model = small_model();
  *model.mutable_graph()->add_initializer() = model.graph().initializer(0);
  model.mutable_graph()->mutable_initializer(1)->set_name("w.v");
  auto& node = *model.mutable_graph()->mutable_node(0);
  node.set_op_type("Add");
  node.add_input("w.v");
  write(temporary(), model.SerializeAsString());
  CHECK(onnx::load(temporary())->run({})[0].equal(tensor({2.0F, 4.0F})));
}

TEST_CASE("truncated files give errors") {
  const std::string text = model_text(0);
  std::minstd_rand random(1);
  for (int i = 0; i < 60; ++i) {
    const std::string part = text.substr(0, random() % text.size());
    CHECK_THROWS_AS(load_text(part), Error);
  }
}

TEST_CASE("mutated files give errors or models, and nothing else") {
  std::minstd_rand random(2);
  for (const std::size_t which : {0U, 1U, 3U}) {
    const std::string text = model_text(which);
    for (int i = 0; i < 120; ++i) {
      std::string mutated = text;
      // The beginning holds nodes and attributes, the rest mostly weights.
      const std::size_t reach = i % 3 == 0 ? text.size() : std::min<std::size_t>(4000, text.size());
      for (unsigned n = 1 + random() % 4; n > 0; --n) {
        mutated[random() % reach] = static_cast<char>(random() % 256);
      }
      CHECK(survives(mutated));
    }
  }
}

TEST_CASE("attributes with any number in them give errors or models") {
  onnx::proto::Model model;
  REQUIRE(model.ParseFromString(model_text(0)));
  std::minstd_rand random(3);
  const std::int64_t values[] = {0,
                                 -1,
                                 1,
                                 7,
                                 std::int64_t{1} << 31,
                                 std::int64_t{1} << 62,
                                 std::numeric_limits<std::int64_t>::min(),
                                 std::numeric_limits<std::int64_t>::max()};
  for (int i = 0; i < 200; ++i) {
    auto mutated = model;
    auto& nodes = *mutated.mutable_graph()->mutable_node();
    auto& node = nodes[static_cast<int>(random() % static_cast<unsigned>(nodes.size()))];
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.ints_size() > 0) {
        const auto at = random() % static_cast<unsigned>(attribute.ints_size());
        attribute.set_ints(static_cast<int>(at), values[random() % std::size(values)]);
      }
      attribute.set_i(values[random() % std::size(values)]);
    }
    CHECK(survives(mutated.SerializeAsString()));
  }
}
