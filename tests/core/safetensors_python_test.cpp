#include <sinter/core/safetensors.h>

#include <catch2/catch.hpp>

#include "error_message.h"
#include "temporary_folder.h"

using namespace sinter;
using test::message_of;

// The files under tests/data/safetensors are the safetensors package's own: see make.py there.
namespace {

std::string data_file(const std::string& name) {
  return str(SINTER_TEST_DATA "/safetensors/", name, ".safetensors");
}

template <class T>
void check_counting(const safetensors::File& file, const std::string& name) {
  INFO(name);
  const Tensor x = file.find(name);
  REQUIRE(x.defined());
  REQUIRE(x.sizes() == IntArrayRef({2, 3}));
  for (int i = 0; i < 6; ++i) {
    CHECK(static_cast<double>(x.data_ptr<T>()[i]) == (std::is_same_v<T, bool> ? i % 2 : i));
  }
}

}  // namespace

TEST_CASE("files of the Python package are read: NumPy's dtypes") {
  const safetensors::File file = safetensors::load(data_file("numpy"));
  CHECK(file.metadata == safetensors::Metadata{{"quote", "a \"b\" \\ \xC3\xBC"}});
  check_counting<bool>(file, "bool");
  check_counting<std::uint8_t>(file, "uint8");
  check_counting<std::int8_t>(file, "int8");
  check_counting<std::int16_t>(file, "int16");
  check_counting<std::int32_t>(file, "int32");
  check_counting<std::int64_t>(file, "int64");
  check_counting<Half>(file, "float16");
  check_counting<float>(file, "float32");
  check_counting<double>(file, "float64");
  CHECK(file.find("scalar").dim() == 0);
  CHECK(file.find("scalar").item<float>() == 2.5F);
  CHECK(file.find("empty").sizes() == IntArrayRef({2, 0, 3}));
  CHECK(file.find("na\xC3\xAFve/\xE5\x90\x8D\xE5\x89\x8D").item<int>() == -1);
}

TEST_CASE("files of the Python package are read: PyTorch's tensors") {
  const safetensors::File file = safetensors::load(data_file("torch"));
  for (int i = 0; i < 6; ++i) {
    CHECK(file.find("bfloat16").data_ptr<BFloat16>()[i] == static_cast<float>(i) / 2);
    CHECK(file.find("float16").data_ptr<Half>()[i] == static_cast<float>(i) / 2);
    CHECK(file.find("flags").data_ptr<bool>()[i] == (i % 2 == 1));
  }
  CHECK(file.find("transposed").accessor<float, 2>()[2][1] == 5);
  CHECK(safetensors::load(data_file("nothing")).tensors.empty());
}

TEST_CASE("a file of the Python package with a dtype that Sinter lacks says which") {
  CHECK(message_of<IOError>([] { safetensors::load(data_file("float8")); }) ==
        "[safetensors] the dtype is unknown; got \"F8_E4M3\" in tensor \"x\" in file \"" +
            data_file("float8") + "\"");
}

TEST_CASE("writing what the Python package wrote gives the same bytes") {
  const test::TemporaryFolder folder;
  const safetensors::File file = safetensors::load(data_file("numpy"));
  safetensors::save(folder.file("x"), file.tensors, file.metadata);
  CHECK(test::read_text(folder.file("x")) == test::read_text(data_file("numpy")));
}
