#include <sinter/core/safetensors.h>
#include <sinter/core/tensor_factory.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "error_message.h"
#include "temporary_folder.h"

using namespace sinter;
using test::message_of;

namespace {

constexpr DType kAll[] = {kUInt8,   kInt8,     kInt16,   kInt32,   kInt64,
                          kFloat16, kBFloat16, kFloat32, kFloat64, kBool};

Tensor counting(IntArrayRef sizes, DType dtype = kFloat32) {
  Tensor out = empty_tensor("test", sizes, dtype);
  visit_dtype(dtype, [&]<class T>() {
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      out.data_ptr<T>()[i] = static_cast<T>(static_cast<float>(i));
    }
  });
  return out;
}

Tensor view(const Tensor& base, IntArrayRef sizes, IntArrayRef strides, std::int64_t offset = 0) {
  TensorMeta meta = base.impl()->meta;
  meta.set_strided(sizes, strides, offset);
  return make_view(base.storage(), meta);
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.sizes() == b.sizes() &&
         (a.numel() == 0 || std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0);
}

std::string file_of(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

}  // namespace

TEST_CASE("tensors of every dtype and rank come back from a file") {
  const test::TemporaryFolder folder;
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const DType dtype : kAll) tensors.emplace_back(name(dtype), counting({2, 3}, dtype));
  tensors.emplace_back("scalar", counting({}, kInt16));
  tensors.emplace_back("empty", counting({3, 0, 2}, kFloat64));
  tensors.emplace_back("sixteen dimensions", counting(std::vector<std::int64_t>(16, 1)));
  const safetensors::Metadata metadata = {{"epoch", "3"}, {"quoted \"", "\xC3\xBC\n"}};
  safetensors::save(folder.file("x"), tensors, metadata);
  const safetensors::File read = safetensors::load(folder.file("x"));
  CHECK(read.metadata == metadata);
  REQUIRE(read.tensors.size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    INFO(tensors[i].first);
    CHECK(read.tensors[i].first == tensors[i].first);
    CHECK(same_bytes(read.tensors[i].second, tensors[i].second));
  }
  CHECK(same_bytes(read.find("i32"), counting({2, 3}, kInt32)));
  CHECK_FALSE(read.find("nothing").defined());
}

TEST_CASE("tensors of any layout are stored contiguous") {
  const test::TemporaryFolder folder;
  const Tensor base = counting({4, 6});
  Tensor free = empty_tensor("test", {1, 2, 2, 2}, kFloat32, {}, MemoryFormat::channels_last);
  for (int i = 0; i < 8; ++i)
    static_cast<float*>(free.impl()->storage->data())[i] = static_cast<float>(i);
  free.impl()->meta.free_layout = true;
  safetensors::save(folder.file("x"), {{"transposed", view(base, {6, 4}, {1, 6})},
                                       {"column", view(base, {4}, {6}, 2)},
                                       {"expanded", view(base, {2, 3}, {0, 1}, 1)},
                                       {"free", free}});
  CHECK(free.impl()->meta.free_layout);
  const safetensors::File read = safetensors::load(folder.file("x"));
  const Tensor transposed = read.find("transposed");
  CHECK(transposed.is_contiguous());
  CHECK(transposed.accessor<float, 2>()[5][3] == 23);
  CHECK(read.find("column").accessor<float, 1>()[3] == 20);
  CHECK(read.find("expanded").accessor<float, 2>()[1][2] == 3);
  CHECK(read.find("free").accessor<float, 4>()[0][1][0][0] == 1);
  CHECK(read.find("free").accessor<float, 4>()[0][0][1][1] == 6);
}

TEST_CASE("loaded tensors outlive the file object, and writing to them leaves the file alone") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("x");
  safetensors::save(path, {{"a", counting({1000})}, {"b", counting({1000})}});
  const std::string before = test::read_text(path);
  Tensor a;
  {
    const safetensors::File read = safetensors::load(path);
    a = read.find("a");
    a.data_ptr<float>()[7] = -1;
    CHECK(read.find("b").data_ptr<float>()[7] == 7);
  }
  CHECK(test::read_text(path) == before);
  safetensors::save(path, {{"a", a}});
  CHECK(a.data_ptr<float>()[7] == -1);
  CHECK(safetensors::load(path).find("a").data_ptr<float>()[7] == -1);
}

TEST_CASE("elements are aligned, in our files by their order and in others by a copy") {
  const test::TemporaryFolder folder;
  safetensors::save(folder.file("x"),
                    {{"flag", counting({1}, kBool)}, {"wide", counting({3}, kFloat64)}});
  const safetensors::File ours = safetensors::load(folder.file("x"));
  CHECK(ours.tensors[0].first == "flag");
  CHECK(reinterpret_cast<std::uintptr_t>(ours.find("wide").data_ptr()) % 8 == 0);

  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})";
  const float value = 2.5F;
  std::string data(5, '\1');
  std::memcpy(data.data() + 1, &value, 4);
  test::write_text(folder.file("y"), file_of(header, data));
  const Tensor b = safetensors::load(folder.file("y")).find("b");
  CHECK(reinterpret_cast<std::uintptr_t>(b.data_ptr()) % 4 == 0);
  CHECK(b.item<float>() == 2.5F);
}

TEST_CASE("bytes in memory are parsed into tensors of their own") {
  std::string bytes = file_of(R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}   )", "ab");
  const safetensors::File read = safetensors::parse(bytes.data(), bytes.size());
  bytes.assign(bytes.size(), 'z');
  CHECK(read.find("x").data_ptr<std::uint8_t>()[1] == 'b');
  CHECK(message_of<IOError>([] { safetensors::parse(nullptr, 0); }) ==
        "[safetensors] a file has at least 8 bytes; got 0");
}

TEST_CASE("a file may hold nothing") {
  const test::TemporaryFolder folder;
  safetensors::save(folder.file("x"), {});
  CHECK(safetensors::load(folder.file("x")).tensors.empty());
}

TEST_CASE("what cannot be saved is refused, and the old file stays") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("x");
  test::write_text(path, "old");
  const Tensor x = counting({2});
  TensorMeta meta;
  meta.set_contiguous({2});
  const auto error = [&](const std::vector<std::pair<std::string, Tensor>>& tensors,
                         const safetensors::Metadata& metadata = {}) {
    return message_of<ValueError>([&] { safetensors::save(path, tensors, metadata); });
  };
  CHECK(error({{"a", x}, {"a", x}}) == "[safetensors] names must differ; got \"a\" twice");
  CHECK(error({}, {{"key", "a"}, {"key", "b"}}) ==
        "[safetensors] metadata keys must differ; got \"key\" twice");
  CHECK(error({{"", x}}) ==
        "[safetensors] a tensor's name must be neither empty nor __metadata__; got \"\"");
  CHECK(
      error({{"__metadata__", x}}) ==
      "[safetensors] a tensor's name must be neither empty nor __metadata__; got \"__metadata__\"");
  CHECK(error({{"a", Tensor()}}) ==
        "[safetensors] only defined tensors can be saved; got an undefined one named \"a\"");
  CHECK(error({{"a", make_view({}, meta)}}) ==
        "[safetensors] only tensors with elements can be saved; got a fake one named \"a\"");
  CHECK(error({{"\xff", x}}) == "[safetensors] names and metadata must be UTF-8; got other bytes");
  CHECK(error({{"a", x}}, {{"k", "\xc3"}}) ==
        "[safetensors] names and metadata must be UTF-8; got other bytes");
  CHECK(message_of<IOError>([&] {
          safetensors::save(folder.file("no/x"), {{"a", x}});
        }).find("[file] cannot create a file") == 0);
  CHECK(test::read_text(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a header above the limit is not written") {
  const test::TemporaryFolder folder;
  CHECK(message_of<ValueError>([&] {
          safetensors::save(folder.file("x"), {}, {{"k", std::string(100'000'000, 'x')}});
        }) == "[safetensors] the header must have at most 100000000 bytes; got 100000032");
  CHECK(folder.entries() == 0);
}
